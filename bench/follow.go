package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// follower reads security.log as a log shipper does, a thousand times a second,
// and notes how late each line is: its own time is taken inside the commit, so
// that what it waited for its sync counts against it. It also notes how long
// the oldest line waits that the checkpoint beside the file does not cover.
type follower struct {
	dir  string
	file *os.File
	part []byte // the beginning of a line whose end is not there yet

	late    []time.Duration
	seen    atomic.Int64 // how many are in late, for whoever waits
	waiting []time.Time  // of the lines from signed on
	signed  uint64
	oldest  time.Duration

	stop chan struct{}
	done chan error
}

// follow begins at the end of what is there.
func follow(dir string) (*follower, error) {
	f := &follower{dir: dir, stop: make(chan struct{}), done: make(chan error, 1)}
	var err error
	if f.file, err = os.Open(f.path()); err != nil {
		return nil, err
	}
	if _, err := f.file.Seek(0, io.SeekEnd); err != nil {
		return nil, err
	}
	go func() { f.done <- f.run() }()
	return f, nil
}

func (f *follower) path() string { return filepath.Join(f.dir, "security.log") }

// end waits until at least so many lines were seen, which a log that is far
// behind takes its time for, and stops.
func (f *follower) end(lines int) error {
	for deadline := time.Now().Add(30 * time.Second); f.seen.Load() < int64(lines); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			close(f.stop)
			return errors.Join(fmt.Errorf("%d of %d lines reached security.log", f.seen.Load(), lines), <-f.done, f.file.Close())
		}
	}
	close(f.stop)
	err := <-f.done
	return errors.Join(err, f.file.Close())
}

func (f *follower) run() error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		over := false
		select {
		case <-tick.C:
		case <-f.stop:
			over = true
		}
		if err := f.look(); err != nil || over {
			return err
		}
	}
}

// look reads what is new in the file, which may have become a segment that is
// over, and then the checkpoint.
func (f *follower) look() error {
	here, err := f.file.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(f.path())
	if err != nil && !errors.Is(err, os.ErrNotExist) { // it is being renamed
		return err
	}
	if err := f.read(); err != nil {
		return err
	}
	if now != nil && !os.SameFile(here, now) {
		next, err := os.Open(f.path())
		if err != nil {
			return err
		}
		f.file.Close()
		f.file = next
		if err := f.read(); err != nil {
			return err
		}
	}
	return f.checkpoint()
}

func (f *follower) read() error {
	text, err := io.ReadAll(f.file)
	if err != nil {
		return err
	}
	now := time.Now()
	text = append(f.part, text...)
	for {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			f.part = bytes.Clone(text)
			return nil
		}
		seq, at, err := stamp(line)
		if err != nil {
			return err
		}
		f.late = append(f.late, now.Sub(at))
		f.seen.Add(1)
		if len(f.waiting) == 0 {
			f.signed = seq
		}
		f.waiting, text = append(f.waiting, at), rest
	}
}

// stamp reads a line's first two members.
func stamp(line []byte) (seq uint64, at time.Time, err error) {
	head, rest, _ := strings.Cut(string(line[:min(len(line), 80)]), `,"datetime":"`)
	text, _, _ := strings.Cut(rest, `"`)
	if seq, err = strconv.ParseUint(strings.TrimPrefix(head, `{"seq":`), 10, 64); err != nil {
		return 0, at, fmt.Errorf("no line of security.log: %.80q", line)
	}
	at, err = time.Parse(time.RFC3339Nano, text)
	return seq, at, err
}

// checkpoint takes the lines off that are signed by now.
func (f *follower) checkpoint() error {
	if len(f.waiting) == 0 {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(f.dir, "checkpoint"))
	if err != nil {
		return err
	}
	f.oldest = max(f.oldest, time.Since(f.waiting[0]))
	parts := strings.SplitN(string(text), "\n", 3)
	if len(parts) < 3 {
		return errors.New("data/checkpoint is no checkpoint")
	}
	size, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil {
		return err
	}
	if size > f.signed {
		gone := min(size-f.signed, uint64(len(f.waiting)))
		f.waiting, f.signed = f.waiting[gone:], f.signed+gone
	}
	return nil
}
