package seal_test

import (
	"context"
	"fmt"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
)

// TestRunReportsOnce holds that sealing which fails is reported once, and once
// when it is over, however often it is tried and though no lease is held.
func TestRunReportsOnce(t *testing.T) {
	c := apptest.Migrated(t, db.Postgres)
	n := open(t, c, 0)
	rename := func(from, to string) {
		t.Helper()
		if err := n.write.Apart(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`ALTER TABLE ` + from + ` RENAME TO ` + to)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	rename("head", "lost")
	ctx, stop := context.WithCancel(t.Context())
	reports, done := make(chan error, 100), make(chan struct{})
	go func() { n.Run(ctx, func(err error) { reports <- err }); close(done) }()
	defer func() { stop(); <-done }()
	if err := <-reports; err == nil {
		t.Fatal("the first report is that all is well")
	}
	for i := range 20 { // each wakes the loop
		if err := n.put(fmt.Sprint("s-", i), 1); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-reports:
		t.Errorf("a second report came: %v", err)
	default:
	}
	rename("lost", "head")
	if err := <-reports; err != nil {
		t.Errorf("the report after it is over is %v, want nil", err)
	}
	if got := len(n.all(t)); got != 20 {
		t.Errorf("%d lines are sealed, want 20", got)
	}
}
