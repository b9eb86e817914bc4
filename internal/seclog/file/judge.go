package file

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// verdict is what a file found is, beside the database.
type verdict int

const (
	whole   verdict = iota // every byte of it is what was written
	torn                   // right as far as it was known, then an unfinished write
	altered                // changed by somebody else
)

// judge compares the open segment with the database and sets size and next to
// how far they agree; right is how far the file is known to be. ended reports
// that the segment's last line is among what agrees.
func (f *Follower) judge(ctx context.Context, right int64) (v verdict, ended bool, err error) {
	same := true
	if f.suspect || !f.known {
		f.next, f.size = f.segment, 0
	} else if same, ended, err = f.sameBelowMark(ctx); err != nil || !same {
		return altered, false, err
	}
	if !ended {
		if ended, err = f.acceptTail(ctx); err != nil {
			return altered, false, err
		}
	}
	info, err := f.f.Stat()
	switch {
	case err != nil:
		return altered, false, err
	case f.size < right, !f.active() && !ended:
		return altered, false, nil
	case f.size == info.Size():
		return whole, ended, nil
	case f.active() && f.known && !f.suspect && f.unfinished():
		return torn, ended, nil
	}
	return altered, false, nil
}

// sameBelowMark compares the file's length and its last line below the mark
// with the database.
func (f *Follower) sameBelowMark(ctx context.Context) (same, ended bool, err error) {
	info, err := f.f.Stat()
	if err != nil || f.size == 0 {
		return err == nil, false, err
	}
	if info.Size() < f.size || f.next == 0 {
		return false, false, nil
	}
	lines, err := f.Sealer.Lines(ctx, f.next-1, 1)
	if err != nil {
		return false, false, err
	}
	if len(lines) == 0 {
		return false, false, fmt.Errorf("the database lacks line %d, which %s has: was an older copy of it restored?", f.next-1, f.f.Name())
	}
	want := append(bytes.Clone(lines[0].Text), '\n')
	got := make([]byte, len(want))
	if _, err := f.f.ReadAt(got, max(0, f.size-int64(len(want)))); err != nil && !errors.Is(err, io.EOF) {
		return false, false, err
	}
	return bytes.Equal(got, want), lines[0].Event == rotated, nil
}

// unfinished reports whether what lies beyond the last good line may be a write
// that a crash interrupted: no whole line of a log is.
func (f *Follower) unfinished() (may bool) {
	line, err := bufio.NewReader(io.NewSectionReader(f.f, f.size, maxLine)).ReadBytes('\n')
	if err != nil {
		return true
	}
	_, err = event.Parse(line[:len(line)-1])
	return err != nil
}

// maxLine bounds what is read to find out whether something is a line.
const maxLine = 64 << 10

// acceptTail walks on from next line by line beside the database, as far as
// they agree, or to the segment's last line.
func (f *Follower) acceptTail(ctx context.Context) (ended bool, err error) {
	info, err := f.f.Stat()
	if err != nil || info.Size() <= f.size {
		return false, err
	}
	in := bufio.NewReader(io.NewSectionReader(f.f, f.size, info.Size()-f.size))
	for {
		lines, err := f.Sealer.Lines(ctx, f.next, portion)
		if err != nil {
			return false, err
		}
		n, ends := untilRotation(lines)
		matched, err := f.match(in, lines[:n])
		if err != nil || matched < n || n == 0 {
			return false, err
		}
		if ends {
			return true, nil
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
