package apptest

import (
	"context"
	"database/sql"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"coffer/internal/db"
)

// Engines runs fn on both engines, each with an empty database of its own
// whose schema is up to date.
func Engines(t *testing.T, fn func(t *testing.T, c db.Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, Migrated(t, db.SQLite)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Migrated(t, db.Postgres)) })
}

// Migrated makes an empty database of one engine, schema included.
func Migrated(tb testing.TB, e db.Engine) db.Config {
	tb.Helper()
	c := db.Config{File: filepath.Join(tb.TempDir(), "coffer.db")}
	if e == db.Postgres {
		c.Postgres = Postgres(tb)
	}
	if _, _, err := db.Migrate(context.Background(), c); err != nil {
		tb.Fatalf("Migrate(%v) = %v", e, err)
	}
	return c
}

// Open opens a database and closes it when the test ends.
func Open(tb testing.TB, c db.Config) (*db.Reader, *db.Writer) {
	tb.Helper()
	r, w, err := db.Open(context.Background(), c)
	if err != nil {
		tb.Fatalf("Open(%v) = %v", c.Engine(), err)
	}
	tb.Cleanup(func() {
		if err := w.Close(); err != nil {
			tb.Errorf("Writer.Close() = %v", err)
		}
		if err := r.Close(); err != nil {
			tb.Errorf("Reader.Close() = %v", err)
		}
	})
	return r, w
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// Prepare checks a room's SQL constants on both engines: the tables and
// columns are there, PostgreSQL can tell the parameters' types, and `$N`
// first appear in ascending order, since some SQLite drivers bind them so.
func Prepare(t *testing.T, stmts ...string) {
	t.Helper()
	for _, q := range stmts {
		last := 0
		for _, m := range placeholder.FindAllStringSubmatch(q, -1) {
			n, _ := strconv.Atoi(m[1])
			if n > last+1 {
				t.Errorf("$%d appears before $%d in %s", n, last+1, q)
			}
			last = max(last, n)
		}
	}
	Engines(t, func(t *testing.T, c db.Config) {
		pool := driver(t, c)
		for _, q := range stmts {
			s, err := pool.Prepare(q)
			if err != nil {
				t.Errorf("Prepare(%s) = %v", q, err)
				continue
			}
			s.Close()
		}
	})
}

// driver opens a database past db, which prepares nothing on its own.
func driver(t *testing.T, c db.Config) *sql.DB {
	t.Helper()
	name, source := "sqlite", c.File
	if c.Engine() == db.Postgres {
		name, source = "pgx", c.Postgres
	}
	pool, err := sql.Open(name, source)
	if err != nil {
		t.Fatalf("Open(%s) = %v", name, err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}
