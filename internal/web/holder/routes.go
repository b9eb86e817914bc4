package holder

import (
	"context"

	"coffer/internal/account"
	"coffer/internal/card"
	"coffer/internal/factor"
	"coffer/internal/query"
	"coffer/internal/seclog/seal"
	"coffer/internal/session"
	"coffer/internal/web"
)

// Pages are a person's pages and what they stand on.
type Pages struct {
	Web    *web.Server
	People *account.Service
	Cards  *card.Service
	Lines  *query.Reader
	Sealer *seal.Sealer
	// LogKeys gives the public keys that have signed the log, one a line.
	LogKeys func() (string, error)
	// Erase removes whoever asks for it, with all that is theirs, if the name that
	// they typed is theirs.
	Erase func(ctx context.Context, who session.Session, typed string) error
	// Starts are the first pages of the roles that hold no cards.
	Starts map[string]web.Handler
}

// Routes are this room's lines of the one route table. Web must be set before
// the first request, not before this.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /{$}", Guard: web.Open, Handle: p.start},
		{Pattern: "GET /signup", Guard: web.SignedOut, Handle: p.signupForm},
		{Pattern: "POST /signup", Guard: web.SignedOut, Handle: p.signup, Fields: []string{"username", "password"}},
		{Pattern: "GET /login", Guard: web.SignedOut, Handle: p.loginForm},
		{Pattern: "POST /login", Guard: web.SignedOut, Handle: p.login, Fields: []string{"username", "password", "next"}},
		{Pattern: "GET /login/verify", Guard: web.Halfway, Handle: p.verifyForm},
		{Pattern: "POST /login/verify", Guard: web.Halfway, Handle: p.verify, Fields: []string{"code"}},
		{Pattern: "POST /login/passkey/begin", Guard: web.SignedOut, Handle: p.askPasskey, JSON: true, Page: "/login"},
		{Pattern: "POST /login/passkey/finish", Guard: web.SignedOut, Handle: p.passkeyIn, JSON: true, Page: "/login"},
		{Pattern: "GET /recover", Guard: web.SignedOut, Handle: p.recoverForm},
		{Pattern: "POST /recover", Guard: web.SignedOut, Handle: p.recover, Fields: []string{"username", "code", "new_password"}},
		{Pattern: "POST /logout", Guard: web.SignedIn, Handle: p.logout, Page: "/", Enrols: true},
		{Pattern: "GET /confirm", Guard: web.SignedIn, Handle: p.confirmForm, Enrols: true},
		{Pattern: "POST /confirm", Guard: web.SignedIn, Handle: p.confirm, Fields: []string{"password", "code", "next"}, Enrols: true},
		{Pattern: "POST /confirm/passkey/begin", Guard: web.SignedIn, Handle: p.askApproval, JSON: true, Page: "/confirm", Enrols: true},
		{Pattern: "POST /confirm/passkey/finish", Guard: web.SignedIn, Handle: p.approve, JSON: true, Page: "/confirm", Enrols: true},
		{Pattern: "GET /create_credit_card", Guard: web.Holder, Handle: p.newCard},
		{Pattern: "POST /create_credit_card", Guard: web.Holder, Handle: p.createCard, Fields: []string{"card_number", "cardholder_name", "expiry", "label"}},
		{Pattern: "GET /view_credit_card/{id}", Guard: web.Holder, Handle: p.viewCard},
		{Pattern: "POST /view_credit_card/{id}/reveal", Guard: web.Holder, Handle: p.revealCard, Page: "/view_credit_card/{id}"},
		{Pattern: "POST /view_credit_card/{id}/delete", Guard: web.Holder, Handle: p.deleteCard, Page: "/view_credit_card/{id}"},
		{Pattern: "GET /settings/security", Guard: web.SignedIn, Handle: p.security},
		{Pattern: "POST /settings/password", Guard: web.SteppedUp, Handle: p.changePassword, Fields: []string{"current_password", "new_password"}, Page: securityPage, Operation: onAccount("authn_password_change")},
		{Pattern: "GET " + web.EnrolPage, Guard: web.SignedIn, Handle: p.required, Enrols: true},
		{Pattern: "GET /settings/totp", Guard: web.SteppedUp, Handle: p.totpForm, Enrols: true},
		{Pattern: "POST /settings/totp", Guard: web.SteppedUp, Handle: p.enrolTOTP, Fields: []string{"code"}, Operation: addsFactor(factor.TOTP), Enrols: true},
		{Pattern: "POST /settings/totp/remove", Guard: web.SignedIn, Handle: p.removeTOTP, Page: securityPage},
		{Pattern: "POST /settings/recovery_codes", Guard: web.SteppedUp, Handle: p.newCodes, Page: securityPage, Operation: addsFactor(factor.Recovery)},
		{Pattern: "POST /settings/passkeys/begin", Guard: web.SteppedUp, Handle: p.askNewPasskey, JSON: true, Page: securityPage, Operation: addsFactor(factor.Passkey), Enrols: true},
		{Pattern: "POST /settings/passkeys/finish", Guard: web.SteppedUp, Handle: p.addPasskey, JSON: true, Page: securityPage, Operation: addsFactor(factor.Passkey), Enrols: true},
		{Pattern: "POST /settings/passkeys/{id}/remove", Guard: web.SteppedUp, Handle: p.removePasskey, Page: securityPage, Operation: removesPasskey},
		{Pattern: "POST /settings/sessions/{id}/end", Guard: web.SignedIn, Handle: p.endSession, Page: securityPage},
		{Pattern: "POST /settings/sessions/end_others", Guard: web.SignedIn, Handle: p.endOthers, Page: securityPage},
		{Pattern: "GET /reset/{token}", Guard: web.SignedOut, Handle: p.resetForm},
		{Pattern: "POST /reset/{token}", Guard: web.SignedOut, Handle: p.reset, Fields: []string{"new_password"}},
		{Pattern: "POST /settings/factors/keep", Guard: web.SignedIn, Handle: p.keepFactors, Page: securityPage},
		{Pattern: "GET /activity", Guard: web.SignedIn, Handle: p.activity},
		{Pattern: "GET /activity/{seq}", Guard: web.SignedIn, Handle: p.event},
		{Pattern: "GET /activity.json", Guard: web.SignedIn, Handle: p.activityJSON},
		{Pattern: "GET /activity.csv", Guard: web.SignedIn, Handle: p.activityCSV},
		{Pattern: "POST /activity/{seq}/report", Guard: web.SignedIn, Handle: p.report, Page: activityPage},
		{Pattern: "POST /seen", Guard: web.SignedIn, Handle: p.seen, Page: "/"},
		{Pattern: "GET /settings/export", Guard: web.SteppedUp, Handle: p.export, Page: securityPage, Operation: onAccount("user_exported"), Acts: true},
		{Pattern: "POST /settings/delete", Guard: web.SteppedUp, Handle: p.erase, Fields: []string{"username"}, Page: securityPage, Operation: onAccount("user_erased")},
	}
}
