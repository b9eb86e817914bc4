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

// judge compares the open segment with the database from its beginning, which
// its length bounds, and sets size and next to how far they agree; right is how
// far the file is known to be. ended reports that the segment's last line is
// among what agrees.
func (f *Follower) judge(ctx context.Context, right int64) (v verdict, ended bool, err error) {
	if err := f.reaches(ctx); err != nil {
		return altered, false, err
	}
	f.next, f.size = f.segment, 0
	f.sum.Reset()
	if ended, err = f.accept(ctx); err != nil {
		return altered, false, err
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

// reaches demands that the database has the line at the mark: if not, it is the
// database that lacks something, and no file is touched.
func (f *Follower) reaches(ctx context.Context) error {
	if f.next == f.segment {
		return nil
	}
	lines, err := f.Sealer.Lines(ctx, f.next-1, 1)
	if err == nil && len(lines) == 0 {
		err = fmt.Errorf("the database lacks line %d, which %s has: was an older copy of it restored?", f.next-1, f.f.Name())
	}
	return err
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

// accept walks on from next line by line beside the database, as far as they
// agree, or to the segment's last line.
func (f *Follower) accept(ctx context.Context) (ended bool, err error) {
	info, err := f.f.Stat()
	if err != nil || info.Size() <= f.size {
		return false, err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(f.f, f.size, info.Size()-f.size), stretch)
	for {
		lines, err := f.Sealer.Lines(ctx, f.next, portion)
		if err != nil {
			return false, err
		}
		n, ends := untilRotation(lines)
		matched, bytes, err := match(in, lines[:n], f.sealed(ctx), &f.sum)
		f.next, f.size = f.next+uint64(matched), f.size+bytes
		if err != nil || matched < n || n == 0 {
			return false, err
		}
		if ends {
			return true, nil
		}
	}
}

// match reads as many of the lines as come next, and adds them to sum. A line
// that the database has otherwise is right all the same if it is the one that
// was sealed: then it is the database that was changed, and the file has what was.
func match(in *bufio.Reader, lines []seal.Line, sealed func(uint64, []byte) (bool, error), sum io.Writer) (matched int, size int64, err error) {
	for _, l := range lines {
		got, err := in.ReadSlice('\n')
		if err != nil {
			return matched, size, ignoreEnd(err)
		}
		if text := got[:len(got)-1]; !bytes.Equal(text, l.Text) {
			if right, err := sealed(l.Seq, text); err != nil || !right {
				return matched, size, err
			}
		}
		if _, err := sum.Write(got); err != nil {
			return matched, size, err
		}
		matched++
		size += int64(len(got))
	}
	return matched, size, nil
}

// sealed asks the tree whether a line of the file is the one that was sealed.
func (c *Config) sealed(ctx context.Context) func(uint64, []byte) (bool, error) {
	return func(seq uint64, text []byte) (bool, error) { return c.Sealer.Sealed(ctx, seq, text) }
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, bufio.ErrBufferFull) { // longer than any line
		return nil
	}
	return err
}
