package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
)

// TestAsked holds that SQLite finds the rare events by their index: a query that
// says another list than the index reads the whole log.
func TestAsked(t *testing.T) {
	read, _ := apptest.Open(t, apptest.Migrated(t, db.SQLite))
	found := 0
	for _, q := range slices.Concat(app.Statements(), file.Statements()) {
		if !strings.Contains(q, seal.Asked) {
			continue
		}
		found++
		args := make([]any, 0, 3)
		for n := 1; strings.Contains(q, fmt.Sprint("$", n)); n++ {
			args = append(args, 1)
		}
		rows, err := read.Query(t.Context(), "EXPLAIN QUERY PLAN "+q, args...)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		var plan strings.Builder
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&plan, step)
		}
		if err := rows.Err(); err != nil || strings.Contains(plan.String(), "SCAN event") || !strings.Contains(plan.String(), "event_asked") {
			t.Errorf("%s\nreads by\n%s%v, want the index event_asked", q, plan.String(), err)
		}
	}
	if found < 6 {
		t.Errorf("%d statements ask for rare events, want all of them", found)
	}
}
