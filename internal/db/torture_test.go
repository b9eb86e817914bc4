package db_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/fault"
)

// A fate is how a writer's transaction ends, always after it has inserted its
// row, so that a row left behind shows.
type fate int

const (
	succeeds fate = iota
	readsOnly
	isCancelled
	panics
	isRefused
	breaksConstraint
	failsPlainly
	dropsAnError
	hookRefuses
	fates
)

var errPlain = errors.New("plain")

// errHook is what the hook says to a result it does not want.
var errHook = errors.New("the hook refuses")

// run is a closure of that fate.
func (f fate) run(id int) func(*db.Tx) (any, error) {
	return func(tx *db.Tx) (any, error) {
		if f == readsOnly {
			return id, nil
		}
		if _, err := insert(id, "torture")(tx); err != nil {
			return nil, err
		}
		switch f {
		case panics:
			panic("torture")
		case isRefused:
			return nil, fault.New(fault.Conflict, "refused")
		case breaksConstraint:
			return insert(id, "again")(tx)
		case failsPlainly:
			return nil, fmt.Errorf("closure: %w", errPlain)
		case dropsAnError:
			_, _ = tx.Exec("INSERT INTO nowhere VALUES (1)")
		case hookRefuses:
			return -id, nil
		}
		return id, nil
	}
}

// check says what is wrong with an answer, given the fate.
func (f fate) check(err error) (wrong bool) {
	p, panicked := errors.AsType[*db.Panic](err)
	switch f {
	case succeeds, readsOnly:
		return err != nil
	case isCancelled:
		return err != nil && !fault.Is(err, fault.Unavailable)
	case panics:
		return !panicked || p.Value != "torture"
	case isRefused:
		return !fault.Is(err, fault.Conflict)
	case breaksConstraint:
		return !db.Constraint(err)
	case failsPlainly:
		return !errors.Is(err, errPlain)
	case hookRefuses:
		return !fault.Is(err, fault.Unavailable) || !errors.Is(err, errHook)
	}
	return err == nil
}

// try is Do with the caller's panic as an error.
func try(w *db.Writer, ctx context.Context, fn func(*db.Tx) (any, error)) (err error) {
	defer func() {
		if p, ok := recover().(*db.Panic); ok {
			err = p
		}
	}()
	return w.Do(ctx, fn)
}

// eventEach is a hook that writes one event per result and refuses the
// negative. On SQLite their numbers are the order of the results, which its
// one writer can keep; several writers of PostgreSQL would collide.
func eventEach(e db.Engine) func(*db.Tx, []any) (func(), error) {
	last := 0
	return func(tx *db.Tx, results []any) (func(), error) {
		for i, r := range results {
			id := r.(int)
			if id < 0 {
				return nil, errHook
			}
			n := id
			if e == db.SQLite {
				n = last + i + 1
			}
			if _, err := tx.Exec(insertEvent, n, fmt.Sprint(id), []byte("line")); err != nil {
				return nil, err
			}
		}
		if e == db.Postgres {
			return nil, nil
		}
		return func() { last += len(results) }, nil
	}
}

// TestTorture: 64 writers of every fate at once. Exactly what was
// acknowledged is there, each change with its event, and nothing else.
func TestTorture(t *testing.T) {
	const writers, each = 64, 2 * int(fates)
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := open(t, c)
		w.SetHooks(db.Hooks{Before: eventEach(c.Engine())})
		var mu sync.Mutex
		rows, events := map[int]bool{}, map[int]bool{}
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				for n := range each {
					f, id := fate((i+n)%int(fates)), 1+i*each+n
					err := attempt(t, w, f, id)
					if f.check(err) {
						t.Errorf("fate %d of %d = %v", f, id, err)
					}
					if err == nil {
						mu.Lock()
						events[id], rows[id] = true, f != readsOnly
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		maps.DeleteFunc(rows, func(_ int, there bool) bool { return !there })
		same(t, "rows", ids(t, r, "SELECT id FROM thing"), rows)
		same(t, "events", ids(t, r, "SELECT CAST(target AS BIGINT) FROM event"), events)
	})
}

// attempt runs one fate; the cancelled one's caller leaves at any moment.
func attempt(t *testing.T, w *db.Writer, f fate, id int) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if f == isCancelled {
		go cancel()
	}
	return try(w, ctx, f.run(id))
}

// TestOrder: the hook gets the results in the order in which the closures
// changed the database.
func TestOrder(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.SQLite))
	w.SetHooks(db.Hooks{Before: eventEach(db.SQLite)})
	apart(t, w, "CREATE TABLE turn (n BIGINT PRIMARY KEY, id BIGINT NOT NULL)")
	var all sync.WaitGroup
	for id := range 64 {
		all.Go(func() {
			err := w.Do(t.Context(), func(tx *db.Tx) (any, error) {
				_, err := tx.Exec("INSERT INTO turn (n, id) SELECT COALESCE(MAX(n), 0) + 1, $1 FROM turn", id)
				return id, err
			})
			if err != nil {
				t.Errorf("Do(%d) = %v", id, err)
			}
		})
	}
	all.Wait()
	got := ids(t, r, "SELECT CAST(target AS BIGINT) FROM event ORDER BY seq")
	want := ids(t, r, "SELECT id FROM turn ORDER BY n")
	if len(got) != 64 || !slices.Equal(got, want) {
		t.Errorf("events in the order %v, want %v", got, want)
	}
}

// ids reads a column of numbers.
func ids(t *testing.T, r *db.Reader, q string) (got []int) {
	t.Helper()
	rows, err := r.Query(context.Background(), q)
	if err != nil {
		t.Fatalf("Query(%s) = %v", q, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			t.Fatalf("Scan() = %v", err)
		}
		got = append(got, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("Query(%s) = %v", q, err)
	}
	return got
}

// same compares what is there with what was acknowledged, no id twice.
func same(t *testing.T, what string, got []int, want map[int]bool) {
	t.Helper()
	slices.Sort(got)
	if sorted := slices.Sorted(maps.Keys(want)); !slices.Equal(got, sorted) {
		t.Errorf("%s = %d: %v\nwant %d: %v", what, len(got), got, len(sorted), sorted)
	}
}
