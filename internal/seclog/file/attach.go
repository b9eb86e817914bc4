package file

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"coffer/internal/event"
)

// attach opens the segment the mark names and brings it in line with the
// database: up to the mark it must be what was written; beyond it, lines that
// the database has too are kept and the rest, an unfinished write, is cut. A
// segment that turns out finished is closed and the next one looked at.
func (f *Follower) attach(ctx context.Context) error {
	for {
		ended, err := f.attachOne(ctx)
		if err != nil {
			f.detach()
			return err
		}
		if ended {
			continue
		}
		f.suspect, f.known = false, true
		f.mark.set(f.segment, f.size, f.next, f.running)
		return nil
	}
}

func (f *Follower) attachOne(ctx context.Context) (ended bool, err error) {
	for _, name := range []string{segmentName(f.segment), Name} {
		if err := f.evict(ctx, name); err != nil {
			return false, err
		}
	}
	right := f.size
	if err := f.openSegment(); err != nil {
		return false, err
	}
	if f.f == nil { // there is none
		if right > 0 {
			f.again(ctx, right, "")
		}
		return false, f.create()
	}
	v, ended, err := f.judge(ctx, right)
	switch {
	case err != nil:
		return false, err
	case v == altered:
		return false, f.setAside(ctx, right)
	case v == torn:
		err = f.cut()
	}
	if err == nil && ended {
		return true, f.finish(ctx)
	}
	return false, errors.Join(err, f.remember())
}

func (f *Follower) active() bool { return f.f.Name() == filepath.Join(f.Dir, Name) }

// openSegment opens the active file, or the finished one where a crash came
// between its renaming and the mark. No file at all is no error.
func (f *Follower) openSegment() error {
	for _, c := range []struct {
		name string
		flag int
	}{{segmentName(f.segment), os.O_RDONLY}, {Name, os.O_RDWR | os.O_APPEND}} {
		file, err := f.Disk.Open(filepath.Join(f.Dir, c.name), c.flag, 0)
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue
		case err != nil:
			return err
		}
		f.f = file
		return regular(file)
	}
	return nil
}

// regular refuses what took the file's place since it was looked at.
func regular(file Handle) error {
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is %s and no file", file.Name(), kind(info))
	}
	return err
}

// setAside keeps an altered file under another name and begins its segment anew.
func (f *Follower) setAside(ctx context.Context, right int64) error {
	kept := aside(Name)
	paths := []string{f.f.Name()}
	if !f.active() {
		paths = append(paths, filepath.Join(f.Dir, Name)) // it will be written again too
	}
	for i, path := range paths {
		to := filepath.Join(f.Dir, kept+strings.Repeat("-next", i))
		if err := f.away(path, to); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	f.detach()
	f.again(ctx, right, kept)
	return f.create()
}

// aside is the name under which an altered file is kept.
func aside(name string) string {
	return fmt.Sprintf("%s.altered-%s", name, time.Now().UTC().Format("20060102T150405.000000"))
}

// again goes back to the segment's beginning and says why.
func (f *Follower) again(ctx context.Context, right int64, kept string) {
	slog.Error("security.log was altered from outside; it is written again from the database",
		"kept", kept, "segment", f.segment)
	f.next, f.size = f.segment, 0
	if f.Altered != nil {
		f.Altered(ctx, event.LogFileAltered{Segment: f.segment, Offset: right, Kept: kept})
	}
}

// cut drops the unfinished write beyond the last good line.
func (f *Follower) cut() error {
	if err := f.f.Truncate(f.size); err != nil {
		return err
	}
	return synced(f.f.Sync())
}
