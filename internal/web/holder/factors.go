package holder

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"rsc.io/qr"

	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/session"
	"coffer/internal/web"
)

// The pages of the second step, and of the app's picture.
const (
	verifyPage = "/login/verify"
	totpPage   = "/settings/totp"
)

// Operations of the routes that stand behind SteppedUp.
func addsFactor(kind string) func(*http.Request, string) factor.Operation {
	return func(*http.Request, string) factor.Operation {
		return factor.Operation{Kind: "authn_factor_enrolled", Target: kind + ":"}
	}
}

func removesPasskey(r *http.Request, _ string) factor.Operation {
	return removal(factor.Passkey, r.PathValue("id"))
}

func removal(kind, id string) factor.Operation {
	return factor.Operation{Kind: "authn_factor_removed", Target: kind + ":" + id}
}

func onAccount(kind string) func(*http.Request, string) factor.Operation {
	return func(_ *http.Request, account string) factor.Operation {
		return factor.Operation{Kind: kind, Target: "account:" + account}
	}
}

// required leads whoever must hold a second factor through adding one; once
// there is one, it leads on.
func (p *Pages) required(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	held, err := p.People.Held(r.Context(), s.Account)
	if err != nil {
		return err
	}
	if held.Second() {
		return web.SeeOther(w, "/")
	}
	return web.Render(w, r, http.StatusOK, RequiredView{Shell: p.Web.Shell(r), Passkeys: p.People.Passkeys.Usable(), Device: web.Device(r.UserAgent())}.Page())
}

func (p *Pages) verifyForm(w http.ResponseWriter, r *http.Request) error {
	view, err := p.verifyView(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

func (p *Pages) verifyView(r *http.Request) (VerifyView, error) {
	half := web.Half(r)
	held, err := p.People.Held(r.Context(), half.Account)
	if err != nil {
		return VerifyView{}, err
	}
	return VerifyView{
		Shell: p.Web.Shell(r), Passkey: len(held.Passkeys) > 0 && p.People.Passkeys.Usable(), Recovered: half.Level == session.Recovered,
		Codes: Codes{App: held.App != nil, Recovery: held.Codes > 0 && half.Level == session.Half, ByRecovery: byRecovery(r), At: verifyPage},
	}, nil
}

func (p *Pages) verify(w http.ResponseWriter, r *http.Request) error {
	half := web.Half(r)
	entry, err := p.People.Verify(r.Context(), half, posted(r, "code"), web.DeviceCookie(r))
	if err != nil {
		view, unread := p.verifyView(r)
		if unread != nil {
			return err
		}
		return web.Retry(func(f *fault.Error) templ.Component {
			view.Refusal, view.Faults = f.Text, f.Fields
			return view.Page()
		}, err)
	}
	return p.signedIn(w, r, entry, p.Web.Next(half.After))
}

func (p *Pages) totpForm(w http.ResponseWriter, r *http.Request) error {
	view, err := p.totpView(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, view.Page())
}

func (p *Pages) totpView(r *http.Request) (TOTPView, error) {
	s, _ := web.Session(r) // the guard let nobody else in
	held, err := p.People.Held(r.Context(), s.Account)
	if err != nil {
		return TOTPView{}, err
	}
	view := TOTPView{Shell: p.Web.Shell(r), Signing: signing(held, p.coded(s), totpPage)}
	if held.App != nil {
		view.Held, view.Since = true, held.App.Created
		return view, nil
	}
	app, err := p.People.NewApp(r.Context(), s)
	if err != nil {
		return TOTPView{}, err
	}
	view.Secret, view.Link = app.Secret, app.Link
	view.Code, view.Size, err = drawn(app.Link)
	return view, err
}

// drawn is the picture that an app reads, as the path of its dark squares.
func drawn(link secret.Text) (path secret.Text, size int, err error) {
	code, err := qr.Encode(link.Reveal(), qr.M)
	if err != nil {
		return secret.Text{}, 0, err
	}
	var b strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				b.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h1v1h-1z")
			}
		}
	}
	return secret.New(b.String()), code.Size, nil
}

func (p *Pages) enrolTOTP(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	err := p.People.EnrolApp(r.Context(), s, posted(r, "code"))
	if err == nil {
		return web.SeeOther(w, securityPage)
	}
	view, unread := p.totpView(r)
	if unread != nil {
		return err // what was refused counts for more than how its page looks
	}
	return web.Retry(func(f *fault.Error) templ.Component {
		view.Refusal, view.Faults = f.Text, f.Fields
		return view.Page()
	}, unproven(err, totpPage, addsFactor(factor.TOTP)(r, "")))
}

func (p *Pages) removeTOTP(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	held, err := p.People.Held(r.Context(), s.Account)
	if err != nil {
		return err
	}
	if held.App == nil {
		return web.SeeOther(w, securityPage) // a button pressed twice
	}
	return p.remove(w, r, factor.TOTP, held.App.ID)
}

func (p *Pages) removePasskey(w http.ResponseWriter, r *http.Request) error {
	return p.remove(w, r, factor.Passkey, r.PathValue("id"))
}

func (p *Pages) remove(w http.ResponseWriter, r *http.Request, kind, id string) error {
	s, _ := web.Session(r) // the guard let nobody else in
	op := removal(kind, id)
	if err := p.Web.Proved(r, op, securityPage); err != nil {
		return err
	}
	if err := p.People.RemoveFactor(r.Context(), s, kind, id); err != nil {
		return unproven(err, securityPage, op)
	}
	return web.SeeOther(w, securityPage)
}

func (p *Pages) newCodes(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	codes, err := p.People.NewCodes(r.Context(), s)
	if err != nil {
		return unproven(err, securityPage, addsFactor(factor.Recovery)(r, ""))
	}
	return web.Render(w, r, http.StatusOK, CodesView{Shell: p.Web.Shell(r), Codes: codes, At: p.Web.Now(), Site: p.Web.Origin}.Page())
}

func (p *Pages) recoverForm(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, RecoverView{Shell: p.Web.Shell(r), Least: p.People.Policy.Least()}.Page())
}

func (p *Pages) recover(w http.ResponseWriter, r *http.Request) error {
	name := r.PostForm.Get("username")
	entry, err := p.People.Recover(r.Context(), name, posted(r, "code"), posted(r, "new_password"), web.DeviceCookie(r))
	if err != nil {
		return web.Retry(func(f *fault.Error) templ.Component {
			return RecoverView{Shell: p.Web.Shell(r), Username: web.Echo(name), Least: p.People.Policy.Least(), Refusal: f.Text, Faults: f.Fields}.Page()
		}, err)
	}
	return p.goOn(w, r, entry, "/")
}
