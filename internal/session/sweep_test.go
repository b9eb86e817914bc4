package session_test

import (
	"testing"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/secret"
	"coffer/internal/session"
)

func TestTheEleventhEndsTheOldest(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		var tokens []secret.Text
		var all []session.Session
		for range 10 {
			token, s, events := d.issue("u_a")
			d.events(events, event.SessionCreated{Account: "u_a", Session: s.Hash, Method: "password"})
			tokens, all = append(tokens, token), append(all, s)
			d.now = d.now.Add(time.Second)
		}
		d.issue("u_b") // another's session is no matter
		token, s, events := d.issue("u_a")
		d.events(events,
			event.SessionCreated{Account: "u_a", Session: s.Hash, Method: "password"},
			event.SessionsExceeded{Account: "u_a", Max: 10},
			event.SessionExpired{Account: "u_a", Session: all[0].Hash, Reason: "cap"})
		d.find(token, session.Live, "")
		d.find(tokens[0], session.Ended, "cap")
		for _, other := range tokens[1:] {
			d.find(other, session.Live, "")
		}
	})
}

func TestSessionsThatAreOverTakeNoRoom(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		for range 10 {
			d.issue("u_a")
		}
		d.now = d.now.Add(session.Idle)
		_, s, events := d.issue("u_a")
		d.events(events, event.SessionCreated{Account: "u_a", Session: s.Hash, Method: "password"})
	})
}

func TestSweepEndsWhatIsOver(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		start := d.now
		aged, agedSession, _ := d.issue("u_a")
		out, outSession, _ := d.issue("u_a")
		d.end(outSession.ID, session.Logout)
		d.now = start.Add(11*time.Hour + 40*time.Minute)
		idle, idleSession, _ := d.issue("u_b")
		d.now = start.Add(12*time.Hour - time.Microsecond)
		d.must(func(tx *db.Tx) error { return session.Touch(tx, agedSession.ID) })
		if due, err := session.Due(t.Context(), d.read, d.now); due || err != nil {
			t.Errorf("Due = %v, %v, want nothing", due, err)
		}
		d.events(d.sweep())
		d.now = start.Add(12*time.Hour + 10*time.Minute)
		if due, err := session.Due(t.Context(), d.read, d.now); !due || err != nil {
			t.Errorf("Due = %v, %v, want true", due, err)
		}
		d.events(d.sweep(),
			event.SessionExpired{Account: "u_b", Session: idleSession.Hash, Reason: "idle"},
			event.SessionExpired{Account: "u_a", Session: agedSession.Hash, Reason: "absolute"})
		d.find(aged, session.Ended, "absolute")
		d.find(idle, session.Ended, "idle")
		d.find(out, session.Ended, "logout")
		d.events(d.sweep())
	})
}

func TestSweepComesInPortions(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.must(func(tx *db.Tx) error {
			for range session.Portion + 5 {
				if _, _, _, err := session.Issue(tx, session.Entry{Account: event.NewID("u_"), Level: session.Full}); err != nil {
					return err
				}
			}
			return nil
		})
		d.now = d.now.Add(session.Idle)
		for i, want := range []int{session.Portion, 5, 0} {
			if got := len(d.sweep()); got != want {
				t.Errorf("Sweep %d ended %d, want %d", i+1, got, want)
			}
		}
	})
}

func TestPurgeForgetsAfterThirtyDays(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		start := d.now
		gone, s, _ := d.issue("u_a")
		if _, _, err := d.renew(d.find(gone, session.Live, "")); err != nil {
			t.Fatal(err)
		}
		d.end(s.ID, session.Logout)
		d.now = start.Add(30*24*time.Hour - time.Microsecond)
		kept, keptSession, _ := d.issue("u_b")
		d.end(keptSession.ID, session.Logout)
		live, _, _ := d.issue("u_b")
		purge := func(want bool, sessions, tokens int) {
			t.Helper()
			if old, err := session.Old(t.Context(), d.read, d.now); old != want || err != nil {
				t.Errorf("Old = %v, %v, want %v", old, err, want)
			}
			d.must(session.Purge)
			if gotS, gotT := d.count("session"), d.count("token"); gotS != sessions || gotT != tokens {
				t.Errorf("%d sessions and %d tokens are left, want %d and %d", gotS, gotT, sessions, tokens)
			}
		}
		purge(false, 3, 4)
		d.find(gone, session.Ended, "logout")
		d.now = start.Add(30 * 24 * time.Hour)
		purge(true, 2, 2)
		d.find(gone, session.Unknown, "")
		d.find(kept, session.Ended, "logout")
		d.find(live, session.Live, "")
	})
}
