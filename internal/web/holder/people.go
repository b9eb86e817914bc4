package holder

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"coffer/internal/account"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/web"
)

func (p *Pages) signupForm(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, SignupView{Shell: p.Web.Shell(r), Least: p.People.Policy.Least()}.Page())
}

func (p *Pages) signup(w http.ResponseWriter, r *http.Request) error {
	name := r.PostForm.Get("username")
	entry, err := p.People.SignUp(r.Context(), name, posted(r, "password"))
	if err != nil {
		return web.Retry(func(f *fault.Error) templ.Component {
			return SignupView{Shell: p.Web.Shell(r), Username: web.Echo(name), Least: p.People.Policy.Least(), Faults: f.Fields}.Page()
		}, err)
	}
	return p.signedIn(w, r, entry, "/")
}

func (p *Pages) loginForm(w http.ResponseWriter, r *http.Request) error {
	view := LoginView{Shell: p.Web.Shell(r), Passkeys: p.People.Passkeys.Usable(), Next: p.Web.Next(r.URL.Query().Get("next"))}
	if view.Next != "/" {
		view.Why = "Sign in to go on to the page you asked for."
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

func (p *Pages) login(w http.ResponseWriter, r *http.Request) error {
	name, next := r.PostForm.Get("username"), p.Web.Next(r.PostForm.Get("next"))
	entry, err := p.People.LogIn(r.Context(), name, posted(r, "password"), web.DeviceCookie(r), next)
	if err != nil {
		return web.Retry(func(f *fault.Error) templ.Component {
			return LoginView{
				Shell: p.Web.Shell(r), Passkeys: p.People.Passkeys.Usable(), Username: web.Echo(name), Next: next, Refusal: f.Text, Faults: f.Fields,
			}.Page()
		}, err)
	}
	return p.goOn(w, r, entry, next)
}

// goOn gives the browser its token and leads to the second step, where one is
// outstanding.
func (p *Pages) goOn(w http.ResponseWriter, r *http.Request, e account.Entry, next string) error {
	if !e.Session.Whole() {
		return p.comeIn(w, r, e, verifyPage)
	}
	return p.signedIn(w, r, e, next)
}

func (p *Pages) logout(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	if err := p.People.LogOut(r.Context(), s); err != nil {
		return err
	}
	p.Web.ClearSession(w, r)
	return web.SeeOther(w, "/login")
}

func (p *Pages) confirmForm(w http.ResponseWriter, r *http.Request) error {
	view, err := p.confirmView(r, p.Web.Next(r.URL.Query().Get("next")))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

func (p *Pages) confirmView(r *http.Request, next string) (ConfirmView, error) {
	s, _ := web.Session(r) // the guard let nobody else in
	held, err := p.People.Held(r.Context(), s.Account)
	if err != nil {
		return ConfirmView{}, err
	}
	view := ConfirmView{Shell: p.Web.Shell(r), Next: next, Second: held.Second()}
	view.Codes = Codes{App: held.App != nil, Recovery: held.Codes > 0, ByRecovery: byRecovery(r), At: confirmAt(r, next)}
	if len(held.Passkeys) > 0 && p.People.Passkeys.Usable() {
		view.Operation = wanted(r, next)
		view.Doing = doing(view.Operation, held)
	}
	return view, nil
}

// confirmAt is the address of the page, whatever was posted to it: what a
// passkey would sign stays the same, and is of no other member's making.
func confirmAt(r *http.Request, next string) string {
	q := url.Values{"next": {next}}
	for _, name := range []string{"kind", "target"} {
		if v := r.URL.Query().Get(name); v != "" {
			q.Set(name, v)
		}
	}
	return "/confirm?" + q.Encode()
}

// byRecovery says that the page shows the field for recovery codes.
func byRecovery(r *http.Request) bool { return r.URL.Query().Get("by") == "recovery" }

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	next := p.Web.Next(r.PostForm.Get("next"))
	entry, err := p.People.Confirm(r.Context(), s, account.Given{Password: posted(r, "password"), Code: posted(r, "code")})
	if err != nil {
		view, unread := p.confirmView(r, next)
		if unread != nil {
			return err // what was refused counts for more than how its page looks
		}
		return web.Retry(func(f *fault.Error) templ.Component {
			view.Refusal, view.Faults = f.Text, f.Fields
			return view.Page()
		}, err)
	}
	return p.comeIn(w, r, entry, next)
}

// comeIn gives the browser its token and leads on.
func (p *Pages) comeIn(w http.ResponseWriter, r *http.Request, e account.Entry, next string) error {
	p.Web.SetSession(w, r, e.Token)
	return web.SeeOther(w, next)
}

// signedIn is comeIn after the whole way: the browser is known from now on.
func (p *Pages) signedIn(w http.ResponseWriter, r *http.Request, e account.Entry, next string) error {
	p.keep(w, r, e)
	return web.SeeOther(w, next)
}

// keep gives the browser its token, and what it will be known by.
func (p *Pages) keep(w http.ResponseWriter, r *http.Request, e account.Entry) {
	p.Web.SetSession(w, r, e.Token)
	p.Web.SetDevice(w, r, p.People.Device(web.DeviceCookie(r), e.Session.Account), account.DeviceAge)
	web.SetNews(w, r)
}

// posted takes a field out of sight at once.
func posted(r *http.Request, field string) secret.Text { return secret.New(r.PostForm.Get(field)) }
