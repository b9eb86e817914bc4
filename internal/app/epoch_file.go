package app

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"coffer/internal/event"
)

// segments are the log's files in the order of their lines: by number, and the
// active one, which has none, last.
func (a *App) segments() ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(a.Data, "security*.log"))
	slices.Sort(paths)
	return paths, err
}

// filed reads the lines of the log's files one by one, as they are numbered.
// What is no line of a log is stepped over: it is evidence of nothing.
type filed struct {
	paths []string
	f     *os.File
	in    *bufio.Reader
	seq   uint64
	line  []byte // of that number, without its newline; nil at the end
}

// next goes on to the next line.
func (r *filed) next() error {
	for r.line = nil; r.f != nil || len(r.paths) > 0; {
		if err := r.open(); err != nil {
			return err
		}
		line, err := r.in.ReadSlice('\n')
		seq, ok := numberOf(line)
		switch {
		case errors.Is(err, io.EOF): // an unfinished line is none
			r.close()
		case errors.Is(err, bufio.ErrBufferFull): // nor is one over the limit
		case err != nil:
			return err
		case ok:
			r.seq, r.line = seq, line[:len(line)-1]
			return nil
		}
	}
	return nil
}

func (r *filed) open() (err error) {
	if r.f != nil {
		return nil
	}
	if r.f, err = os.Open(r.paths[0]); err != nil {
		return err
	}
	r.paths, r.in = r.paths[1:], bufio.NewReaderSize(r.f, event.MaxLine+1)
	return nil
}

func (r *filed) close() {
	if r.f != nil {
		_ = r.f.Close() // it was only read
		r.f = nil
	}
}

// at gives the line of a number that is asked for in rising order; nil is none.
func (r *filed) at(seq uint64) ([]byte, error) {
	for r.line != nil && r.seq < seq {
		if err := r.next(); err != nil {
			return nil, err
		}
	}
	if r.line == nil || r.seq != seq {
		return nil, nil
	}
	return r.line, nil
}

func numberOf(line []byte) (seq uint64, ok bool) {
	digits, found := bytes.CutPrefix(line, []byte(`{"seq":`))
	digits, _, comma := bytes.Cut(digits, []byte(","))
	if !found || !comma {
		return 0, false
	}
	seq, err := strconv.ParseUint(string(digits), 10, 64)
	return seq, err == nil
}
