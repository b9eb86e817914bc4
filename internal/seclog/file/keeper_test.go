package file_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
)

const firstSegment = "security-000000000000.log"

// remembered waits until what every finished segment looks like is stored.
func (r *rig) remembered(tb testing.TB) {
	tb.Helper()
	soon(tb, "the finished segments to be remembered", 10*time.Second, func() bool {
		want, _ := files(r.lines(tb))
		var n int
		err := r.read.QueryRow(context.Background(), `SELECT COUNT(*) FROM segment_file`).Scan(&n)
		return err == nil && n == len(want)-1
	})
}

// TestFinishedSegments does to a finished segment what others can do to it,
// while the log is followed and while it is not.
func TestFinishedSegments(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(path string) error
		alarm bool
		kept  bool
	}{
		"emptied":            {func(p string) error { return os.Truncate(p, 0) }, true, true},
		"removed":            {os.Remove, true, false},
		"a byte changed":     {flip, true, true},
		"a line appended":    {appended("{\"seq\":0}\n"), true, true},
		"a link in place":    {func(p string) error { return swapped(p, func() error { return os.Symlink("elsewhere", p) }) }, true, true},
		"replaced by equal":  {replaced, false, false},
		"given a new mode":   {func(p string) error { return os.Chmod(p, 0o400) }, false, false},
		"a directory there":  {func(p string) error { return swapped(p, func() error { return os.Mkdir(p, 0o700) }) }, true, true},
		"changed and equal":  {func(p string) error { return os.Chtimes(p, time.Now(), time.Unix(0, 0)) }, false, false},
		"cut by a last byte": {func(p string) error { return shorter(p) }, true, true},
	} {
		for _, running := range []bool{true, false} {
			t.Run(name+map[bool]string{true: " while running", false: " while stopped"}[running], func(t *testing.T) {
				t.Parallel()
				r := newRig(t, apptest.Migrated(t, db.SQLite))
				stop := r.start(t)
				defer func() { stop() }()
				r.put(t, 25)
				r.caughtUp(t, 10*time.Second)
				r.remembered(t)
				if !running {
					stop()
				}
				if err := c.do(filepath.Join(r.dir, firstSegment)); err != nil {
					t.Fatal(err)
				}
				if !running {
					stop = r.start(t)
				}
				r.settles(t, c.alarm, c.kept)
			})
		}
	}
}

// settles waits for the alarm, or for the appearance to be remembered anew, and
// demands exact files.
func (r *rig) settles(t *testing.T, alarm, keeps bool) {
	t.Helper()
	var got []event.LogFileAltered
	if alarm {
		soon(t, "the alarm", 10*time.Second, func() bool { got = append(got, r.altered()...); return len(got) > 0 })
	}
	path := filepath.Join(r.dir, firstSegment)
	soon(t, "the segment to be right", 10*time.Second, func() bool {
		info, err := os.Lstat(path)
		var bytes int64
		stored := r.read.QueryRow(context.Background(), `SELECT bytes FROM segment_file WHERE first = 0`).Scan(&bytes)
		return err == nil && stored == nil && info.Mode().IsRegular() && info.Size() == bytes && r.noted(path)
	})
	if got = append(got, r.altered()...); alarm != (len(got) == 1) {
		t.Fatalf("alarms = %+v, want one: %v", got, alarm)
	}
	if alarm && (got[0].Kept != "") != keeps {
		t.Errorf("kept %q, want something: %v", got[0].Kept, keeps)
	}
	if keeps {
		if _, err := os.Lstat(filepath.Join(r.dir, got[0].Kept)); err != nil {
			t.Errorf("what was found is gone: %v", err)
		}
		if err := os.RemoveAll(filepath.Join(r.dir, got[0].Kept)); err != nil { // a link leads nowhere: it cannot be read
			t.Error(err)
		}
	}
	if !alarm {
		_ = os.Chmod(path, 0o440)
	}
	r.exact(t)
}

// noted reports whether what is stored is the file at the path.
func (r *rig) noted(path string) (is bool) {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	var changed int64
	err = r.read.QueryRow(context.Background(), `SELECT changed FROM segment_file WHERE first = 0`).Scan(&changed)
	return err == nil && changed == file.Changed(info).UnixNano()
}

func swapped(path string, put func() error) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return put()
}

func shorter(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()-1)
}

// TestPrunedSegments holds that files go once the database has let their lines
// go, that they are not taken for lost, and that a new directory begins where
// the log begins.
func TestPrunedSegments(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		r := newRig(t, c)
		stop := r.start(t)
		defer func() { stop() }()
		r.put(t, 35)
		r.caughtUp(t, 10*time.Second)
		r.remembered(t)
		r.prune(t)
		soon(t, "the first segment's file to go", 5*time.Second, func() bool {
			_, err := os.Lstat(filepath.Join(r.dir, firstSegment))
			return os.IsNotExist(err)
		})
		r.put(t, 3)
		r.caughtUp(t, 10*time.Second)
		stop()
		r.exact(t)
		r.prune(t) // while nobody follows
		stop = r.start(t)
		soon(t, "the second segment's file to go", 5*time.Second, func() bool {
			want, _ := files(r.lines(t))
			got, _ := r.found(t)
			return len(got) == len(want)
		})
		stop()
		r.exact(t)
		r.dir = t.TempDir()
		stop = r.start(t)
		r.caughtUp(t, 10*time.Second)
		stop()
		r.exact(t)
		if got := r.altered(); len(got) > 0 {
			t.Errorf("alarms = %+v, want none", got)
		}
	})
}

// prune lets the lines of the first segment go, as retention does.
func (r *rig) prune(tb testing.TB) {
	tb.Helper()
	lines := r.lines(tb)
	last := lines[slices.IndexFunc(lines, func(l seal.Line) bool { return l.Event == "log_rotated" })].Seq
	if err := r.write.Apart(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE head SET pruned = $1`, last+1)
		if err == nil {
			_, err = tx.Exec(`DELETE FROM event WHERE seq <= $1`, last)
		}
		return err
	}); err != nil {
		tb.Fatal(err)
	}
}
