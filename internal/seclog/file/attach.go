package file

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
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
		f.mark.set(f.segment, f.size, f.next, f.running)
		if !ended {
			return nil
		}
	}
}

func (f *Follower) attachOne(ctx context.Context) (ended bool, err error) {
	if err := f.openSegment(); err != nil {
		return false, err
	}
	same, err := f.sameBelowMark(ctx)
	if err != nil {
		return false, err
	}
	if !same {
		return false, f.setAside(ctx)
	}
	ended, whole, err := f.acceptTail(ctx)
	switch {
	case err != nil:
		return false, err
	case ended:
		return true, f.finish()
	case whole:
		return false, nil
	case f.active():
		return false, f.cut()
	}
	return false, f.setAside(ctx) // a finished segment has nothing unfinished in it
}

func (f *Follower) active() bool { return f.f.Name() == filepath.Join(f.Dir, Name) }

// openSegment opens the active file, or the finished one where a crash came
// between its renaming and the mark.
func (f *Follower) openSegment() error {
	file, err := os.OpenFile(filepath.Join(f.Dir, segmentName(f.segment)), os.O_RDONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return f.create()
	}
	f.f = file
	return err
}

// sameBelowMark compares the file's length and its last line below the mark
// with the database.
func (f *Follower) sameBelowMark(ctx context.Context) (same bool, err error) {
	info, err := f.f.Stat()
	if err != nil || f.size == 0 {
		return err == nil, err
	}
	if info.Size() < f.size || f.next == 0 {
		return false, nil
	}
	lines, err := f.Sealer.Lines(ctx, f.next-1, 1)
	if err != nil || len(lines) != 1 {
		return false, errors.Join(err, errIf(len(lines) == 0, "the database lacks line %d that security.log has", f.next-1))
	}
	want := append(bytes.Clone(lines[0].Text), '\n')
	got := make([]byte, len(want))
	if _, err := f.f.ReadAt(got, max(0, f.size-int64(len(want)))); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return bytes.Equal(got, want), nil
}

func errIf(bad bool, format string, args ...any) error {
	if !bad {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// setAside keeps an altered file under another name and begins its segment anew.
func (f *Follower) setAside(ctx context.Context) error {
	kept := fmt.Sprintf("%s.altered-%s", Name, time.Now().UTC().Format("20060102T150405.000000"))
	paths := []string{f.f.Name()}
	if !f.active() {
		paths = append(paths, filepath.Join(f.Dir, Name)) // it will be written again too
	}
	for i, path := range paths {
		to := filepath.Join(f.Dir, kept+strings.Repeat("-next", i))
		if err := os.Rename(path, to); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	slog.Error("security.log was altered from outside; it is kept aside and written again from the database",
		"kept", kept, "segment", f.segment)
	altered := event.LogFileAltered{Segment: f.segment, Offset: f.size, Kept: kept}
	f.detach()
	f.next, f.size = f.segment, 0
	if f.Altered != nil {
		f.Altered(ctx, altered)
	}
	return f.create()
}

// acceptTail walks what lies beyond the mark line by line beside the database:
// ended at the segment's last line, or whole up to the file's end, or neither.
func (f *Follower) acceptTail(ctx context.Context) (ended, whole bool, err error) {
	info, err := f.f.Stat()
	if err != nil || info.Size() == f.size {
		return false, err == nil, err
	}
	in := bufio.NewReader(io.NewSectionReader(f.f, f.size, info.Size()-f.size))
	for {
		lines, err := f.Sealer.Lines(ctx, f.next, portion)
		if err != nil {
			return false, false, err
		}
		n, ends := untilRotation(lines)
		matched, err := f.match(in, lines[:n])
		if err != nil || matched < n || n == 0 {
			return false, f.size == info.Size(), err
		}
		if ends {
			return true, true, nil
		}
	}
}

func (f *Follower) match(in *bufio.Reader, lines []seal.Line) (matched int, err error) {
	for _, l := range lines {
		got := make([]byte, len(l.Text)+1)
		if _, err := io.ReadFull(in, got); err != nil {
			return matched, ignoreEnd(err)
		}
		if got[len(l.Text)] != '\n' || !bytes.Equal(got[:len(l.Text)], l.Text) {
			return matched, nil
		}
		matched++
		f.next++
		f.size += int64(len(got))
	}
	return matched, nil
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// cut drops the unfinished write beyond the last good line.
func (f *Follower) cut() error {
	if err := f.f.Truncate(f.size); err != nil {
		return err
	}
	if err := datasync(f.f); err != nil {
		return fmt.Errorf("%w: %w", ErrSync, err)
	}
	return nil
}
