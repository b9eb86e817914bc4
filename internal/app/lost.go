package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"coffer/internal/event"
	"coffer/internal/seclog/file"
)

// setAside keeps the lines that the files have and the log no longer: they are
// evidence, and the follower would take them for an unfinished write.
func (e *epoch) setAside(context.Context) error {
	paths, err := e.segments()
	if err != nil {
		return err
	}
	for _, path := range paths {
		kept, err := e.keepLost(path)
		if err != nil {
			return fmt.Errorf("keep what no longer counts of %s: %w", path, err)
		}
		if kept != "" {
			e.Kept = append(e.Kept, kept)
		}
	}
	slices.Sort(e.Kept) // by number again
	return nil
}

// keepLost copies the lines from the log's end on out of a file, and cuts them.
func (e *epoch) keepLost(path string) (kept string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	offset, seq, err := lostFrom(f, e.Lines)
	if err != nil || offset < 0 {
		return "", err
	}
	kept = filepath.Join(e.Data, fmt.Sprintf("security-%012d.log.lost", seq))
	if err := copyTail(f, offset, kept); err != nil {
		return "", err
	}
	if offset == 0 {
		return kept, os.Remove(path)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		return "", err
	}
	if err := os.Truncate(path, offset); err != nil {
		return "", err
	}
	// A finished segment that lost its end is the active one again. What was
	// that goes: all its lines come later, and are kept aside in a moment.
	return kept, e.reopen(path)
}

func (e *epoch) reopen(path string) error {
	active := filepath.Join(e.Data, file.Name)
	if path == active {
		return nil
	}
	kept, err := e.keepLost(active)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if kept != "" {
		e.Kept = append(e.Kept, kept)
	}
	return os.Rename(path, active)
}

// lostFrom finds where in a file the first line of that number or a later one
// begins; -1 is nowhere.
func lostFrom(f io.Reader, size uint64) (offset int64, seq uint64, err error) {
	in := bufio.NewReaderSize(f, event.MaxLine+1)
	for {
		line, err := in.ReadSlice('\n')
		if n, ok := numberOf(line); ok && n >= size {
			return offset, n, nil
		}
		offset += int64(len(line))
		if errors.Is(err, io.EOF) {
			return -1, 0, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return -1, 0, err
		}
	}
}

func copyTail(f *os.File, offset int64, to string) (err error) {
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, f); err != nil {
		return err
	}
	return out.Sync()
}
