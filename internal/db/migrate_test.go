package db_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
)

// TestMigrate: from nothing to the newest, then nothing more to do; several
// at once do it once.
func TestMigrate(t *testing.T) {
	for _, c := range []db.Config{{File: filepath.Join(t.TempDir(), "coffer.db")}, {Postgres: apptest.Postgres(t)}} {
		t.Run(string(c.Engine()), func(t *testing.T) {
			from, want, err := db.Pending(t.Context(), c)
			if err != nil || from != 0 || want == 0 {
				t.Fatalf("Pending() = %d, %d, %v; want from 0", from, want, err)
			}
			var all sync.WaitGroup
			var mu sync.Mutex
			moved := 0
			for range 4 {
				all.Go(func() {
					from, to, err := db.Migrate(context.Background(), c)
					if err != nil || to != want {
						t.Errorf("Migrate() = %d, %d, %v; want to %d", from, to, err, want)
					}
					mu.Lock()
					defer mu.Unlock()
					if from != to {
						moved++
					}
				})
			}
			all.Wait()
			if moved != 1 {
				t.Errorf("%d of 4 moved the schema, want 1", moved)
			}
		})
	}
}

// TestNewer: a schema from the future is refused and left alone.
func TestNewer(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		_, w := apptest.Open(t, c)
		apart(t, w, "INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, $2)", 9999, true)
		if _, _, err := db.Migrate(t.Context(), c); !errors.Is(err, db.ErrNewer) {
			t.Errorf("Migrate() = %v, want ErrNewer", err)
		}
	})
}

// TestCopyBefore: a file that holds a schema is copied, journal and all,
// before it moves; the copy is for its owner only.
func TestCopyBefore(t *testing.T) {
	c := apptest.Migrated(t, db.SQLite)
	r, w := open(t, c)
	apart(t, w, insertThing, 7, "kept")
	newest := count(t, r, "SELECT MAX(version_id) FROM goose_db_version")
	apart(t, w, "DELETE FROM goose_db_version WHERE version_id = $1", newest)
	older := count(t, r, "SELECT MAX(version_id) FROM goose_db_version")
	apart(t, w, "DROP TABLE mention") // what the newest one makes
	apart(t, w, "DROP TABLE rollup")
	from, to, err := db.Migrate(t.Context(), c)
	if err != nil || from != int64(older) || to != int64(newest) {
		t.Fatalf("Migrate() = %d, %d, %v; want %d, %d", from, to, err, older, newest)
	}
	kept := c.File + ".before-" + itoa(older)
	info, err := os.Stat(kept)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("Stat(%s) = %v, %v; want mode 0600", filepath.Base(kept), info, err)
	}
	pool, err := sql.Open("sqlite", kept)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var id, version int
	err = pool.QueryRow("SELECT id, (SELECT MAX(version_id) FROM goose_db_version) FROM thing").Scan(&id, &version)
	if err != nil || id != 7 || version != older {
		t.Errorf("the copy holds thing %d at version %d, %v; want 7 at %d", id, version, err, older)
	}
}

// TestPrivate: nobody else may read the file or its journal.
func TestPrivate(t *testing.T) {
	c := apptest.Migrated(t, db.SQLite)
	_, w := open(t, c)
	apart(t, w, insertThing, 1, "a")
	for _, f := range []string{c.File, c.File + "-wal", c.File + "-shm"} {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("Stat(%s) = %v, %v; want mode 0600", filepath.Base(f), info, err)
		}
	}
}

// TestAppendOnly: neither engine lets a sealed line be changed, removed or
// replaced, and the refusal reads as a broken constraint.
func TestAppendOnly(t *testing.T) {
	tries := map[string]db.Engine{
		"UPDATE event SET line = 'x'":                                  "",
		"UPDATE event SET seq = 2":                                     "",
		"DELETE FROM event":                                            "",
		"DELETE FROM event WHERE seq = 1":                              "",
		strings.Replace(insertEvent, "INSERT", "INSERT OR REPLACE", 1): db.SQLite,
		"TRUNCATE event":                                               db.Postgres,
	}
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := apptest.Open(t, c)
		apart(t, w, insertEvent, 1, "s", []byte("line"))
		for q, only := range tries {
			if only != "" && only != c.Engine() {
				continue
			}
			var args []any
			if strings.Contains(q, "$1") {
				args = []any{1, "s", []byte("other")}
			}
			err := w.Do(t.Context(), func(tx *db.Tx) (any, error) { return tx.Exec(q, args...) })
			if !db.Constraint(err) {
				t.Errorf("%s = %v, want a constraint error", q, err)
			}
		}
		var line []byte
		if err := r.QueryRow(t.Context(), "SELECT line FROM event WHERE seq = 1").Scan(&line); err != nil || string(line) != "line" {
			t.Errorf("line = %q, %v; want it as it was", line, err)
		}
	})
}
