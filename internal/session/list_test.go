package session_test

import (
	"errors"
	"testing"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/session"
)

// endOne demands that error, if any.
func (d *desk) endOne(account, hash string, want error) (events []event.Event) {
	d.Helper()
	err := d.do(func(tx *db.Tx) (err error) {
		events, err = session.EndOne(tx, account, hash)
		return err
	})
	if !errors.Is(err, want) {
		d.Fatalf("EndOne = %v, want %v", err, want)
	}
	return events
}

func asked(account, hash string) event.Event {
	return event.SessionExpired{Account: account, Session: hash, Reason: "ended"}
}

func TestList(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		_, old, _ := d.issue("u_a")
		d.now = d.now.Add(10 * time.Minute)
		_, young, _ := d.issue("u_a")
		_, over, _ := d.issue("u_a")
		d.issue("u_b")
		d.end(over.ID, session.Logout)
		d.must(func(tx *db.Tx) error { return session.Touch(tx, young.ID) })
		listed := func() (hashes []string) {
			list, err := session.List(t.Context(), d.read, "u_a", d.now)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range list {
				if l.SourceIP != "192.0.2.1" || l.UserAgent != "Test/1" || l.Created.After(l.Seen) || l.Seen.After(d.now) {
					t.Errorf("List = %+v, want where the sign-in came from, and times before now", l)
				}
				hashes = append(hashes, l.Hash)
			}
			return hashes
		}
		want := func(got []string, hashes ...string) {
			t.Helper()
			if len(got) != len(hashes) {
				t.Fatalf("List = %v, want %v", got, hashes)
			}
			for i := range got {
				if got[i] != hashes[i] {
					t.Errorf("List = %v, want %v", got, hashes)
				}
			}
		}
		want(listed(), young.Hash, old.Hash)
		d.now = d.now.Add(20 * time.Minute) // the old one's rest is over, though nobody wrote that down
		want(listed(), young.Hash)
	})
}

func TestEndOne(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		tokenA, a, _ := d.issue("u_a")
		tokenB, b, _ := d.issue("u_b")
		for _, hash := range []string{b.Hash, "", "0123456789abcdef", a.ID, a.Hash[:15], "%"} {
			d.endOne("u_a", hash, session.ErrNone)
		}
		d.events(d.endOne("u_a", a.Hash, nil), asked("u_a", a.Hash))
		d.find(tokenA, session.Ended, "ended")
		d.find(tokenB, session.Live, "")
		d.events(d.endOne("u_a", a.Hash, nil)) // it was over before
		d.endOne("u_b", a.Hash, session.ErrNone)
	})
}

func TestEndOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		this, s, _ := d.issue("u_a")
		d.now = d.now.Add(time.Second)
		one, s1, _ := d.issue("u_a")
		d.now = d.now.Add(time.Second)
		two, s2, _ := d.issue("u_a")
		next, _, err := d.renew(s2) // all tokens of a session end with it
		if err != nil {
			t.Fatal(err)
		}
		other, _, _ := d.issue("u_b")
		endOthers := func() (events []event.Event) {
			d.must(func(tx *db.Tx) (err error) {
				events, err = session.EndOthers(tx, s)
				return err
			})
			return events
		}
		d.events(endOthers(), asked("u_a", s1.Hash), asked("u_a", s2.Hash))
		d.find(one, session.Ended, "ended")
		d.find(two, session.Ended, "ended")
		d.find(next, session.Ended, "ended")
		d.find(this, session.Live, "")
		d.find(other, session.Live, "")
		d.events(endOthers())
	})
}
