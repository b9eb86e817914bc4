package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/fault"
)

func TestMain(m *testing.M) {
	if loadUntilKilled() {
		return
	}
	apptest.Main(m)
}

const (
	makeThing   = `CREATE TABLE thing (id BIGINT PRIMARY KEY, owner TEXT NOT NULL)`
	insertThing = `INSERT INTO thing (id, owner) VALUES ($1, $2)`
	countThings = `SELECT count(*) FROM thing WHERE owner = $1`
	insertEvent = `INSERT INTO event (seq, at, event, target, commit_id, line)
		VALUES ($1, 0, 'e', $2, '', $3)`
)

// open gives an open database of its own with a table of the test's.
func open(t *testing.T, c db.Config) (*db.Reader, *db.Writer) {
	t.Helper()
	r, w := apptest.Open(t, c)
	apart(t, w, makeThing)
	return r, w
}

// apart runs one statement in a transaction of its own.
func apart(t *testing.T, w *db.Writer, q string, args ...any) {
	t.Helper()
	err := w.Apart(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
	if err != nil {
		t.Fatalf("Apart(%s) = %v", q, err)
	}
}

// count reads one number.
func count(t *testing.T, r *db.Reader, q string, args ...any) (n int) {
	t.Helper()
	if err := r.QueryRow(context.Background(), q, args...).Scan(&n); err != nil {
		t.Fatalf("QueryRow(%s) = %v", q, err)
	}
	return n
}

// insert is a closure that adds one thing and gives its id to the hook.
func insert(id int, owner string) func(*db.Tx) (any, error) {
	return func(tx *db.Tx) (any, error) {
		_, err := tx.Exec(insertThing, id, owner)
		return id, err
	}
}

// TestDo is one transaction with its hook: both are there, or neither.
func TestDo(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := open(t, c)
		var told, refuse bool
		w.SetHooks(db.Hooks{Before: func(tx *db.Tx, results []any) (func(), error) {
			for _, id := range results {
				if _, err := tx.Exec(insertEvent, id, "s", []byte("line")); err != nil {
					return nil, err
				}
			}
			if refuse {
				return nil, errors.New("the log refuses")
			}
			return func() { told = true }, nil
		}})
		if err := w.Do(t.Context(), insert(1, "a")); err != nil || !told {
			t.Fatalf("Do(1) = %v, committed called: %v", err, told)
		}
		refuse, told = true, false
		if err := w.Do(t.Context(), insert(2, "a")); !fault.Is(err, fault.Unavailable) || told {
			t.Errorf("Do(2) with a refusing hook = %v, committed called: %v; want Unavailable, not called", err, told)
		}
		refuse = false
		if err := w.Do(t.Context(), insert(1, "a")); !db.Constraint(err) {
			t.Errorf("Do(1) again = %v, want a constraint error", err)
		}
		if got := count(t, r, countThings, "a"); got != 1 {
			t.Errorf("things = %d, want 1", got)
		}
		if got := count(t, r, "SELECT count(*) FROM event"); got != 1 {
			t.Errorf("events = %d, want 1", got)
		}
	})
}

// TestLimitRace is why PostgreSQL runs SERIALIZABLE: a limit that is counted
// and then used holds against eight at once.
func TestLimitRace(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := open(t, c)
		var all sync.WaitGroup
		for id := range 8 {
			all.Go(func() {
				err := w.Do(t.Context(), func(tx *db.Tx) (any, error) {
					var n int
					if err := tx.QueryRow(countThings, "a").Scan(&n); err != nil {
						return nil, err
					}
					if n >= 2 {
						return nil, fault.New(fault.TooMany, "two at most")
					}
					return insert(id, "a")(tx)
				})
				if err != nil && !fault.Is(err, fault.TooMany) {
					t.Errorf("Do() = %v, want nil or TooMany", err)
				}
			})
		}
		all.Wait()
		if got := count(t, r, countThings, "a"); got != 2 {
			t.Errorf("things = %d, want 2", got)
		}
	})
}
