package holder

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"coffer/internal/card"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/query"
	"coffer/internal/session"
	"coffer/internal/web"
)

// Signing is how a page has its person's passkey sign for what its forms do.
type Signing struct {
	// On says that a passkey is asked for each operation: its person holds one,
	// and has not just proved themselves with a code instead.
	On bool
	// Else is the page where a code does instead, or empty if there is none.
	Else string
}

// Form marks a form as that of one operation: script then has the passkey sign
// before the form is sent. Without script the server asks, when it was sent.
func (s Signing) Form(kind, target string) templ.Attributes {
	if !s.On {
		return nil
	}
	a := templ.Attributes{"data-sign-kind": kind, "data-sign-target": target}
	if s.Else != "" {
		a["data-sign-else"] = s.Else
	}
	return a
}

// signing is how a passkey signs on the page next; proven says that no proof is
// outstanding there.
func signing(held factor.Held, proven bool, next string) Signing {
	s := Signing{On: len(held.Passkeys) > 0 && !proven}
	if held.App != nil || held.Codes > 0 {
		s.Else = "/confirm?next=" + url.QueryEscape(next)
	}
	return s
}

// coded reports that the person proved themselves with a code within minutes,
// which counts for every operation meanwhile.
func (p *Pages) coded(s session.Session) bool {
	return s.SteppedUp(p.Web.Now()) && (s.Proof == session.ByTOTP || s.Proof == session.ByRecovery)
}

// signedOf is the signature that an event has room for.
func signedOf(what event.Event) (s event.Signed, can bool) {
	switch what := what.(type) {
	case event.CardViewed:
		return what.Signed, what.Part == "number"
	case event.FactorEnrolled:
		return what.Signed, true
	case event.FactorRemoved:
		return what.Signed, true
	case event.PasswordChanged:
		return what.Signed, true
	case event.UserExported:
		return what.Signed, true
	}
	return event.Signed{}, false
}

// signedMark is for lines that its person's passkey signed.
func signedMark(e query.Entry) web.Mark {
	if s, can := signedOf(e.What); can && s != event.Unsigned && s != (event.Signed{}) {
		return web.Signed
	}
	return web.Plain
}

// markUnsigned marks the rows of what a person did without their passkey while
// they held one that they still have.
func markUnsigned(rows []web.Row, entries []query.Entry, held factor.Held) []web.Row {
	if len(held.Passkeys) == 0 {
		return rows
	}
	since := held.Passkeys[0].Created
	for i, e := range entries {
		s, can := signedOf(e.What)
		if can && s == event.Unsigned && rows[i].Mark == web.Plain && e.Own && e.At.After(since) {
			rows[i].Mark = web.NotSigned
		}
	}
	return rows
}

// signedFact says of a line whose passkey signed it; the line has the signature.
func signedFact(raw string) Fact {
	var s event.Signed
	if err := json.Unmarshal([]byte(raw), &s); err != nil || s == event.Unsigned {
		return Fact{Name: "Signed", Text: "Not by a passkey"}
	}
	return Fact{Name: "Signed", Text: "By the passkey with the id", Code: s.Credential}
}

// general is what an administrator's passkey signs before they act for others.
const general = "authn_stepup_success"

// doing says what a passkey would sign for, or nothing if it is no operation.
// Whoever was led here by a stranger's link must be able to read it.
func doing(op factor.Operation, held factor.Held) string {
	kind, id, _ := strings.Cut(op.Target, ":")
	switch op.Kind {
	case card.Showing("").Kind:
		return "showing a card’s number"
	case "authn_factor_enrolled":
		return map[string]string{
			factor.TOTP: "adding an authenticator app", factor.Passkey: "adding a passkey", factor.Recovery: "making new recovery codes",
		}[kind]
	case "authn_factor_removed":
		for _, k := range held.Passkeys {
			if kind == factor.Passkey && k.ID == id {
				return "removing your passkey “" + k.Name + "”"
			}
		}
		if kind == factor.TOTP && held.App != nil && held.App.ID == id {
			return "removing your authenticator app"
		}
	case general:
		return "acting for others for five minutes"
	case "authn_password_change":
		return "changing your password"
	case "user_exported":
		return "downloading all of your data"
	case "user_erased":
		return "deleting your account with all of its cards, for good"
	}
	return ""
}

// wanted is the operation that an address of /confirm asks for.
func wanted(r *http.Request, next string) factor.Operation {
	q := r.URL.Query()
	if q.Get("kind") == "" && next == totpPage { // which only leads to one
		return factor.Operation{Kind: "authn_factor_enrolled", Target: factor.TOTP}
	}
	if q.Get("kind") == "" && strings.HasPrefix(next, "/people/") {
		return factor.Operation{Kind: general, Target: "account:"}
	}
	return factor.Operation{Kind: q.Get("kind"), Target: q.Get("target")}
}

// with is an address with one more member in its query.
func with(at, name, value string) string {
	u, err := url.Parse(at)
	if err != nil {
		return at // made here, so it is one
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}
