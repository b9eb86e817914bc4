package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"coffer/internal/apptest"
)

// TestLogInTheWay puts a directory, and a link to somebody else's file, in the
// place of security.log: each is an event and is kept aside, what it leads to is
// not written, and the program goes on in a file of its own.
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
			ledger := openLedger(t, dir, database)
			log, other := filepath.Join(dir, "security.log"), filepath.Join(t.TempDir(), "other")
			if err := os.WriteFile(other, []byte("not yours\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for n, put := range []func() error{
				func() error { return os.Mkdir(log, 0o700) },
				func() error { return os.Symlink(other, log) },
			} {
				ledger.settled()
				if err := errors.Join(os.Remove(log), put()); err != nil {
					t.Fatal(err)
				}
				soon(t, "the alarm", 10*time.Second, func() bool {
					return ledger.column(`SELECT COUNT(*) FROM event WHERE event = 'log_file_altered'`)[0] == strconv.Itoa(n+1)
				})
				p.becomes("/readyz", 200, 5*time.Second)
				if a := h.add(t.Context(), p.url); a.status != 303 {
					t.Errorf("adding a card = %d, want 303", a.status)
				}
			}
			ledger.balanced(ledger.settled())
			if text, err := os.ReadFile(other); err != nil || string(text) != "not yours\n" {
				t.Errorf("the file that the link led to holds %q, %v", text, err)
			}
			kept, err := filepath.Glob(log + ".altered-*")
			if err != nil || len(kept) != 2 {
				t.Errorf("%d things are kept aside, want 2", len(kept))
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
