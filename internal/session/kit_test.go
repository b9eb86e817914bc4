package session_test

import (
	"reflect"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// desk is a database with a clock that the test moves.
type desk struct {
	testing.TB
	read  *db.Reader
	write *db.Writer
	now   time.Time
}

// onBoth runs fn on a fresh database of each engine, with the accounts u_a and u_b.
func onBoth(t *testing.T, fn func(t *testing.T, d *desk)) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		d := &desk{TB: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		c.Now = func() time.Time { return d.now }
		d.read, d.write = apptest.Open(t, c)
		for _, name := range []string{"a", "b"} {
			d.must(func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO account (id, username, username_key, role, created) VALUES ($1, $2, $3, 'holder', 0)`,
					"u_"+name, "Person-"+name, "person-"+name)
				return err
			})
		}
		fn(t, d)
	})
}

func (d *desk) do(fn func(tx *db.Tx) error) error {
	return d.write.Do(d.Context(), func(tx *db.Tx) (any, error) { return nil, fn(tx) })
}

func (d *desk) must(fn func(tx *db.Tx) error) {
	d.Helper()
	if err := d.do(fn); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) issue(account string) (token secret.Text, s session.Session, events []event.Event) {
	d.Helper()
	d.must(func(tx *db.Tx) (err error) {
		token, s, events, err = session.Issue(tx, session.Entry{
			Account: account, Level: session.Full, Method: "password", SourceIP: "192.0.2.1", UserAgent: "Test/1",
		})
		return err
	})
	return token, s, events
}

func (d *desk) renew(s session.Session) (token secret.Text, events []event.Event, err error) {
	err = d.do(func(tx *db.Tx) (err error) {
		token, events, err = session.Renew(tx, s, session.ByPassword)
		return err
	})
	return token, events, err
}

func (d *desk) end(id, reason string) (ended bool) {
	d.Helper()
	d.must(func(tx *db.Tx) (err error) {
		ended, err = session.End(tx, id, reason)
		return err
	})
	return ended
}

func (d *desk) sweep() (events []event.Event) {
	d.Helper()
	d.must(func(tx *db.Tx) (err error) {
		events, err = session.Sweep(tx)
		return err
	})
	return events
}

// find demands the state, and the reason where there is one.
func (d *desk) find(token secret.Text, want session.State, reason string) session.Session {
	d.Helper()
	s, state, err := session.Find(d.Context(), d.read, token, d.now)
	if err != nil || state != want || s.Reason != reason {
		d.Fatalf("Find = %d %q, %v, want %d %q", state, s.Reason, err, want, reason)
	}
	return s
}

func (d *desk) count(table string) (n int) {
	d.Helper()
	if err := d.read.QueryRow(d.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		d.Fatal(err)
	}
	return n
}

func (d *desk) events(got []event.Event, want ...event.Event) {
	d.Helper()
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		d.Errorf("events = %+v, want %+v", got, want)
	}
}
