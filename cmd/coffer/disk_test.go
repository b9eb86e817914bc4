package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"coffer/internal/apptest"
)

// smallDisk is a file system of a few megabytes: one of its own where the tests
// may mount one, else the shared memory of a container. Where there is neither,
// CI fails and a person is told.
func smallDisk(tb testing.TB) (dir string, found bool) {
	tb.Helper()
	dir = tb.TempDir()
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "coffer-test", dir).CombinedOutput()
	if err == nil {
		tb.Cleanup(func() {
			if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
				tb.Errorf("umount %s: %v %s", dir, err, out)
			}
		})
		return dir, true
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &fs); err == nil && int64(fs.Blocks)*fs.Bsize <= 256<<20 {
		if dir, err = os.MkdirTemp("/dev/shm", "coffer"); err == nil {
			tb.Cleanup(func() { os.RemoveAll(dir) })
			return dir, true
		}
	}
	why := fmt.Sprintf("a full disk was not tried: mounting a small one needs root (%s)", bytes.TrimSpace(out))
	if os.Getenv("CI") != "" {
		tb.Fatal(why)
	}
	fmt.Fprintln(os.Stderr, tb.Name()+":", why)
	return "", false
}

// fill leaves no byte free, and gives the way to have them back.
func fill(tb testing.TB, dir string) (free func()) {
	tb.Helper()
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			tb.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(filler); err != nil {
			tb.Error(err)
		}
	}
}

// TestDiskFull fills the disk under load: of the database and the log, or of the
// log alone. What was told is there, what was refused is not, and when there is
// room again all goes on by itself.
func TestDiskFull(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir, found := smallDisk(t)
			if !found {
				return
			}
			database := ""
			if engine == "postgres" {
				database = apptest.Postgres(t)
			}
			p := start(t, func(c *exec.Cmd) { c.Env = append(c.Env, "COFFER_DATABASE="+database) },
				"--data", dir, "--limits", "request=off,signup=off,login=off,cards=off")
			crowd := signedUp(t, p, 8)
			for round := range 3 {
				full(t, p, crowd, dir)
				ledger := openLedger(t, dir, database)
				lines := ledger.settled()
				ledger.balanced(lines)
				ledger.told(lines, crowd)
				soon(t, "both edges to be told", 10*time.Second, func() bool {
					lines = ledger.settled()
					low := count(lines, "sys_disk_low")
					return low > round && low == count(lines, "sys_disk_recovered")
				})
				if n := count(lines, "log_file_altered") + count(lines, "sys_crash"); n > 0 {
					t.Errorf("%d alarms, want none: a full disk is neither a crash nor an alteration", n)
				}
				ledger.pool.Close()
			}
			p.stop()
		})
	}
}

// full fills the disk while the crowd works, sees that nothing is taken any
// more, and that everything is when there is room.
func full(t *testing.T, p *process, crowd []*holder, dir string) {
	t.Helper()
	reserve := func() bool {
		info, err := os.Stat(filepath.Join(dir, "ballast"))
		return err == nil && info.Size() > 0
	}
	soon(t, "the reserve to be set aside", 10*time.Second, reserve)
	ctx, end := context.WithCancel(context.Background())
	defer end()
	loaded := crowdWorks(ctx, t, p, crowd)
	free := fill(t, dir)
	p.becomes("/readyz", 503, 10*time.Second)
	soon(t, "the reserve to be given back", 10*time.Second, func() bool { return !reserve() })
	soon(t, "a card to be refused", 20*time.Second, func() bool { // the journal may have room left
		a := crowd[0].add(ctx, p.url)
		if a.status == 503 && !strings.Contains(a.body, "Nothing was changed") {
			t.Errorf("503 without saying that nothing was changed:\n%.2000s", a.body)
		}
		return a.status == 503
	})
	end()
	loaded()
	free()
	p.becomes("/readyz", 200, 10*time.Second)
	for _, h := range crowd {
		if a := h.add(context.Background(), p.url); a.status != 303 {
			t.Errorf("adding a card with room again = %d, want 303\n%s", a.status, p.text())
		}
	}
}
