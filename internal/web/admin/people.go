package admin

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"coffer/internal/account"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/web"
)

// How much stands on a page.
const (
	peopleRows = 50
	lineRows   = 10
)

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	found, err := p.People.Search(r.Context(), q.Get("q"), q.Get("after"), peopleRows)
	if err != nil {
		return err
	}
	view := ListView{Shell: p.Web.Shell(r), Query: web.Echo(q.Get("q")), Later: q.Get("after") != "", People: found.People}
	if found.More {
		next := url.Values{"after": {found.People[len(found.People)-1].Username}}
		if view.Query != "" {
			next.Set("q", view.Query)
		}
		view.Next = "/people?" + next.Encode()
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

func (p *Pages) person(w http.ResponseWriter, r *http.Request) error {
	view, err := p.view(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

// view gathers what stands on a person's page whatever happens on it.
func (p *Pages) view(r *http.Request) (PersonView, error) {
	s, _ := web.Session(r) // the guard let nobody else in
	who, err := p.People.Look(r.Context(), r.PathValue("id"))
	if err != nil {
		return PersonView{}, err
	}
	wanted, err := p.People.Removal(r.Context(), who.ID)
	if err != nil {
		return PersonView{}, err
	}
	rows, err := p.history(r.Context(), who.ID)
	return PersonView{Shell: p.Web.Shell(r), Who: who, Own: who.ID == s.Account, Lines: rows, Removal: stepOf(wanted, s.Account, p.Web.Now())}, err
}

func (p *Pages) role(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	signed, err := p.People.GiveRole(r.Context(), s, r.PathValue("id"), r.PostForm.Get("role"))
	return p.sealed(w, r, signed, err)
}

// sealed answers what waits for the log's signature.
func (p *Pages) sealed(w http.ResponseWriter, r *http.Request, signed bool, err error) error {
	if err != nil {
		return p.again(r, err)
	}
	if signed {
		return p.back(w, r)
	}
	view, err := p.view(r)
	if err != nil {
		return p.back(w, r) // it is done; that its page cannot be drawn undoes nothing
	}
	view.Done = "It is saved; its signature is pending."
	return web.Render(w, r, http.StatusOK, view.Page())
}

func (p *Pages) lock(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	if err := p.People.Lock(r.Context(), s, r.PathValue("id")); err != nil {
		return p.again(r, err)
	}
	return p.back(w, r)
}

func (p *Pages) unlock(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	if err := p.People.Unlock(r.Context(), s, r.PathValue("id")); err != nil {
		return p.again(r, err)
	}
	return p.back(w, r)
}

// reset shows the link, this once: it is stored as a hash alone.
func (p *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	token, err := p.People.StartReset(r.Context(), s, r.PathValue("id"))
	return p.hand(w, r, token, err)
}

// hand shows a link that was made.
func (p *Pages) hand(w http.ResponseWriter, r *http.Request, token secret.Text, err error) error {
	if err != nil {
		return p.again(r, err)
	}
	view, err := p.view(r)
	if err != nil {
		return err
	}
	view.Link = p.Web.Origin + "/reset/" + token.Reveal()
	view.Until = p.Web.Now().Add(account.LinkLife)
	return web.Render(w, r, http.StatusOK, view.Page())
}

func (p *Pages) back(w http.ResponseWriter, r *http.Request) error {
	return web.SeeOther(w, "/people/"+url.PathEscape(r.PathValue("id")))
}

// again shows the person's page with what was refused on it.
func (p *Pages) again(r *http.Request, err error) error {
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	view, unread := p.view(r)
	if unread != nil {
		return err // what was refused counts for more than how its page looks
	}
	return web.Retry(func(f *fault.Error) templ.Component {
		view.Refusal = f.Text
		return view.Page()
	}, err)
}
