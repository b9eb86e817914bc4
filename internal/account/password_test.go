package account_test

import (
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

const fresh = "canary-9d21-at-the-mill"

func (h *house) change(s session.Session, present, next string) (account.Entry, error) {
	return h.ChangePassword(h.as(s), s, secret.New(present), secret.New(next))
}

// TestChangePassword holds that a new password is a new credential under
// today's settings, and that the session goes on under its next token alone.
func TestChangePassword(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e := h.alice()
		s := h.live(e.Token)
		old := h.text(`SELECT id FROM credential`)
		h.Service = h.service(factor.Settings{Memory: 128, Time: 2, Threads: 1}, "")
		h.now = h.now.Add(4 * time.Minute)
		next, err := h.change(s, canary, fresh)
		if err != nil {
			h.Fatal(err)
		}
		h.wrote(event.PasswordChanged{Account: s.Account, Session: s.Hash, Signed: event.Unsigned}, event.SessionRenewed{Account: s.Account, Session: s.Hash})
		if id := h.text(`SELECT id FROM credential`); id == old {
			h.Error("a changed password is the old credential")
		}
		if got := h.text(`SELECT body FROM credential`); got[:29] != "$argon2id$v=19$m=128,t=2,p=1$" {
			h.Errorf("%s is stored, want a hash under the new settings", got)
		}
		p, err := h.PasswordOf(h.visitor(), s.Account)
		if want := (account.Password{Set: h.now, Changed: true}); err != nil || p != want {
			h.Errorf("PasswordOf = %+v, %v, want %+v", p, err, want)
		}
		if now := h.live(next.Token); now.ID != s.ID || !now.SteppedUp(h.now) {
			h.Errorf("the session is %+v, want the same one, stepped up", now)
		}
		if _, err := h.change(s, fresh, canary); err == nil { // with the token that was replaced
			h.Error("a replaced token changed the password")
		}
		h.wrote() // whoever answers records it: see internal/web
		h.stored(1, 1)
	})
}

// TestChangeOfAChangedPassword holds that a present password which was right
// when it was looked at, and replaced meanwhile, changes nothing.
func TestChangeOfAChangedPassword(t *testing.T) {
	onBoth(t, "", func(h *house) {
		s := h.live(h.alice().Token)
		before := h.text(`SELECT id FROM credential`)
		if !h.ChangeAfterChange(h.as(s), s) {
			h.Error("a password that was replaced meanwhile was changed")
		}
		h.wrote()
		if after := h.text(`SELECT id FROM credential`); after != before {
			h.Error("the credential is another")
		}
	})
}

// TestEndedElsewhere holds that what one node ends is over on the next at once.
func TestEndedElsewhere(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e := h.alice()
		s := h.live(e.Token)
		second, err := h.LogIn(h.from("192.0.2.7"), "alice", secret.New(canary), secret.Text{}, "/")
		if err != nil {
			h.Fatal(err)
		}
		h.log.Want("authn_login_success", "session_created")
		here, there := h.Service, h.service(cheap, "")
		h.live(second.Token)
		h.Service = there
		if err := h.EndSession(h.as(s), s, second.Session.Hash); err != nil {
			h.Fatal(err)
		}
		h.wrote(event.SessionExpired{Account: s.Account, Session: second.Session.Hash, Reason: "ended"})
		h.Service = here
		h.gone("192.0.2.7", second.Token, true)
		h.wrote(event.SessionUsedAfterEnd{Account: s.Account, Session: second.Session.Hash, Reason: "ended"})
		f := h.refused(h.EndSession(h.as(s), s, "0123456789abcdef"), fault.NotFound, 0)
		h.carries(f, event.AuthzFailed{Reason: "not_found", Resource: "session:0123456789abcdef"})
	})
}

// TestLockedSessionChangesNothing holds that the tenth wrong password of a
// session locks it against the right one too, until its time is over.
func TestLockedSessionChangesNothing(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		s := h.live(h.alice().Token)
		wrongOnes := event.PasswordChangeFailed{Account: s.Account, Session: s.Hash, Reason: "wrong_password"}
		for range 10 {
			_, err := h.change(s, wrong, fresh)
			h.refused(err, fault.Invalid, 0)
		}
		if n := len(h.log.Lines()); n != 12 {
			h.Errorf("lines = %d, want ten refusals, the last with two of its lock", n)
		}
		_, err := h.change(s, canary, fresh)
		if f := h.refused(err, fault.TooMany, 0); f.Retry != 30*time.Minute || !f.Recorded {
			h.Errorf("the fault says %v, recorded %v, want 30 minutes and recorded", f.Retry, f.Recorded)
		}
		locked := wrongOnes
		locked.Reason = "locked"
		h.wrote(locked)
		h.now = h.now.Add(30 * time.Minute)
		s.Stepped = h.now // they confirmed
		if _, err = h.change(s, canary, fresh); err != nil {
			h.Fatal(err)
		}
		h.wrote(event.LoginUnlocked{Account: s.Account, Client: "session", Reason: "expired"},
			event.PasswordChanged{Account: s.Account, Session: s.Hash, Signed: event.Unsigned}, event.SessionRenewed{Account: s.Account, Session: s.Hash})
	})
}

// TestChangeIsCountedLikeALogin holds that the present password cannot be tried
// oftener than at the login, while a form at fault costs nothing.
func TestChangeIsCountedLikeALogin(t *testing.T) {
	onBoth(t, "login=2/min", func(h *house) {
		s := h.live(h.alice().Token)
		for range 3 {
			_, err := h.change(s, canary, "short7!")
			f := h.refused(err, fault.Invalid, 0)
			if got := rules(f.Fields); len(got) != 1 || got[0] != "new_password:too_short" {
				h.Errorf("rules = %v, want the length of the new one", got)
			}
		}
		for range 2 {
			_, err := h.change(s, wrong, fresh)
			h.refused(err, fault.Invalid, 0)
		}
		h.log.Want("authn_password_change_fail", "authn_password_change_fail")
		_, err := h.change(s, canary, fresh)
		f := h.refused(err, fault.TooMany, 0)
		h.carries(f, event.RateLimited{Limit: string(limit.LogIn), Allowed: "2/min", Account: s.Account})
	})
}
