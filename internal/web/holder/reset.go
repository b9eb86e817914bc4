package holder

import (
	"net/http"

	"github.com/a-h/templ"

	"coffer/internal/account"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/web"
)

// link finds the link of the address. One that never was counts like any path
// that is not there, so that whoever tries many is seen.
func (p *Pages) link(w http.ResponseWriter, r *http.Request) (account.Link, error) {
	l, err := p.People.FindLink(r.Context(), secret.New(r.PathValue("token")))
	if fault.Is(err, fault.NotFound) {
		if f := fault.As(err); len(f.Events) == 0 {
			stray := fault.As(p.Web.NotFound(w, r))
			stray.Text = f.Text
			return l, stray
		}
	}
	return l, err
}

// resetForm shows the form, as often as it is asked for: the link is used up by
// the password alone, since mail programs look at addresses before people do.
func (p *Pages) resetForm(w http.ResponseWriter, r *http.Request) error {
	l, err := p.link(w, r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, p.resetView(r, l).Page())
}

func (p *Pages) resetView(r *http.Request, l account.Link) ResetView {
	return ResetView{Shell: p.Web.Shell(r), Username: l.Username, Factors: l.Covers == account.CoversFactors, Least: p.People.Policy.Least()}
}

func (p *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	l, err := p.link(w, r)
	if err != nil {
		return err
	}
	if err := p.People.UseLink(r.Context(), l, posted(r, "new_password")); err != nil {
		return web.Retry(func(f *fault.Error) templ.Component {
			view := p.resetView(r, l)
			view.Faults = f.Fields
			return view.Page()
		}, err)
	}
	return web.SeeOther(w, "/login")
}

// keepFactors ends what administrators began.
func (p *Pages) keepFactors(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	if err := p.People.KeepFactors(r.Context(), s); err != nil {
		return err
	}
	return web.SeeOther(w, securityPage)
}
