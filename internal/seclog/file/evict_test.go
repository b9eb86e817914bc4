package file_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog/file"
)

// victim is the file that a link in the log's place leads to.
const victim = "somebody's file\n"

// usurpers put what is no file where a file was.
func usurpers(t *testing.T) map[string]func(path string) error {
	t.Helper()
	target := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(target, []byte(victim), 0o640); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(target); err != nil || string(text) != victim {
			t.Errorf("what the link leads to reads %q, %v; want it untouched", text, err)
		}
	})
	return map[string]func(path string) error{
		"a directory":        func(p string) error { return os.Mkdir(p, 0o700) },
		"a link to a file":   func(p string) error { return os.Symlink(target, p) },
		"a link to nothing":  func(p string) error { return os.Symlink("elsewhere", p) },
		"a link to the file": func(p string) error { return os.Symlink(p+".away", p) },
		"a pipe":             func(p string) error { return syscall.Mkfifo(p, 0o600) },
	}
}

// usurp moves the active file away and puts something in its place.
func (r *rig) usurp(t *testing.T, put func(path string) error) {
	t.Helper()
	path := filepath.Join(r.dir, file.Name)
	if err := errors.Join(os.Rename(path, path+".away"), put(path)); err != nil {
		t.Fatal(err)
	}
}

// evicted demands one alarm that names what was kept, which is there and is
// what was put, and takes it and the moved file out of the way.
func (r *rig) evicted(t *testing.T, name string, got []event.LogFileAltered) {
	t.Helper()
	if len(got) != 1 || !strings.HasPrefix(got[0].Kept, name+".altered-") {
		t.Fatalf("alarms = %+v, want one that names what was kept", got)
	}
	kept := filepath.Join(r.dir, got[0].Kept)
	if info, err := os.Lstat(kept); err != nil || info.Mode().IsRegular() {
		t.Errorf("what was kept is %v, %v; want what was put there", info, err)
	}
	if err := os.RemoveAll(kept); err != nil {
		t.Error(err)
	}
	_ = os.Remove(filepath.Join(r.dir, file.Name+".away"))
}

// TestInItsPlace puts what is no file where the file was, while the log is
// followed and while it is not: it is kept aside, never written through, and the
// file is whole again by itself.
func TestInItsPlace(t *testing.T) {
	for name := range usurpers(t) {
		t.Run(name, func(t *testing.T) {
			apptest.Engines(t, func(t *testing.T, c db.Config) {
				r := newRig(t, c)
				put := usurpers(t)[name]
				stop := r.start(t)
				defer func() { stop() }()
				r.put(t, 3)
				r.caughtUp(t, 5*time.Second)
				r.usurp(t, put)
				var got []event.LogFileAltered
				soon(t, "the alarm", 5*time.Second, func() bool { got = append(got, r.altered()...); return len(got) > 0 })
				r.evicted(t, file.Name, got)
				r.caughtUp(t, 5*time.Second)
				stop()
				r.exact(t)
				r.usurp(t, put)
				stop = r.start(t)
				r.put(t, 1)
				r.evicted(t, file.Name, r.altered())
				stop()
				r.exact(t)
				if len(r.gate) > 0 {
					t.Errorf("the gate turned (%v), want it open all the time", <-r.gate)
				}
			})
		})
	}
}

// TestInTheNextPlace puts something where the file will go when its segment is
// full, and where a crash may have left it: the open file is right and stays.
func TestInTheNextPlace(t *testing.T) {
	for _, name := range []string{"a directory", "a link to a file"} {
		t.Run(name, func(t *testing.T) {
			apptest.Engines(t, func(t *testing.T, c db.Config) {
				r := newRig(t, c)
				put := usurpers(t)[name]
				stop := r.start(t)
				defer func() { stop() }()
				r.put(t, 2)
				r.caughtUp(t, 5*time.Second)
				if err := put(filepath.Join(r.dir, firstSegment)); err != nil {
					t.Fatal(err)
				}
				r.put(t, 20)
				soon(t, "the end of the segment", 5*time.Second, func() bool {
					info, err := os.Lstat(filepath.Join(r.dir, firstSegment))
					return err == nil && info.Mode().IsRegular()
				})
				r.evicted(t, firstSegment, r.altered())
				r.caughtUp(t, 5*time.Second)
				stop()
				r.exact(t)
				_, end := files(r.lines(t))
				next := fmt.Sprintf("security-%012d.log", end.segment)
				if err := put(filepath.Join(r.dir, next)); err != nil {
					t.Fatal(err)
				}
				stop = r.start(t)
				r.evicted(t, next, r.altered())
				r.put(t, 20)
				r.caughtUp(t, 5*time.Second)
				stop()
				r.exact(t)
			})
		})
	}
}

// TestCannotBeEvicted: where Coffer may not rename, the gate stays shut, and the
// message says what to do. Once somebody has, it opens by itself.
func TestCannotBeEvicted(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		disk := newFaulty()
		disk.demand(nil)
		r := newRig(t, c)
		r.disk = disk
		stop := r.start(t)
		defer stop()
		r.put(t, 3)
		r.caughtUp(t, 5*time.Second)
		disk.demand(func(op string, _ int) error {
			if op == "rename" {
				return syscall.EACCES
			}
			return nil
		})
		path := filepath.Join(r.dir, file.Name)
		r.usurp(t, func(p string) error { return os.Mkdir(p, 0o700) })
		why := r.gateTurns(t, time.Second)
		if why == nil {
			t.Fatal("the gate was opened, want it shut")
		}
		for _, says := range []string{
			"security.log is a directory and no file: it cannot be set aside (permission denied)",
			"give the directory to the user that Coffer runs as, or move it away yourself: mv " + path + " " + path + ".altered-",
		} {
			if !strings.Contains(why.Error(), says) {
				t.Errorf("the gate is shut since %v, want %q", why, says)
			}
		}
		if err := r.Record(event.System(t.Context(), "test"), event.LogHeartbeat{}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Record() = %v with the gate shut, want Unavailable", err)
		}
		if err := errors.Join(os.Remove(path), os.Rename(path+".away", path)); err != nil {
			t.Fatal(err)
		}
		if why := r.gateTurns(t, time.Second); why != nil {
			t.Fatalf("the gate was shut again (%v), want it open", why)
		}
		disk.demand(nil)
		r.put(t, 1)
		stop()
		r.exact(t)
		if got := r.altered(); len(got) > 0 {
			t.Errorf("alarms = %+v, want none: the file is as it was", got)
		}
	})
}
