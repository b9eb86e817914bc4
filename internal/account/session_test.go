package account_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/session"
)

func TestLogOut(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e := h.alice()
		s := h.live(e.Token)
		for range 2 { // the second finds it ended and adds nothing
			if err := h.LogOut(h.as(s), s); err != nil {
				h.Fatal(err)
			}
		}
		h.wrote(event.LoggedOut{Account: s.Account, Session: s.Hash})
		h.gone("192.0.2.1", e.Token, false)
		h.wrote()
	})
}

func TestUseAfterEndIsRecordedOnceAMinute(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e := h.alice()
		s := e.Session
		if err := h.LogOut(h.as(s), s); err != nil {
			h.Fatal(err)
		}
		used := event.SessionUsedAfterEnd{Account: s.Account, Session: s.Hash, Reason: "logout"}
		h.log.Want("session_logout")
		if h.gone("192.0.2.1", e.Token, false) {
			h.Error("an open page says recorded, want not")
		}
		h.wrote()
		for range 3 {
			if !h.gone("192.0.2.1", e.Token, true) {
				h.Error("a guarded page says not recorded, so that another event takes its place")
			}
		}
		h.wrote(used)
		h.gone("192.0.2.2", e.Token, true)
		h.wrote(used)
		h.now = h.now.Add(time.Minute)
		h.gone("192.0.2.1", e.Token, true)
		h.wrote(used)
	})
}

func TestForgedTokensLeaveNoTrace(t *testing.T) {
	onBoth(t, "", func(h *house) {
		h.alice()
		for _, token := range []string{"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
			if h.gone("192.0.2.1", secret.New(token), true) {
				h.Errorf("Identify(%q) says recorded, want not", token)
			}
		}
		h.wrote()
	})
}

func TestWhoMeetsAnExpiredSessionEndsIt(t *testing.T) {
	for reason, later := range map[string]time.Duration{"idle": session.Idle, "absolute": session.Absolute} {
		onBoth(t, "", func(h *house) {
			e := h.alice()
			a, s := e.Session.Account, e.Session.Hash
			h.now = h.now.Add(later)
			h.gone("192.0.2.1", e.Token, false)
			h.wrote() // an open page leaves it to the sweep
			if !h.gone("192.0.2.1", e.Token, true) {
				h.Error("a guarded page says not recorded")
			}
			h.wrote(event.SessionExpired{Account: a, Session: s, Reason: reason},
				event.SessionUsedAfterEnd{Account: a, Session: s, Reason: reason})
			h.now = h.now.Add(time.Hour)
			h.gone("192.0.2.1", e.Token, true)
			h.wrote(event.SessionUsedAfterEnd{Account: a, Session: s, Reason: reason})
		})
	}
}

func TestLastUseIsWrittenOnceAMinute(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e := h.alice()
		start := h.now
		for _, c := range []struct{ at, want time.Duration }{
			{59 * time.Second, 0},
			{60 * time.Second, 60 * time.Second},
			{119 * time.Second, 60 * time.Second},
			{120 * time.Second, 120 * time.Second},
		} {
			h.now = start.Add(c.at)
			h.live(e.Token)
			if got := h.number(`SELECT seen FROM session`); got != start.Add(c.want).UnixMicro() {
				h.Errorf("a request after %v left the last use at %v, want %v", c.at, time.UnixMicro(got).UTC(), start.Add(c.want))
			}
		}
		h.wrote()
	})
}

func TestConfirm(t *testing.T) {
	onBoth(t, "", func(h *house) {
		old := h.alice()
		h.now = h.now.Add(10 * time.Minute)
		s := h.live(old.Token)
		_, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(wrong)})
		if f := h.refused(err, fault.Invalid, 401); !f.Recorded || f.Text != "That password is not right." {
			h.Errorf("Confirm = %+v, want a refusal that is recorded", f)
		}
		h.wrote(event.StepUpFailed{Account: s.Account, Session: s.Hash, Method: "password"})
		if h.live(old.Token).SteppedUp(h.now) {
			h.Error("a refused confirmation counts as a step-up")
		}
		fresh, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(canary)})
		if err != nil {
			h.Fatal(err)
		}
		h.wrote(event.StepUpSucceeded{Account: s.Account, Session: s.Hash, Method: "password"},
			event.SessionRenewed{Account: s.Account, Session: s.Hash})
		if got := h.live(fresh.Token); got.ID != s.ID || !got.SteppedUp(h.now) {
			h.Errorf("the new token finds %+v, want the same session, stepped up", got)
		}
		grace := h.live(old.Token)
		if grace.SteppedUp(h.now) {
			h.Error("the old token counts as stepped up in its grace")
		}
		_, err = h.Confirm(h.as(grace), grace, account.Given{Password: secret.New(canary)})
		h.refused(err, fault.Invalid, 401)
		h.wrote(event.StepUpFailed{Account: s.Account, Session: s.Hash, Method: "password"})
	})
}

func TestReusedTokenEndsTheSession(t *testing.T) {
	for _, guarded := range []bool{true, false} {
		onBoth(t, "", func(h *house) {
			old := h.alice()
			s := old.Session
			fresh, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(canary)})
			if err != nil {
				h.Fatal(err)
			}
			h.log.Want("authn_stepup_success", "session_renewed")
			h.now = h.now.Add(session.Grace)
			if !h.gone("203.0.113.9", old.Token, guarded) {
				h.Error("a reused token was not recorded")
			}
			h.wrote(event.TokenReused{Account: s.Account, Session: s.Hash})
			for _, token := range []secret.Text{old.Token, fresh.Token} {
				h.gone("203.0.113.9", token, true)
			}
			h.wrote(event.SessionUsedAfterEnd{Account: s.Account, Session: s.Hash, Reason: "reuse"})
		})
	}
}

// Of many requests that bring a reused token at once, one ends the session.
func TestReuseIsFoundOnce(t *testing.T) {
	onBoth(t, "", func(h *house) {
		old := h.alice()
		s := old.Session
		if _, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(canary)}); err != nil {
			h.Fatal(err)
		}
		h.now = h.now.Add(session.Grace)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { _, _, _, _ = h.Identify(h.visitor(), old.Token, true) })
		}
		wg.Wait()
		reused, used := 0, 0
		for _, l := range h.log.Lines() {
			switch l.Event {
			case "authn_token_reuse":
				reused++
			case "session_use_after_expire":
				used++
			}
		}
		if reused != 1 || used > 1 {
			h.Errorf("%d authn_token_reuse and %d session_use_after_expire, want 1 and at most 1", reused, used)
		}
	})
}

func TestOneOfManyConfirmationsRenews(t *testing.T) {
	onBoth(t, "login=off", func(h *house) {
		e := h.alice()
		s := h.live(e.Token)
		var confirmed atomic.Int64
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(canary)}); err == nil {
					confirmed.Add(1)
				}
			})
		}
		wg.Wait()
		names := map[string]int{}
		for _, l := range h.log.Lines() {
			names[l.Event]++
		}
		if confirmed.Load() != 1 || names["authn_stepup_success"] != 1 || names["session_renewed"] != 1 || names["authn_stepup_fail"] != 9 {
			h.Errorf("%d confirmed, events %v, want 1 and one renewal beside nine refusals", confirmed.Load(), names)
		}
	})
}

func TestConfirmationsCountAsLogins(t *testing.T) {
	onBoth(t, "login=2/min", func(h *house) {
		s := h.live(h.alice().Token)
		for range 2 {
			_, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(wrong)})
			h.refused(err, fault.Invalid, 401)
		}
		_, err := h.Confirm(h.as(s), s, account.Given{Password: secret.New(canary)})
		f := h.refused(err, fault.TooMany, 0)
		h.carries(f, event.RateLimited{Limit: "login", Allowed: "2/min", Account: s.Account})
	})
}

func TestSweep(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e := h.alice()
		ctx := event.System(h.Context(), "sessions")
		sweep := func(want bool) {
			h.Helper()
			if more, err := h.Sweep(ctx); more != want || err != nil {
				h.Errorf("Sweep = %v, %v, want %v", more, err, want)
			}
		}
		sweep(false)
		h.now = h.now.Add(session.Idle)
		sweep(true)
		lines := h.log.Want("session_expired")
		if l := lines[0]; l.Actor != "system:sessions" || l.Subject != e.Session.Account || l.Session != e.Session.Hash || l.Reason != "idle" {
			h.Errorf("line = %+v, want system:sessions as the actor, the person as the subject, idle", l)
		}
		sweep(false)
		h.now = h.now.Add(session.Kept)
		sweep(true)
		if n := h.count("session") + h.count("token"); n != 0 {
			h.Errorf("%d sessions and tokens are left after thirty days, want none", n)
		}
		sweep(false)
		h.wrote()
		if h.gone("192.0.2.1", e.Token, true) {
			h.Error("a forgotten token was recorded, want it as unknown as any other")
		}
	})
}

// TestUseAfterEndFromOneNetwork holds that the addresses of one IPv6 network
// are one visitor: else whoever has it could fill the log.
func TestUseAfterEndFromOneNetwork(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e := h.alice()
		s := e.Session
		if err := h.LogOut(h.as(s), s); err != nil {
			h.Fatal(err)
		}
		h.log.Want("session_logout")
		used := event.SessionUsedAfterEnd{Account: s.Account, Session: s.Hash, Reason: "logout"}
		for _, ip := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:1"} {
			h.gone(ip, e.Token, true)
		}
		h.wrote(used)
		h.gone("2001:db8:0:1::1", e.Token, true)
		h.wrote(used)
	})
}

// TestLastUseForgetsOneSession holds that writing one session's last use leaves
// the others remembered. A name changed past the log tells which are.
func TestLastUseForgetsOneSession(t *testing.T) {
	onBoth(t, "", func(h *house) {
		h.Remember()
		first := h.alice()
		h.now = h.now.Add(session.SeenEvery / 2)
		second, err := h.login("Alice", canary)
		if err != nil {
			h.Fatal(err)
		}
		h.live(first.Token)
		h.live(second.Token)
		err = h.log.Write.Do(h.Context(), func(tx *db.Tx) (any, error) {
			_, err := tx.Exec(`UPDATE account SET username = 'Changed'`)
			return nil, err
		})
		if err != nil {
			h.Fatal(err)
		}
		h.now = h.now.Add(session.SeenEvery / 2)
		h.live(first.Token) // its last use is written
		if got := h.live(first.Token).Username; got != "Changed" {
			h.Errorf("the session used is of %s, want it read again", got)
		}
		if got := h.live(second.Token).Username; got != "Alice" {
			h.Errorf("the other session is of %s, want it remembered", got)
		}
	})
}
