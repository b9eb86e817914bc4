package db_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/fault"
)

// TestScrub holds that what was deleted is in no file of SQLite's afterwards, and
// that what somebody reads is left for the next time.
func TestScrub(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, w := open(t, c)
		canary := strings.Repeat("scrub-canary ", 400) // more than a page
		if err := w.Do(t.Context(), insert(1, canary)); err != nil {
			t.Fatal(err)
		}
		rows, err := r.Query(t.Context(), "SELECT owner FROM thing")
		if err != nil || !rows.Next() {
			t.Fatalf("Query() = %v", err)
		}
		apart(t, w, "DELETE FROM thing")
		if err := w.Scrub(t.Context()); c.Postgres == "" && !fault.Is(err, fault.Unavailable) {
			t.Errorf("Scrub() while somebody reads = %v, want Unavailable", err)
		}
		rows.Close()
		if err := w.Do(t.Context(), insert(2, "other")); err != nil {
			t.Errorf("Do() after that = %v", err)
		}
		if err := w.Scrub(t.Context()); err != nil {
			t.Fatalf("Scrub() = %v", err)
		}
		if c.Postgres != "" {
			return
		}
		for _, file := range []string{c.File, c.File + "-wal"} {
			raw, err := os.ReadFile(file)
			if err != nil || bytes.Contains(raw, []byte("scrub-canary")) {
				t.Errorf("%s holds what was deleted, %v", file, err)
			}
		}
	})
}
