package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"coffer/internal/apptest"
)

// TestLogInTheWay holds promise 1 for the file: while it cannot be written,
// nothing is changed; when it can, it catches up by itself.
func TestLogInTheWay(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir, database := t.TempDir(), ""
			if engine == "postgres" {
				database = apptest.Postgres(t)
			}
			p := start(t, func(c *exec.Cmd) { c.Env = append(c.Env, "COFFER_DATABASE="+database) }, "--data", dir)
			h := newHolder(t)
			h.signUp(t, p.url)
			h.add(t.Context(), p.url)
			ledger := openLedger(t, dir, database)
			before := len(ledger.settled())
			log := filepath.Join(dir, "security.log")
			if err := errors.Join(os.Rename(log, log+".away"), os.Mkdir(log, 0o700)); err != nil {
				t.Fatal(err)
			}
			p.becomes("/readyz", 503, 2*time.Second) // a second, and as much for a busy machine
			if a := h.add(t.Context(), p.url); a.status != 503 {
				t.Errorf("adding a card = %d, want 503", a.status)
			}
			if a := h.view(t.Context(), p.url); a.status != 503 {
				t.Errorf("looking at a card = %d, want 503: it could not be recorded", a.status)
			}
			if err := errors.Join(os.Remove(log), os.Rename(log+".away", log)); err != nil {
				t.Fatal(err)
			}
			p.becomes("/readyz", 200, 5*time.Second)
			if a := h.add(t.Context(), p.url); a.status != 303 {
				t.Errorf("adding a card again = %d, want 303", a.status)
			}
			lines := ledger.settled()
			ledger.balanced(lines)
			if got := len(lines) - before; got != 1 {
				t.Errorf("%d lines since, want the one card that was added", got)
			}
			p.stop()
		})
	}
}

// TestAlteredIsAnEvent alters the file of a running and of a stopped program:
// each is in the log, once, and the file is whole.
func TestAlteredIsAnEvent(t *testing.T) {
	dir := t.TempDir()
	p := start(t, nil, "--data", dir)
	h := newHolder(t)
	h.signUp(t, p.url)
	ledger := openLedger(t, dir, "")
	ledger.settled()
	log := filepath.Join(dir, "security.log")
	alarms := func() int { return count(ledger.settled(), "log_file_altered") }
	if err := os.Truncate(log, 100); err != nil {
		t.Fatal(err)
	}
	soon(t, "the alarm", 10*time.Second, func() bool { return alarms() == 1 })
	p.stop()
	if err := os.Truncate(log, 100); err != nil {
		t.Fatal(err)
	}
	p = start(t, nil, "--data", dir)
	lines := ledger.settled()
	if got := beforeStart(lines); got != "log_file_altered" || alarms() != 2 {
		t.Errorf("%d alarms, and before the start stands %q, want the second alarm there", alarms(), got)
	}
	p.stop()
	kept, err := filepath.Glob(log + ".altered-*")
	if err != nil || len(kept) != 2 {
		t.Errorf("%d files are kept aside, want 2", len(kept))
	}
}
