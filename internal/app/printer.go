package app

import (
	"bufio"
	"fmt"

	"coffer/internal/event"
	"coffer/internal/format"
)

// printer writes lines in a format.
type printer struct {
	out    *bufio.Writer
	format format.Format
	exact  bool              // the format is the line itself: nothing need be taken apart
	odd    func(what string) // is told of a line that does not read; nil, and that ends it
	buf    []byte
	lines  int
}

func newPrinter(q Reading) *printer {
	return &printer{out: bufio.NewWriterSize(q.Out, 1<<16), format: q.Format, exact: q.Format.Name == "jsonl", odd: q.Unrecorded}
}

// line writes one line, and before the first one the format's header.
func (p *printer) line(seq uint64, text []byte) error {
	var l event.Line
	var err error
	if !p.exact {
		if l, err = event.Parse(text); err != nil {
			err = fmt.Errorf("line %d in the database does not read: %w; coffer log verify says more", seq, err)
			if p.odd != nil {
				p.odd(err.Error())
				return nil
			}
			return err
		}
	}
	p.buf = p.buf[:0]
	if p.lines == 0 {
		p.buf = append(p.buf, p.format.Header()...)
	}
	if p.buf, err = p.format.Append(p.buf, l, text); err != nil {
		return fmt.Errorf("line %d: %w", seq, err)
	}
	p.lines++
	_, err = p.out.Write(p.buf)
	return err
}

func (p *printer) flush() error { return p.out.Flush() }
