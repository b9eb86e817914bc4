package db_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/fault"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestReaderCannotWrite: the right to change is the Writer's alone, and the
// database itself says so.
func TestReaderCannotWrite(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, _ := open(t, c)
		var id int
		if err := r.QueryRow(t.Context(), insertThing+" RETURNING id", 1, "a").Scan(&id); err == nil {
			t.Error("QueryRow(INSERT) = nil, want a refusal")
		}
		if got := count(t, r, countThings, "a"); got != 0 {
			t.Errorf("things = %d, want 0", got)
		}
	})
}

// TestReadsSeeCommits: what was acknowledged is what the next read sees, from
// any number of readers.
func TestReadsSeeCommits(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := open(t, c)
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				owner := itoa(i)
				for n := range 10 {
					if err := w.Do(t.Context(), insert(i*10+n, owner)); err != nil {
						t.Errorf("Do() = %v", err)
					}
					if got := count(t, r, countThings, owner); got != n+1 {
						t.Errorf("things of %s = %d, want %d", owner, got, n+1)
					}
				}
			})
		}
		all.Wait()
	})
}

// TestReaderStops: a long read ends with its caller.
func TestReaderStops(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, _ := open(t, c)
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := r.Query(ctx, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
		if err == nil {
			rows.Next()
			cancel()
			for rows.Next() {
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Query() = %v, want context.Canceled", err)
		}
		if err := r.Ping(t.Context()); err != nil {
			t.Errorf("Ping() afterwards = %v", err)
		}
	})
}

// TestOpenFails: a database that is not there is Unavailable, not a new one.
func TestOpenFails(t *testing.T) {
	for _, c := range []db.Config{
		{File: filepath.Join(t.TempDir(), "missing", "coffer.db")},
		{Postgres: "postgres://coffer@/postgres?host=" + t.TempDir()},
	} {
		if _, _, err := db.Open(t.Context(), c); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Open(%v) = %v, want Unavailable", c.Engine(), err)
		}
	}
}

// TestBlob: bytes come back as they went, and no bytes are not NULL.
func TestBlob(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := open(t, c)
		apart(t, w, "CREATE TABLE raw (id BIGINT PRIMARY KEY, body BLOB)")
		apart(t, w, "INSERT INTO raw VALUES (1, $1)", []byte{0, 255, '\\', 'x'})
		apart(t, w, "INSERT INTO raw VALUES (2, $1)", []byte{})
		apart(t, w, "INSERT INTO raw VALUES (3, $1)", []byte(nil))
		for id, want := range map[int]string{1: "\x00\xff\\x", 2: ""} {
			var got []byte
			if err := r.QueryRow(t.Context(), "SELECT body FROM raw WHERE id = $1", id).Scan(&got); err != nil || string(got) != want {
				t.Errorf("body %d = %q, %v; want %q", id, got, err, want)
			}
		}
		if got := count(t, r, "SELECT id FROM raw WHERE body IS NULL"); got != 3 {
			t.Errorf("null is in row %d, want 3", got)
		}
		if got := count(t, r, "SELECT id FROM raw WHERE body = $1", []byte{0, 255, '\\', 'x'}); got != 1 {
			t.Errorf("found by its bytes: row %d, want 1", got)
		}
	})
}
