package limit

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
)

// Bar is the lock that a try met; its zero value is none.
type Bar struct {
	// Wait is when to come again.
	Wait time.Duration
	// Endless says that time does not lift it; Wait is a guess then.
	Endless bool
}

// Shut reports that the password must not count, right or wrong.
func (b Bar) Shut() (shut bool) { return b.Wait > 0 }

// endless is the end of a lock that only a person lifts.
const endless = math.MaxInt64

// state is a row of throttle.
type state struct {
	failures int
	until    int64
	typed    string
}

// Look tells whether a try is barred. It first ends those of its locks that are
// over, which are the events. The work is the same for every name.
func (l *Limits) Look(tx *db.Tx, t Try) (b Bar, events []event.Event, err error) {
	for _, c := range t.counted() {
		n, err := read(tx, t.Name, c)
		if err != nil {
			return Bar{}, nil, err
		}
		switch now := tx.Now.UnixMicro(); {
		case n.until == 0 || l.limitOf(c).Off():
		case n.until == endless:
			b = Bar{Wait: l.pause(), Endless: true}
		case n.until > now:
			b = Bar{Wait: time.Duration(n.until-now) * time.Microsecond}
		default:
			_, err = tx.Exec(sqlDropCount, t.Name, c.key())
			events = append(events, opened(c, t.Account, n.typed, "expired"))
		}
		if err != nil {
			return Bar{}, nil, err
		}
	}
	return b, events, nil
}

// Open reports, outside of any transaction, that Look would bar nothing now.
func (l *Limits) Open(ctx context.Context, r *db.Reader, t Try, now time.Time) (open bool, err error) {
	for _, c := range t.counted() {
		n, err := scan(r.QueryRow(ctx, sqlCounted, t.Name, c.key()))
		if err != nil || n.until > now.UnixMicro() {
			return false, err
		}
	}
	return true, nil
}

// Failed counts a wrong password that Look did not bar, and gives the events of
// the locks that it brings.
func (l *Limits) Failed(tx *db.Tx, t Try) (events []event.Event, err error) {
	for _, c := range t.counted() {
		most := l.limitOf(c)
		if most.Off() {
			continue
		}
		n, err := read(tx, t.Name, c)
		if err != nil {
			return nil, err
		}
		if n.failures++; n.failures >= most.N {
			n.until, n.typed = l.end(tx.Now, c), t.Typed
			events = append(events, l.locks(t, c, n)...)
		}
		now, kept := tx.Now.UnixMicro(), tx.Now.Add(c.kept()).UnixMicro()
		if _, err := tx.Exec(sqlCount, t.Name, c.key(), t.Account, n.typed, n.failures, now, kept, n.until); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// Passed ends the row of failures of who came in: the client's, and, where they
// may be undone from there, the strangers'. What that unlocks is the events.
func (l *Limits) Passed(tx *db.Tx, t Try) (events []event.Event, err error) {
	for _, c := range []Client{t.Client, strangers} {
		if c == strangers && t.Client.kind == bySession {
			continue // only a sign-in undoes what strangers brought about
		}
		n, err := read(tx, t.Name, c)
		if err != nil {
			return nil, err
		}
		if n.failures == 0 {
			continue
		}
		if _, err := tx.Exec(sqlDropCount, t.Name, c.key()); err != nil {
			return nil, err
		}
		if n.until > 0 {
			events = append(events, opened(c, t.Account, "", "owner"))
		}
	}
	return events, nil
}

func (l *Limits) limitOf(c Client) Value {
	if c == strangers {
		return l.table.Of(Strangers)
	}
	return l.table.Of(Lock)
}

// pause is how long a client is locked out; with that lock off, as by default.
func (l *Limits) pause() time.Duration {
	if v := l.table.Of(Lock); !v.Off() {
		return v.Unit
	}
	return Default().Of(Lock).Unit
}

func (l *Limits) end(now time.Time, c Client) int64 {
	if c == strangers {
		return endless
	}
	return now.Add(l.pause()).UnixMicro()
}

func (l *Limits) locks(t Try, c Client, n state) []event.Event {
	lock := event.LoginLocked{Account: t.Account, Typed: t.Typed, Client: c.kind, Address: c.address(), Reason: "maxretries"}
	if c == strangers {
		lock.Reason = "strangers"
	} else {
		lock.Seconds = int64(l.pause() / time.Second)
	}
	return []event.Event{event.LoginFailedMax{Account: t.Account, Typed: t.Typed, Client: c.kind, Failures: n.failures}, lock}
}

func opened(c Client, account, typed, reason string) event.Event {
	return event.LoginUnlocked{Account: account, Typed: typed, Client: c.kind, Address: c.address(), Reason: reason}
}

func read(tx *db.Tx, name []byte, c Client) (n state, err error) {
	return scan(tx.QueryRow(sqlCounted, name, c.key()))
}

func scan(row *sql.Row) (n state, err error) {
	err = row.Scan(&n.failures, &n.until, &n.typed)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return n, err
}
