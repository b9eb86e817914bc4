package db_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/fault"
)

// blocked makes the writer busy with one transaction until release is called;
// done gives what became of it.
func blocked(t *testing.T, w *db.Writer, id int) (release func(), done <-chan error) {
	t.Helper()
	began, end, answer := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	first := sync.OnceFunc(func() { close(began) })
	go func() {
		answer <- w.Do(context.Background(), func(tx *db.Tx) (any, error) {
			first()
			<-end
			return insert(id, "first")(tx)
		})
	}()
	<-began
	return sync.OnceFunc(func() { close(end) }), answer
}

// TestAdmission: a caller whose time is over before its turn is not run and
// is answered at once; one that is admitted waits for the outcome.
func TestAdmission(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.SQLite))
	release, done := blocked(t, w, 1)
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := w.Do(ctx, insert(2, "late")); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Do() after its deadline = %v, want Unavailable for the deadline", err)
	}
	if err := w.Do(ctx, insert(3, "never")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Do() with a context that is done = %v, want Unavailable", err)
	}
	release()
	if err := <-done; err != nil {
		t.Errorf("Do(1) = %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	err := w.Do(ctx, func(tx *db.Tx) (any, error) {
		cancel()
		return insert(4, "leaves inside")(tx)
	})
	if err != nil {
		t.Errorf("Do() whose caller leaves after admission = %v, want nil", err)
	}
	if got, want := ids(t, r, "SELECT id FROM thing ORDER BY id"), []int{1, 4}; !slices.Equal(got, want) {
		t.Errorf("things = %v, want %v", got, want)
	}
}

// TestShared: who waits while a transaction runs shares its commit, and all
// run again alone when the hook refuses one of them.
func TestShared(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.SQLite))
	var sizes []int
	each := eventEach(db.SQLite)
	w.SetHooks(db.Hooks{Before: func(tx *db.Tx, results []any) (func(), error) {
		sizes = append(sizes, len(results))
		return each(tx, results)
	}})
	release, done := blocked(t, w, 1)
	const more = 20
	var all, here sync.WaitGroup
	here.Add(more)
	for id := range more {
		all.Go(func() {
			f := succeeds
			if id == 0 {
				f = hookRefuses
			}
			here.Done()
			if err := w.Do(t.Context(), f.run(100+id)); f.check(err) {
				t.Errorf("Do(%d) = %v", 100+id, err)
			}
		})
	}
	here.Wait()
	waitQueued(w, more)
	release()
	if err := <-done; err != nil {
		t.Errorf("Do(1) = %v", err)
	}
	all.Wait()
	want := append([]int{more + 1}, slices.Repeat([]int{1}, more+1)...)
	if !slices.Equal(sizes, want) {
		t.Errorf("the hook saw %v results, want %v", sizes, want)
	}
	if got := count(t, r, "SELECT count(*) FROM thing"); got != more {
		t.Errorf("things = %d, want %d", got, more)
	}
}

// waitQueued returns when so many transactions wait.
func waitQueued(w *db.Writer, n int) {
	for db.Queued(w) < n {
		runtime.Gosched()
	}
}

// TestApart: it runs outside the batch that others share, without the hook.
func TestApart(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := open(t, c)
		var saw int
		w.SetHooks(db.Hooks{Before: func(_ *db.Tx, results []any) (func(), error) {
			saw += len(results)
			return nil, nil
		}})
		apart(t, w, insertThing, 1, "apart")
		err := w.Apart(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(insertThing, 2, "apart"); err != nil {
				return err
			}
			return errPlain
		})
		if !errors.Is(err, errPlain) {
			t.Errorf("Apart() = %v, want the closure's error", err)
		}
		if got := count(t, r, countThings, "apart"); got != 1 || saw != 0 {
			t.Errorf("things = %d, hook's results = %d; want 1, 0", got, saw)
		}
	})
}

// TestNow: one time per transaction, as a column of microseconds holds it.
func TestNow(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.FixedZone("east", 7200))
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		c.Now = func() time.Time { return at }
		_, w := open(t, c)
		err := w.Do(t.Context(), func(tx *db.Tx) (any, error) {
			if want := time.Date(2026, 3, 4, 3, 6, 7, 123456000, time.UTC); tx.Now != want {
				t.Errorf("Now = %v, want %v", tx.Now, want)
			}
			return nil, nil
		})
		if err != nil {
			t.Errorf("Do() = %v", err)
		}
	})
}

// TestLeftOpen: rows that a closure forgets neither pin the connection's
// snapshot nor spoil the statement for the next.
func TestLeftOpen(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.SQLite))
	apart(t, w, insertThing, 1, "a")
	apart(t, w, insertThing, 2, "a")
	for id := range 3 {
		err := w.Do(t.Context(), func(tx *db.Tx) (any, error) {
			rows, err := tx.Query("SELECT id FROM thing")
			if err != nil {
				return nil, err
			}
			rows.Next()
			tx.QueryRow("SELECT owner FROM thing")
			return insert(10+id, "b")(tx)
		})
		if err != nil {
			t.Errorf("Do(%d) = %v", id, err)
		}
	}
	if got := count(t, r, countThings, "b"); got != 3 {
		t.Errorf("things = %d, want 3", got)
	}
}

// TestQueryInsideQuery: the same text may run inside the loop over itself.
func TestQueryInsideQuery(t *testing.T) {
	_, w := open(t, apptest.Migrated(t, db.SQLite))
	for id := range 3 {
		apart(t, w, insertThing, id, "a")
	}
	pairs := 0
	err := w.Do(t.Context(), func(tx *db.Tx) (any, error) {
		return nil, each(tx, func() error { return each(tx, func() error { pairs++; return nil }) })
	})
	if err != nil || pairs != 9 {
		t.Errorf("pairs = %d, %v; want 9", pairs, err)
	}
}

func each(tx *db.Tx, do func() error) error {
	rows, err := tx.Query("SELECT id FROM thing")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// TestReturning: a query that writes has its savepoint like any other write.
func TestReturning(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.SQLite))
	release, done := blocked(t, w, 1)
	refused := make(chan error, 1)
	go func() {
		refused <- w.Do(context.Background(), func(tx *db.Tx) (any, error) {
			var id int
			if err := tx.QueryRow(insertThing+" RETURNING id", 2, "a").Scan(&id); err != nil {
				return nil, err
			}
			return nil, fault.New(fault.Conflict, "refused")
		})
	}()
	waitQueued(w, 1)
	release()
	if err := <-done; err != nil {
		t.Errorf("Do(1) = %v", err)
	}
	if err := <-refused; !fault.Is(err, fault.Conflict) {
		t.Errorf("Do(2) = %v, want the closure's fault", err)
	}
	if got, want := ids(t, r, "SELECT id FROM thing"), []int{1}; !slices.Equal(got, want) {
		t.Errorf("things = %v, want %v", got, want)
	}
}

// TestFullDisk: what does not fit is Unavailable, what fits is stored, and
// once there is room again all is well.
func TestFullDisk(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.SQLite))
	limit := func(extra int) {
		err := w.Apart(t.Context(), func(tx *db.Tx) error {
			var pages int
			if err := tx.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
				return err
			}
			return tx.QueryRow("PRAGMA max_page_count = " + itoa(pages+extra)).Scan(&pages)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(4)
	w.SetHooks(db.Hooks{Before: eventEach(db.SQLite)})
	big := func(tx *db.Tx) (any, error) {
		if _, err := insert(2, "big")(tx); err != nil {
			return nil, err
		}
		_, err := tx.Exec("INSERT INTO setting VALUES ('big', $1)", string(make([]byte, 1<<20)))
		return 2, fault.Wrap(fault.Internal, "a closure that does not look", err)
	}
	var all sync.WaitGroup
	for id, fn := range map[int]func(*db.Tx) (any, error){1: insert(1, "small"), 2: big, 3: insert(3, "small")} {
		all.Go(func() {
			if err := w.Do(t.Context(), fn); (id == 2) != fault.Is(err, fault.Unavailable) || (id != 2 && err != nil) {
				t.Errorf("Do(%d) = %v, want Unavailable for the big one only", id, err)
			}
		})
	}
	all.Wait()
	same(t, "things", ids(t, r, "SELECT id FROM thing"), map[int]bool{1: true, 3: true})
	same(t, "events", ids(t, r, "SELECT CAST(target AS BIGINT) FROM event"), map[int]bool{1: true, 3: true})
	limit(1000)
	if err := w.Do(t.Context(), insert(4, "later")); err != nil {
		t.Errorf("Do() with room again = %v", err)
	}
}

// TestFatal: after a failed sync nothing is written and nobody is told that
// it was, and the program hears of it once.
func TestFatal(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.SQLite))
	var told []error
	w.SetHooks(db.Hooks{Fatal: func(err error) { told = append(told, err) }})
	db.TreatAsFailedSync(w)
	err := w.Do(t.Context(), func(tx *db.Tx) (any, error) {
		if _, err := insert(1, "a")(tx); err != nil {
			return nil, err
		}
		_, err := tx.Exec("INSERT INTO nowhere VALUES (1)")
		return nil, err
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("Do() = %v, want Unavailable", err)
	}
	if err := w.Do(t.Context(), insert(2, "a")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Do() afterwards = %v, want Unavailable", err)
	}
	if got := count(t, r, countThings, "a"); got != 0 || len(told) != 1 {
		t.Errorf("things = %d, Fatal called with %v; want 0, once", got, told)
	}
}

// TestClosed: what was admitted is finished, what comes later is refused.
func TestClosed(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := open(t, c)
		release, done := blocked(t, w, 1)
		closed := make(chan error, 1)
		go func() { closed <- w.Close() }()
		release()
		if err := <-done; err != nil {
			t.Errorf("Do(1) = %v", err)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close() = %v", err)
		}
		if err := w.Do(t.Context(), insert(2, "a")); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Do() after Close = %v, want Unavailable", err)
		}
		if got := count(t, r, "SELECT count(*) FROM thing"); got != 1 {
			t.Errorf("things = %d, want 1", got)
		}
	})
}
