package account_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/secret"
)

// lockedHere is how the answer to an address that is locked out begins.
const lockedHere = "Too many wrong passwords for this name came from here"

// tryFrom is a login from an address, with a device's cookie or an empty one.
func (h *house) tryFrom(ip, name, password string, device secret.Text) error {
	_, err := h.LogIn(h.from(ip), name, secret.New(password), device, "/")
	return err
}

// fails demands that a wrong password is refused n times, and forgets the events.
func (h *house) fails(n int, ip, name string) {
	h.Helper()
	for range n {
		h.refused(h.tryFrom(ip, name, wrong, secret.Text{}), fault.Invalid, 401)
	}
	h.log.Lines()
}

// tries signs in and demands this outcome: 0 is in, else the fault's status.
func (h *house) tries(status int, ip, name, password string, device secret.Text) *fault.Error {
	h.Helper()
	err := h.tryFrom(ip, name, password, device)
	switch {
	case status == 0 && err != nil:
		h.Fatalf("LogIn(%s) = %v, want success", name, err)
	case status == 401:
		return h.refused(err, fault.Invalid, 401)
	case status == 429:
		f := h.refused(err, fault.TooMany, 0)
		if !f.Recorded || f.Retry <= 0 {
			h.Errorf("LogIn(%s) = %+v, want it recorded, with Retry", name, f)
		}
		return f
	}
	return nil
}

// subject is how the events of a name say whose it is: an account, or a pseudonym.
type subject struct{ account, typed string }

func (s subject) failed(reason string, attempt int) event.Event {
	return event.LoginFailed{Account: s.account, Typed: s.typed, Reason: reason, Attempt: attempt}
}

func (s subject) max(client string, failures int) event.Event {
	return event.LoginFailedMax{Account: s.account, Typed: s.typed, Client: client, Failures: failures}
}

func (s subject) lock(address string) event.Event {
	return event.LoginLocked{Account: s.account, Typed: s.typed, Client: "address", Address: address, Seconds: 1800, Reason: "maxretries"}
}

func (s subject) unlock(address, reason string) event.Event {
	return event.LoginUnlocked{Account: s.account, Typed: s.typed, Client: "address", Address: address, Reason: reason}
}

// TestTheTenthFailureLocks holds every step of a lock, for a name that somebody
// has and one that nobody has alike: answers, texts, times and events.
func TestTheTenthFailureLocks(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		id := h.alice().Session.Account
		for name, c := range map[string]struct {
			subject
			reason string
			count  int
		}{
			"alice":  {subject{id, ""}, "wrong_password", 1},
			"nobody": {subject{"", typed("nobody", "2026-03-01")}, "unknown_name", 0},
		} {
			h.fails(9, "192.0.2.1", name)
			h.tries(401, "192.0.2.1", strings.ToUpper(name), wrong, secret.Text{})
			h.wrote(c.failed(c.reason, 10*c.count), c.max("address", 10), c.lock("192.0.2.1"))
			f := h.tries(429, "192.0.2.1", name, canary, secret.Text{})
			if !strings.HasPrefix(f.Text, lockedHere) || f.Retry != 30*time.Minute || f.Unsure {
				h.Errorf("LogIn of the locked %s = %+v, want half an hour", name, f)
			}
			h.wrote(c.failed("locked", 0))
			h.now = h.now.Add(30*time.Minute - 500*time.Millisecond)
			if f := h.tries(429, "192.0.2.1", name, wrong, secret.Text{}); f.Retry != time.Second {
				h.Errorf("Retry = %v, want the second that is left", f.Retry)
			}
			h.wrote(c.failed("locked", 0))
			h.tries(401, "192.0.2.2", name, wrong, secret.Text{})
			h.wrote(c.failed(c.reason, 11*c.count))
			h.now = h.now.Add(500 * time.Millisecond)
			h.tries(401, "192.0.2.1", name, wrong, secret.Text{})
			h.wrote(c.unlock("192.0.2.1", "expired"), c.failed(c.reason, 12*c.count))
		}
	})
}

// TestTheSweepUnlocks holds the other edge where nobody comes to meet it.
func TestTheSweepUnlocks(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		id := h.alice().Session.Account
		h.fails(10, "2001:db8::1", "alice")
		h.fails(10, "192.0.2.9", "nobody")
		ctx := event.System(h.Context(), "locks")
		sweep := func(want bool) {
			h.Helper()
			if more, err := h.SweepLocks(ctx); more != want || err != nil {
				h.Errorf("SweepLocks = %v, %v, want %v", more, err, want)
			}
		}
		sweep(false)
		h.wrote()
		h.now = h.now.Add(30 * time.Minute)
		sweep(true)
		var got []string
		for _, l := range h.log.Lines() {
			got = append(got, fmt.Sprint(l.Event, l.Actor, l.Subject, l.Reason, string(l.Data)))
		}
		want := []string{
			fmt.Sprintf(`authn_login_unlocksystem:locks%sexpired{"target":"account:%s","client":"address","address":"2001:db8::/64"}`, id, id),
			fmt.Sprintf(`authn_login_unlocksystem:locksexpired{"target":"account:unknown","typed":"%s","client":"address","address":"192.0.2.9"}`, typed("nobody", "2026-03-01")),
		}
		for _, w := range want {
			if len(got) != 2 || got[0] != w && got[1] != w {
				h.Errorf("events = %q, want %q among two", got, w)
			}
		}
		sweep(false)
		h.tries(0, "2001:db8::ffff", "alice", canary, secret.Text{})
		h.log.Want("authn_login_successafterfail", "session_created")
	})
}

// TestSuccessBeginsTheRowAnew holds that ten means ten in a row.
func TestSuccessBeginsTheRowAnew(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		h.alice()
		for range 3 {
			h.fails(9, "192.0.2.1", "alice")
			h.tries(0, "192.0.2.1", "alice", canary, secret.Text{})
			h.log.Want("authn_login_successafterfail", "session_created")
		}
		if n := h.count("throttle"); n != 0 {
			h.Errorf("%d counts are left after a success, want none", n)
		}
	})
}

// TestSixtyFourAtOnce holds the count under a race: from one address nine pass
// for wrong, the tenth locks and the others meet the lock; from many, each counts.
func TestSixtyFourAtOnce(t *testing.T) {
	onBoth(t, "login=off,strangers=64", func(h *house) {
		h.alice()
		race := func(name string, address func(int) string) map[string]int {
			var wg sync.WaitGroup
			for i := range 64 {
				wg.Go(func() { _ = h.tryFrom(address(i), name, wrong, secret.Text{}) })
			}
			wg.Wait()
			names := map[string]int{}
			for _, l := range h.log.Lines() {
				names[l.Event+" "+l.Reason]++
			}
			return names
		}
		one := race("alice", func(int) string { return "192.0.2.1" })
		if one["authn_login_fail wrong_password"] != 10 || one["authn_login_fail locked"] != 54 || one["authn_login_lock maxretries"] != 1 || one["authn_login_fail_max "] != 1 {
			h.Errorf("of 64 from one address: %v, want ten failures, one lock and 54 locked", one)
		}
		many := race("nobody", func(i int) string { return fmt.Sprintf("198.51.100.%d", i) })
		if many["authn_login_lock strangers"] != 1 || many["authn_login_lock maxretries"] != 0 {
			h.Errorf("of 64 from as many addresses: %v, want the strangers' lock", many)
		}
		if n := h.number(`SELECT failures FROM throttle WHERE client = 'strangers:' AND account = ''`); n != 64 {
			h.Errorf("strangers' failures = %d, want 64", n)
		}
	})
}

// TestAHundredStrangers holds that the password is off for whoever never came
// in, until its person signs in where they did before.
func TestAHundredStrangers(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		id := h.alice().Session.Account
		mine := h.Device(secret.Text{}, id)
		for name, c := range map[string]struct {
			subject
			reason string
			count  int
		}{
			"alice":  {subject{id, ""}, "wrong_password", 1},
			"nobody": {subject{"", typed("nobody", "2026-03-01")}, "unknown_name", 0},
		} {
			for i := range 99 {
				h.fails(1, fmt.Sprintf("198.51.100.%d", i/9), name)
			}
			h.tries(401, "203.0.113.1", name, wrong, secret.Text{})
			h.wrote(c.failed(c.reason, 100*c.count), c.max("strangers", 100),
				event.LoginLocked{Account: c.account, Typed: c.typed, Client: "strangers", Reason: "strangers"})
			for range 2 {
				f := h.tries(429, "203.0.113.2", name, canary, secret.Text{})
				if !strings.Contains(f.Text, "devices that were never signed in") || !f.Unsure || f.Retry != 30*time.Minute {
					h.Errorf("LogIn = %+v, want no promise of a moment", f)
				}
				h.wrote(c.failed("locked", 0))
			}
		}
		h.now = h.now.Add(12 * time.Hour)
		h.tries(429, "203.0.113.3", "alice", canary, secret.Text{})
		h.log.Want("authn_login_fail")
		e, err := h.LogIn(h.from("203.0.113.2"), "alice", secret.New(canary), mine, "/")
		if err != nil {
			h.Fatal(err)
		}
		s := e.Session.Hash
		h.wrote(event.LoginSucceededAfterFail{Account: id, Session: s, Method: "password", Failures: 100, Unfamiliar: "network"},
			event.SessionCreated{Account: id, Session: s, Method: "password"},
			event.LoginUnlocked{Account: id, Client: "strangers", Reason: "owner"})
		h.tries(0, "203.0.113.3", "alice", canary, secret.Text{})
		h.log.Want("authn_login_success", "session_created")
	})
}

// TestADeviceCountsByItself holds that its ten failures lock it and nobody else.
func TestADeviceCountsByItself(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		id := h.alice().Session.Account
		mine := h.Device(secret.Text{}, id)
		for range 9 {
			h.tries(401, "192.0.2.1", "alice", wrong, mine)
		}
		h.log.Lines()
		h.tries(401, "192.0.2.2", "alice", wrong, mine) // it is the same wherever it is
		h.wrote(subject{account: id}.failed("wrong_password", 10), subject{account: id}.max("device", 10),
			event.LoginLocked{Account: id, Client: "device", Seconds: 1800, Reason: "maxretries"})
		h.tries(429, "192.0.2.3", "alice", canary, mine)
		h.log.Want("authn_login_fail")
		h.tries(0, "192.0.2.1", "alice", canary, secret.Text{})
	})
}

// TestOnlyOnesOwnDeviceIsKnown holds what a cookie is worth, with the address
// locked out: only a device on which this account came in within a year gets in.
func TestOnlyOnesOwnDeviceIsKnown(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		alice := h.alice().Session.Account
		e, err := h.SignUp(h.visitor(), "bob", secret.New(canary))
		if err != nil {
			h.Fatal(err)
		}
		bob := e.Session.Account
		mine := h.Device(secret.Text{}, alice)
		his := h.Device(secret.Text{}, bob)
		both := h.Device(his, alice)
		fresh := h.Device(secret.Text{}, alice)
		text := mine.Reveal()
		id, mark, _ := strings.Cut(text, ".")
		his0, _, _ := strings.Cut(his.Reveal(), ".")
		day, hash, _ := strings.Cut(mark, "-")
		other := "A"
		if hash[0] == 'A' {
			other = "B"
		}
		forged := map[string]string{
			"bob's": his.Reveal(), "empty": "", "the id alone": id, "a mark alone": "." + mark, "another id": his0 + "." + mark,
			"another day": id + ".1" + mark, "a changed mark": id + "." + day + "-" + other + hash[1:], "a cut mark": text[:len(text)-4],
			"no hash": id + "." + day + "-", "more behind": text + ".", "a space": text + " ", "nine marks": id + strings.Repeat("."+mark, 9),
			"a name": "alice", "very long": strings.Repeat("A.", 20000),
		}
		h.fails(10, "192.0.2.66", "alice")
		for what, cookie := range forged {
			if f := h.tries(429, "192.0.2.66", "alice", canary, secret.New(cookie)); f == nil || !strings.HasPrefix(f.Text, lockedHere) {
				h.Errorf("a cookie that is %s gets %v, want the lock of the address", what, f)
			}
		}
		for _, cookie := range []secret.Text{mine, both} {
			h.tries(0, "192.0.2.66", "alice", canary, cookie)
		}
		h.fails(10, "192.0.2.66", "bob")
		h.tries(0, "192.0.2.66", "bob", canary, both)
		h.tries(429, "192.0.2.66", "bob", canary, mine)
		h.now = h.now.Add(account.DeviceAge)
		h.fails(10, "192.0.2.66", "alice")
		h.tries(429, "192.0.2.66", "alice", canary, fresh)
		if again := h.Device(both, bob); len(strings.Split(again.Reveal(), ".")) != 2 {
			h.Errorf("the cookie kept marks of a year ago: %d parts", len(strings.Split(again.Reveal(), ".")))
		}
	})
}

// TestADeviceRemembersEight holds that the cookie does not grow.
func TestADeviceRemembersEight(t *testing.T) {
	onBoth(t, "", func(h *house) {
		var cookie secret.Text
		for i := range 20 {
			cookie = h.Device(cookie, fmt.Sprint("somebody", i%10))
		}
		if n := len(cookie.Reveal()); n > 300 || strings.Count(cookie.Reveal(), ".") != 8 {
			h.Errorf("the cookie has %d bytes: %d marks, want 8", n, strings.Count(cookie.Reveal(), "."))
		}
		if strings.Contains(cookie.Reveal(), "somebody") {
			h.Error("the cookie names an account")
		}
	})
}
