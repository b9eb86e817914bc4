package account_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/secret"
)

const sorry = "Name or password is not right."

// typed is the pseudonym that a name gets on a day, lower case.
func typed(name, day string) string { return hex.EncodeToString(mac("typed-name "+day, []byte(name))) }

func TestLogIn(t *testing.T) {
	onBoth(t, "", func(h *house) {
		id := h.alice().Session.Account
		h.now = h.now.Add(time.Hour)
		for _, name := range []string{"Alice", "aLICE"} {
			e, err := h.login(name, canary)
			if err != nil {
				h.Fatal(err)
			}
			h.wrote(event.LoginSucceeded{Account: id, Session: e.Session.Hash, Method: "password"},
				event.SessionCreated{Account: id, Session: e.Session.Hash, Method: "password"})
			if s := h.live(e.Token); s.Account != id || s.Username != "Alice" || e.Session.Username != "Alice" || e.Session.Role != "holder" {
				h.Errorf("LogIn(%s) = %+v, found as %+v, want a session of Alice", name, e.Session, s)
			}
		}
		if got := h.number(`SELECT last_login FROM account`); got != h.now.UnixMicro() {
			h.Errorf("last_login = %d, want now, %d", got, h.now.UnixMicro())
		}
	})
}

func TestFailuresAreCountedAndForgotten(t *testing.T) {
	onBoth(t, "", func(h *house) {
		id := h.alice().Session.Account
		for attempt := 1; attempt <= 3; attempt++ {
			_, err := h.login("alice", wrong)
			if f := h.refused(err, fault.Invalid, 401); f.Text != sorry || !f.Recorded || len(f.Fields) != 0 {
				h.Errorf("LogIn = %+v, want the plain refusal, recorded", f)
			}
			h.wrote(event.LoginFailed{Account: id, Reason: "wrong_password", Attempt: attempt})
		}
		for _, failures := range []int{3, 0} {
			e, err := h.login("alice", canary)
			if err != nil {
				h.Fatal(err)
			}
			var in event.Event = event.LoginSucceeded{Account: id, Session: e.Session.Hash, Method: "password"}
			if failures > 0 {
				in = event.LoginSucceededAfterFail{Account: id, Session: e.Session.Hash, Method: "password", Failures: failures}
			}
			h.wrote(in, event.SessionCreated{Account: id, Session: e.Session.Hash, Method: "password"})
		}
	})
}

func TestLineOfAFailureNamesNoActor(t *testing.T) {
	onBoth(t, "", func(h *house) {
		id := h.alice().Session.Account
		_, _ = h.login("alice", wrong)
		h.now = h.now.Add(time.Millisecond) // PostgreSQL's lines are numbered by time
		_, _ = h.login("nobody", wrong)
		lines := h.log.Want("authn_login_fail", "authn_login_fail")
		if l := lines[0]; l.Actor != "" || l.Subject != id || l.Outcome != "failure" || l.Level != "WARNING" {
			h.Errorf("line = %+v, want no actor and the account as its subject", l)
		}
		if l := lines[1]; l.Actor != "" || l.Subject != "" || l.Target() != "account:unknown" {
			h.Errorf("line = %+v, want neither actor nor subject", l)
		}
	})
}

// Whatever else is typed is a name that nobody has, and leaves a pseudonym that
// holds for a day.
func TestUnknownNamesLeaveAPseudonym(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		h.alice()
		for _, name := range []string{
			"", "al", "bob", "alice ", " alice", "alice\x00", "\u0430lice", "alice' or '1'='1",
			strings.Repeat("a", 70_000), "x\n{\"seq\":1,\"event\":\"authn_login_success\"}", canary,
		} {
			_, err := h.login(name, canary)
			if f := h.refused(err, fault.Invalid, 401); f.Text != sorry || !f.Recorded {
				h.Errorf("LogIn(%.40q) = %+v, want the plain refusal, recorded", name, f)
			}
			h.wrote(event.LoginFailed{Typed: typed(name, "2026-03-01"), Reason: "unknown_name"})
		}
		for name, as := range map[string]string{"BOB": "bob", "alice\xff": "alice\ufffd", "cafe\u0301": "caf\u00e9"} {
			_, err := h.login(name, canary)
			h.refused(err, fault.Invalid, 401)
			h.wrote(event.LoginFailed{Typed: typed(as, "2026-03-01"), Reason: "unknown_name"})
		}
		h.now = h.now.Add(16 * time.Hour)
		_, _ = h.login("bob", canary)
		lines := h.log.Want("log_rotated", "authn_login_fail") // a new day has a new file
		e, err := lines[1].Decode()
		if want := (event.LoginFailed{Typed: typed("bob", "2026-03-02"), Reason: "unknown_name"}); err != nil || e != want {
			h.Errorf("the next day's event = %+v, %v, want %+v", e, err, want)
		}
		h.stored(1, 1)
	})
}

// An empty password is a wrong one.
func TestOddPasswordsAreWrongPasswords(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		id := h.alice().Session.Account
		for i, password := range []string{"", canary + " ", strings.ToUpper(canary), strings.Repeat(canary, 1000), "\xff\x00"} {
			_, err := h.login("alice", password)
			h.refused(err, fault.Invalid, 401)
			h.wrote(event.LoginFailed{Account: id, Reason: "wrong_password", Attempt: i + 1})
		}
	})
}

func TestUnknownNameCostsOneHash(t *testing.T) {
	const limits = "login=off,lock=off,strangers=off"
	onBoth(t, limits, func(h *house) {
		h.Service = h.service(factor.Default, limits)
		h.alice()
		known, unknown := time.Hour, time.Hour
		try := func(name string, best *time.Duration) {
			start := time.Now()
			_, err := h.login(name, wrong)
			*best = min(*best, time.Since(start))
			h.refused(err, fault.Invalid, 401)
		}
		for range 10 { // in turn, so that another's load falls on both
			try("alice", &known)
			try("bob", &unknown)
		}
		if unknown < known/2 || unknown > known*2 {
			h.Errorf("an unknown name takes %v and a known one %v, want about the same", unknown, known)
		}
	})
}

// Whoever leaves before the password was looked at has tried nothing.
func TestLeavingBeforeTheHashIsNoAttempt(t *testing.T) {
	onBoth(t, "", func(h *house) {
		h.alice()
		for _, name := range []string{"alice", "bob"} {
			ctx, leave := context.WithCancel(h.visitor())
			leave()
			_, err := h.LogIn(ctx, name, secret.New(wrong), secret.Text{}, "/")
			if !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
				h.Errorf("LogIn(%s) of who left = %v, want Unavailable", name, err)
			}
		}
		h.wrote()
		if n := h.number(`SELECT failures FROM account`); n != 0 {
			h.Errorf("failures = %d, want 0", n)
		}
	})
}

func TestOldHashIsRenewedAtLogin(t *testing.T) {
	onBoth(t, "", func(h *house) {
		id := h.alice().Session.Account
		old := h.text(`SELECT body FROM credential`)
		h.Service = h.service(factor.Settings{Memory: 128, Time: 2, Threads: 1}, "")
		_, _ = h.login("alice", wrong)
		h.wrote(event.LoginFailed{Account: id, Reason: "wrong_password", Attempt: 1})
		if got := h.text(`SELECT body FROM credential`); got != old {
			h.Error("a refused login changed the hash")
		}
		for range 2 {
			h.now = h.now.Add(time.Millisecond) // PostgreSQL's lines are numbered by time
			if _, err := h.login("alice", canary); err != nil {
				h.Fatal(err)
			}
			got := h.text(`SELECT body FROM credential`)
			if !strings.HasPrefix(got, "$argon2id$v=19$m=128,t=2,p=1$") {
				h.Errorf("after a login, %s is stored, want a hash under the new settings", got)
			}
		}
		h.log.Want("authn_login_successafterfail", "session_created", "authn_login_success", "session_created")
	})
}

func TestChangedPasswordAdmitsNobody(t *testing.T) {
	onBoth(t, "", func(h *house) {
		id := h.alice().Session.Account
		if !h.AdmitAfterChange(h.visitor(), id) {
			h.Error("a password that was replaced meanwhile let somebody in")
		}
		h.wrote()
		h.stored(1, 1)
	})
}

func TestLoginsAreLimited(t *testing.T) {
	onBoth(t, "login=3/min", func(h *house) {
		h.alice()
		for range 3 {
			_, err := h.login("alice", wrong)
			h.refused(err, fault.Invalid, 401)
		}
		h.log.Want("authn_login_fail", "authn_login_fail", "authn_login_fail")
		_, err := h.login("alice", canary)
		f := h.refused(err, fault.TooMany, 0)
		h.carries(f, event.RateLimited{Limit: "login", Allowed: "3/min"})
		if f.Retry != 20*time.Second {
			h.Errorf("Retry = %v, want 20s", f.Retry)
		}
		h.wrote()
		if _, err := h.LogIn(h.from("192.0.2.2"), "alice", secret.New(canary), secret.Text{}, "/"); err != nil {
			h.Errorf("LogIn from another address = %v, want success", err)
		}
		h.now = h.now.Add(f.Retry)
		if _, err := h.login("alice", canary); err != nil {
			h.Errorf("LogIn after Retry = %v, want success", err)
		}
	})
}

func TestTheEleventhLogin(t *testing.T) {
	onBoth(t, "", func(h *house) {
		first := h.alice()
		id := first.Session.Account
		for range 9 {
			h.now = h.now.Add(time.Second)
			if _, err := h.login("alice", canary); err != nil {
				h.Fatal(err)
			}
			h.log.Want("authn_login_success", "session_created")
		}
		h.now = h.now.Add(time.Second)
		e, err := h.login("alice", canary)
		if err != nil {
			h.Fatal(err)
		}
		h.wrote(event.LoginSucceeded{Account: id, Session: e.Session.Hash, Method: "password"},
			event.SessionCreated{Account: id, Session: e.Session.Hash, Method: "password"},
			event.SessionsExceeded{Account: id, Max: 10},
			event.SessionExpired{Account: id, Session: first.Session.Hash, Reason: "cap"})
		if !h.gone("192.0.2.1", first.Token, true) {
			h.Error("the use of the ended session was not recorded")
		}
		h.wrote(event.SessionUsedAfterEnd{Account: id, Session: first.Session.Hash, Reason: "cap"})
	})
}

// Where the log takes nothing, nobody comes in and nothing is counted.
func TestNothingHappensWithoutTheLog(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e := h.alice()
		s := h.live(e.Token)
		h.log.Shut(errors.New("no space left"))
		_, signUp := h.SignUp(h.visitor(), "bob", secret.New(canary))
		_, in := h.login("alice", canary)
		_, notIn := h.login("alice", wrong)
		_, unknown := h.login("carol", wrong)
		_, confirm := h.Confirm(h.as(s), s, account.Given{Password: secret.New(canary)})
		_, notConfirmed := h.Confirm(h.as(s), s, account.Given{Password: secret.New(wrong)})
		for i, err := range []error{signUp, in, notIn, unknown, confirm, notConfirmed, h.LogOut(h.as(s), s)} {
			if !fault.Is(err, fault.Unavailable) {
				h.Errorf("call %d without the log = %v, want Unavailable", i+1, err)
			}
		}
		h.log.Shut(nil)
		h.wrote()
		h.stored(1, 1)
		h.live(e.Token)
		if n := h.number(`SELECT failures FROM account`); n != 0 {
			h.Errorf("failures = %d, want 0", n)
		}
	})
}

// What a fault prints, and what the log and the tables hold, is no password.
func TestPasswordsAreNowhere(t *testing.T) {
	onBoth(t, "", func(h *house) {
		h.alice()
		_, err := h.login("alice", wrong)
		_, unknown := h.login(canary, wrong) // the password in the name's field
		e, inErr := h.login("alice", canary)
		seen := fmt.Sprintf("%+v %#v %v %v %+v %#v", err, err, unknown, inErr, e, e)
		for _, l := range h.log.Lines() {
			seen += fmt.Sprintf("%+v", l)
		}
		seen += h.text(`SELECT body FROM credential`)
		if strings.Contains(seen, canary[:12]) || strings.Contains(seen, e.Token.Reveal()) {
			h.Errorf("a password or token shows in %s", seen)
		}
	})
}
