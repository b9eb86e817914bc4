package holder

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/session"
	"coffer/internal/web"
)

// securityPage holds the forms of everything under /settings.
const securityPage = "/settings/security"

// lately is how long the page says that something was just done. It follows
// from what is stored, so that no link can make the page say it.
const lately = time.Minute

func (p *Pages) security(w http.ResponseWriter, r *http.Request) error {
	view, err := p.securityView(r)
	if err != nil {
		return err
	}
	view.Done = view.done(p.Web.Now())
	return web.Render(w, r, http.StatusOK, view.Page())
}

// done says what was done within the last moments, newest first.
func (p SecurityView) done(now time.Time) (done string) {
	at := now.Add(-lately)
	say := func(when time.Time, text string) {
		if when.After(at) {
			at, done = when, text
		}
	}
	if p.Changed {
		say(p.Set, "Your password is changed. Wherever else you were signed in, you are not any more.")
	}
	if p.Held.App != nil {
		say(p.Held.App.Created, "Your authenticator app is added. From now on its codes count.")
	}
	for _, k := range p.Held.Passkeys {
		say(k.Created, "Your passkey “"+k.Name+"” is added. From now on a touch of it is enough.")
	}
	return done
}

// securityView gathers what stands on the page whatever happens on it.
func (p *Pages) securityView(r *http.Request) (SecurityView, error) {
	s, _ := web.Session(r) // the guard let nobody else in
	password, err := p.People.PasswordOf(r.Context(), s.Account)
	if err != nil {
		return SecurityView{}, err
	}
	ready, held, err := p.People.Proven(r.Context(), s, factor.Operation{})
	if err != nil {
		return SecurityView{}, err
	}
	list, err := p.People.Sessions(r.Context(), s.Account)
	if err != nil {
		return SecurityView{}, err
	}
	shell, err := p.Web.Told(r, p.People)
	if err != nil {
		return SecurityView{}, err
	}
	view := SecurityView{
		Shell: shell, Set: password.Set, Changed: password.Changed, SteppedUp: ready, Held: held, Least: p.People.Policy.Least(),
		Signing: signing(held, p.coded(s), securityPage), Passkeys: p.People.Passkeys.Usable(), Device: web.Device(r.UserAgent()),
	}
	if view.CardsLocked, err = p.People.CardsLocked(r.Context(), s.Account); err != nil {
		return SecurityView{}, err
	}
	for _, l := range list {
		if l.Hash == s.Hash {
			view.This = signIn(l)
		} else {
			view.Others = append(view.Others, signIn(l))
		}
	}
	return view, nil
}

func signIn(l session.Listed) SignIn {
	return SignIn{ID: l.Hash, Device: web.Device(l.UserAgent), Address: l.SourceIP, Since: l.Created, Used: l.Seen}
}

func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	entry, err := p.People.ChangePassword(r.Context(), s, posted(r, "current_password"), posted(r, "new_password"))
	if err != nil {
		view, unread := p.securityView(r)
		if unread != nil {
			return err // what was refused counts for more than how its page looks
		}
		return web.Retry(func(f *fault.Error) templ.Component {
			view.Refusal, view.Faults = f.Text, f.Fields
			return view.Page()
		}, unproven(err, securityPage, onAccount("authn_password_change")(r, s.Account)))
	}
	return p.comeIn(w, r, entry, securityPage)
}

func (p *Pages) endSession(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	id := r.PathValue("id")
	if err := p.People.EndSession(r.Context(), s, id); err != nil {
		return err
	}
	if id == s.Hash {
		p.Web.ClearSession(w, r)
		return web.SeeOther(w, "/login")
	}
	return web.SeeOther(w, securityPage)
}

func (p *Pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	if err := p.People.EndOthers(r.Context(), s); err != nil {
		return err
	}
	return web.SeeOther(w, securityPage)
}
