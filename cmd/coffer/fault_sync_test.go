package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"coffer/internal/apptest"
)

// straced starts the program under strace, which fails its syncs of a file from
// the nth one on. Where there is no strace, CI fails and a person is told.
func straced(t *testing.T, file string, from int, args ...string) (p *process, found bool) {
	t.Helper()
	tool, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
			t.Fatal("failing syncs need strace")
		}
		fmt.Fprintln(os.Stderr, t.Name()+": failing syncs were not tried: strace is not installed")
		return nil, false
	}
	p = start(t, func(c *exec.Cmd) {
		c.Args = append([]string{
			tool, "-f", "-qq", "-o", filepath.Join(t.TempDir(), "calls"), "-P", file, "-e", "trace=fsync,fdatasync",
			"-e", fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d+", from), c.Path,
		}, c.Args[1:]...)
		c.Path = tool
		// A group of its own: what strace runs would outlive it.
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}, args...)
	t.Cleanup(func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }) // it has ended, as a rule
	return p, true
}

// TestFailedSync fails a sync of the database's journal, of the database itself
// at its checkpoint, and of the log's file, under load: the program ends at once
// with its exit code, tells nobody that it succeeded, and after a start without
// the fault nothing that was told is lost.
func TestFailedSync(t *testing.T) {
	for _, c := range []struct{ name, file string }{
		{"journal", "coffer.db-wal"}, {"log", "security.log"}, {"log beside PostgreSQL", "security.log"},
	} {
		for _, from := range []int{20, 47} {
			t.Run(fmt.Sprint(c.name, " from sync ", from), func(t *testing.T) {
				dir, database := t.TempDir(), ""
				if strings.HasSuffix(c.name, "PostgreSQL") {
					database = apptest.Postgres(t)
					t.Setenv("COFFER_DATABASE", database)
				}
				args := []string{"--data", dir, "--limits", "request=off,signup=off,login=off,cards=off"}
				p, found := straced(t, filepath.Join(dir, c.file), from, args...)
				if !found {
					return
				}
				crowd := untilItEnds(t, p)
				var exit *exec.ExitError
				if !errors.As(p.err, &exit) || exit.ExitCode() != exitSync {
					t.Fatalf("coffer ended with %v, want exit code %d:\n%s", p.err, exitSync, p.text())
				}
				if !strings.Contains(p.text(), "sync") {
					t.Errorf("it does not say that a sync failed:\n%s", p.text())
				}
				p = start(t, nil, args...)
				ledger := openLedger(t, dir, database)
				lines := ledger.settled()
				ledger.balanced(lines)
				if told := ledger.told(lines, crowd); told == 0 {
					t.Error("no card was acknowledged: there was no load")
				}
				if n := count(lines, "log_file_altered"); n > 0 {
					t.Errorf("%d alarms, want none: a failed sync is no alteration", n)
				}
				p.stop()
			})
		}
	}
}

// untilItEnds has people sign up and add cards until the program ends.
func untilItEnds(t *testing.T, p *process) (crowd []*holder) {
	t.Helper()
	h := newHolder(t)
	h.signUp(t, p.url)
	for end := time.Now().Add(time.Minute); ; {
		select {
		case <-p.done:
			return []*holder{h}
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("coffer runs on with failing syncs:\n%s", p.text())
		}
		h.add(t.Context(), p.url)
	}
}
