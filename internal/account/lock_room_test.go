package account_test

import (
	"fmt"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
)

// TestConfirmLocksTheSession holds that a stolen session does not guess for
// ever, from however many addresses, and locks nobody else.
func TestConfirmLocksTheSession(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		s := h.live(h.alice().Token)
		failed := event.StepUpFailed{Account: s.Account, Session: s.Hash, Method: "password"}
		for i := range 10 {
			o, _ := event.From(h.as(s))
			o.SourceIP = fmt.Sprintf("198.51.100.%d", i)
			_, err := h.Confirm(event.With(h.Context(), o), s, account.Given{Password: secret.New(wrong)})
			h.refused(err, fault.Invalid, 401)
			if i < 9 {
				h.wrote(failed)
			}
		}
		h.wrote(failed, subject{account: s.Account}.max("session", 10),
			event.LoginLocked{Account: s.Account, Client: "session", Seconds: 1800, Reason: "maxretries"})
		_, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(canary)})
		if f := h.refused(err, fault.TooMany, 0); f.Retry != 30*time.Minute || !f.Recorded {
			h.Errorf("Confirm = %+v, want half an hour", f)
		}
		failed.Reason = "locked"
		h.wrote(failed)
		h.tries(0, "192.0.2.1", "alice", canary, secret.Text{})
		h.log.Want("authn_login_success", "session_created")
		h.now = h.now.Add(30 * time.Minute)
		if _, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(canary)}); err != nil {
			h.Fatal(err)
		}
		h.wrote(event.LoginUnlocked{Account: s.Account, Client: "session", Reason: "expired"},
			event.StepUpSucceeded{Account: s.Account, Session: s.Hash, Method: "password"},
			event.SessionRenewed{Account: s.Account, Session: s.Hash})
	})
}

// TestOldFailuresAreForgotten holds how long a count without a lock is kept, of
// a known and of an unknown name alike.
func TestOldFailuresAreForgotten(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		h.alice()
		h.fails(3, "192.0.2.1", "alice")
		h.fails(3, "192.0.2.1", "nobody")
		for _, c := range []struct {
			later time.Duration
			rows  int
		}{{limit.KeptClient - time.Second, 4}, {time.Second, 2}, {limit.KeptStrangers - limit.KeptClient - time.Second, 2}, {time.Second, 0}} {
			h.now = h.now.Add(c.later)
			h.sweepLocks()
			if n := h.count("throttle"); n != c.rows {
				h.Errorf("%d counts are left at %v, want %d", n, h.now, c.rows)
			}
		}
	})
}

// sweepLocks sweeps until there is no more.
func (h *house) sweepLocks() {
	h.Helper()
	for {
		more, err := h.SweepLocks(event.System(h.Context(), "locks"))
		if err != nil {
			h.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// TestManyNamesHaveBoundedRoom sprays names that nobody has: the oldest go, and
// locks among them say so; what concerns an account stays.
func TestManyNamesHaveBoundedRoom(t *testing.T) {
	onBoth(t, "login=off,strangers=3", func(h *house) {
		h.Limits.Room = 20
		h.alice()
		h.fails(2, "192.0.2.1", "alice")
		for i := range 3 { // a lock that time does not lift
			h.fails(1, fmt.Sprintf("198.51.100.%d", i), "nobody")
		}
		for i := range 200 {
			h.now = h.now.Add(time.Millisecond)
			h.fails(1, fmt.Sprintf("2001:db8:0:%x::1", i), fmt.Sprint("spray-", i))
		}
		h.sweepLocks()
		h.wrote(event.LoginUnlocked{Typed: typed("nobody", "2026-03-01"), Client: "strangers", Reason: "forgotten"})
		if n := h.number(`SELECT COUNT(*) FROM throttle WHERE account = ''`); n != 20 {
			h.Errorf("names that nobody has take %d rows, want 20", n)
		}
		if n := h.number(`SELECT COUNT(*) FROM throttle WHERE account <> '' AND failures = 2`); n != 2 {
			h.Errorf("alice has %d counts of two, want hers and the strangers'", n)
		}
	})
}

// TestAnAccountHasBoundedRoom holds that once strangers are shut out, further
// addresses take no rows.
func TestAnAccountHasBoundedRoom(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		h.alice()
		for i := range 150 {
			_ = h.tryFrom(fmt.Sprintf("2001:db8:0:%x::1", i), "alice", wrong, secret.Text{})
		}
		if n := h.count("throttle"); n != 101 {
			h.Errorf("150 addresses take %d rows, want 101", n)
		}
	})
}

// TestSignUpTakesTheCountsOver holds that a name's locks are its new person's
// from then on.
func TestSignUpTakesTheCountsOver(t *testing.T) {
	onBoth(t, "login=off,strangers=3", func(h *house) {
		for i := range 3 {
			h.fails(1, fmt.Sprintf("198.51.100.%d", i), "alice")
		}
		id := h.alice().Session.Account
		h.tries(429, "192.0.2.1", "alice", canary, secret.Text{})
		h.log.Want("authn_login_fail")
		h.unlocks("alice", 1)
		h.wrote(event.LoginUnlocked{Account: id, Client: "strangers", Reason: "operator"})
		h.tries(0, "192.0.2.1", "alice", canary, secret.Text{})
	})
}

// unlocks has an operator lift so many locks.
func (h *house) unlocks(name string, want int) {
	h.Helper()
	var n int
	err := h.log.Commit(event.System(h.Context(), "cli:root"), func(tx *db.Tx) (events []event.Event, err error) {
		n, events, err = account.Unlock(tx, name)
		return events, err
	})
	if err != nil || n != want {
		h.Errorf("Unlock(%s) = %d, %v, want %d", name, n, err, want)
	}
}

// TestUnlock holds what an operator lifts: all locks of the name, and its counts.
func TestUnlock(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		id := h.alice().Session.Account
		h.fails(10, "192.0.2.1", "alice")
		h.fails(9, "192.0.2.2", "alice")
		h.unlocks("ALICE", 1)
		h.wrote(subject{account: id}.unlock("192.0.2.1", "operator"))
		if n := h.count("throttle"); n != 0 {
			h.Errorf("%d counts are left, want none", n)
		}
		h.tries(0, "192.0.2.1", "alice", canary, secret.Text{})
		h.log.Lines()
		for name, kind := range map[string]fault.Kind{"alice": fault.Conflict, "nobody": fault.NotFound, "": fault.NotFound} {
			err := h.log.Commit(h.visitor(), func(tx *db.Tx) ([]event.Event, error) {
				_, events, err := account.Unlock(tx, name)
				return events, err
			})
			if !fault.Is(err, kind) {
				h.Errorf("Unlock(%q) = %v, want %v", name, err, kind)
			}
		}
		h.wrote()
	})
}

// TestLocksThatAreOff holds that a limit turned off locks nobody, and that what
// was locked before is open.
func TestLocksThatAreOff(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		h.alice()
		h.fails(10, "192.0.2.1", "alice")
		h.Service = h.service(cheap, "login=off,lock=off,strangers=off")
		for range 120 {
			h.tries(401, "192.0.2.1", "alice", wrong, secret.Text{})
		}
		h.tries(0, "192.0.2.1", "alice", canary, secret.Text{})
	})
}

// TestALockedNameCostsOneHash holds that a locked name costs one hash, whether
// or not it is anybody's and the password right, even where the stored hash is
// due to be made anew: else time would tell.
func TestALockedNameCostsOneHash(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		h.alice()
		h.fails(10, "192.0.2.1", "alice")
		h.fails(10, "192.0.2.1", "nobody")
		h.Service = h.service(factor.Settings{Memory: 128, Time: 2, Threads: 1}, "login=off")
		hashes := 0
		h.Hasher.Hashing = func(begun bool) {
			if begun {
				hashes++
			}
		}
		for _, c := range []struct{ name, password string }{{"alice", canary}, {"alice", wrong}, {"nobody", wrong}} {
			hashes = 0
			h.tries(429, "192.0.2.1", c.name, c.password, secret.Text{})
			if hashes != 1 {
				h.Errorf("LogIn(%s, %.12s…) while locked costs %d hashes, want 1", c.name, c.password, hashes)
			}
		}
		hashes = 0
		if h.tries(0, "192.0.2.2", "alice", canary, secret.Text{}); hashes != 2 {
			h.Errorf("LogIn elsewhere costs %d hashes, want another for the new settings", hashes)
		}
	})
}
