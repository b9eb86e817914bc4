package file_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog/file"
)

// TestFollows writes from several sides while the file follows, over several
// segments, and compares every byte at the end.
func TestFollows(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r, other := newRig(t, c), newRig(t, c)
		stop := r.start(t)
		defer stop()
		var group sync.WaitGroup
		for i, n := range []*rig{r, other, r} { // other is a command, or another node
			group.Go(func() { n.put(t, 20+i) })
		}
		group.Wait()
		r.caughtUp(t, 10*time.Second)
		stop()
		if kept := r.exact(t); len(kept) > 0 || len(r.altered()) > 0 {
			t.Errorf("%d files were set aside, want none", len(kept))
		}
		if r.once(t) {
			t.Error("a clean stop is told as a crash")
		}
		again := r.start(t)
		defer again()
		soon(t, "the mark of a running process", 5*time.Second, func() bool {
			var running int64
			err := r.read.QueryRow(t.Context(), `SELECT MAX(running) FROM projected`).Scan(&running)
			return err == nil && running > 0
		})
	})
}

// caughtUp waits until the files hold every line.
func (r *rig) caughtUp(tb testing.TB, within time.Duration) {
	tb.Helper()
	soon(tb, "every line in the files", within, func() bool {
		want, _ := files(r.lines(tb))
		got, _ := r.found(tb)
		for name, text := range want {
			if !bytes.Equal(got[name], text) {
				return false
			}
		}
		return true
	})
}

// TestTouchedWhileRunning does to the open file what others can do to it.
func TestTouchedWhileRunning(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(path string) error
		alarm bool
	}{
		"emptied":           {func(p string) error { return os.Truncate(p, 0) }, true},
		"cut":               {func(p string) error { return os.Truncate(p, 300) }, true},
		"removed":           {os.Remove, true},
		"a byte changed":    {flip, true},
		"a line appended":   {appended("{\"seq\":0}\n"), true},
		"rubbish appended":  {appended("x"), true},
		"replaced by equal": {replaced, false},
		"given a new mode":  {func(p string) error { return os.Chmod(p, 0o600) }, false},
		"given a new time":  {func(p string) error { return os.Chtimes(p, time.Now(), time.Unix(0, 0)) }, false},
		"given a new name":  {func(p string) error { return os.Link(p, p+"-link") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, apptest.Migrated(t, db.SQLite))
			stop := r.start(t)
			defer stop()
			r.put(t, 4)
			r.caughtUp(t, 5*time.Second)
			r.quiet(t)
			if err := c.do(filepath.Join(r.dir, file.Name)); err != nil {
				t.Fatal(err)
			}
			var got []event.LogFileAltered
			if c.alarm {
				soon(t, "the alarm", 5*time.Second, func() bool { got = append(got, r.altered()...); return len(got) > 0 })
			}
			r.put(t, 2)
			stop()
			if got = append(got, r.altered()...); c.alarm != (len(got) == 1) {
				t.Errorf("alarms = %+v, want one: %v", got, c.alarm)
			}
			_ = os.Remove(filepath.Join(r.dir, file.Name+"-link"))
			_ = os.Chmod(filepath.Join(r.dir, file.Name), 0o640)
			r.exact(t)
		})
	}
}

// quiet waits until the last write lies back by more than the step of the
// kernel's clock: a change in the very same step cannot be told from it.
func (r *rig) quiet(tb testing.TB) {
	soon(tb, "a quiet file", 5*time.Second, func() bool {
		info, err := os.Stat(filepath.Join(r.dir, file.Name))
		return err == nil && time.Since(info.ModTime()) > 20*time.Millisecond
	})
}

// flip changes one byte in the middle and puts the time of modification back.
func flip(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt([]byte("X"), 100); err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Chtimes(path, info.ModTime(), info.ModTime()))
}

func appended(text string) func(string) error {
	return func(path string) error {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = io.WriteString(f, text)
		return errors.Join(err, f.Close())
	}
}

// replaced is what restoring a copy does: equal bytes, another inode.
func replaced(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".copy", text, 0o640); err != nil {
		return err
	}
	return os.Rename(path+".copy", path)
}

// gateTurns waits for the gate to turn. The time is a second of the follower's
// and as much again for a busy machine.
func (r *rig) gateTurns(tb testing.TB, within time.Duration) (why error) {
	tb.Helper()
	select {
	case why := <-r.gate:
		return why
	case <-time.After(2 * within):
		tb.Fatalf("the gate did not turn within %v", 2*within)
		return nil
	}
}

// TestCopy holds that the copy has each line once, the last ones included, also
// when its reader fails for a while.
func TestCopy(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r := newRig(t, c)
		r.put(t, 3)
		out := &flaky{fail: 2}
		ctx, end := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { file.Copy(ctx, r.sealer, 2, out) })
		r.put(t, 5)
		end()
		group.Wait()
		var want strings.Builder
		for _, l := range r.lines(t)[2:] {
			want.Write(append(l.Text, '\n'))
		}
		if out.String() != want.String() {
			t.Errorf("Copy wrote\n%swant\n%s", out, want.String())
		}
	})
}

// flaky is a reader that is away for the first writes.
type flaky struct {
	bytes.Buffer
	fail int
}

// Write fails so many times, and takes nothing then.
func (f *flaky) Write(p []byte) (int, error) {
	if f.fail--; f.fail >= 0 {
		return 0, errors.New("nobody is there")
	}
	return f.Buffer.Write(p)
}
