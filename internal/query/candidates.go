package query

import (
	"context"
	"database/sql"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// portion is how many lines one read fetches, so that it ends in milliseconds
// whatever the log's size.
const portion = 2048

// line is a candidate.
type line struct {
	seq  uint64
	text []byte
	// target is what was touched, where that is known without looking.
	target string
}

// stream reads the candidates of one way in order, portion by portion. Between
// two reads no transaction is open, however long the caller takes.
type stream struct {
	r           *Reader
	name        string // that the lines mention; none is all lines
	newest      bool
	from, below uint64   // what is not read yet
	open        uint64   // the first line that the index lacks
	numbers     []uint64 // of lines that the index found and nobody has fetched
	held        []line
	buf         []byte
	size        int
	seen        int64 // what was read, in fetched lines' cost
}

// peek is the next candidate, or nil at the end. It reads once at most: where a
// window holds nothing, more is false only at the end.
func (s *stream) peek(ctx context.Context) (next *line, more bool, err error) {
	if len(s.held) == 0 && s.from < s.below {
		if err := s.read(ctx); err != nil {
			return nil, false, err
		}
	}
	if len(s.held) > 0 {
		return &s.held[0], true, nil
	}
	return nil, s.from < s.below, nil
}

func (s *stream) pop() { s.held = s.held[1:] }

// edge is up to where, exclusively, this way was read and given away.
func (s *stream) edge() uint64 {
	switch {
	case len(s.held) > 0 && s.newest:
		return s.held[0].seq + 1
	case len(s.held) > 0:
		return s.held[0].seq
	case s.newest:
		return s.below
	}
	return s.from
}

// read fetches the next portion. Lines are copied, since rows must not stay
// open while somebody looks at them.
func (s *stream) read(ctx context.Context) error {
	s.held, s.buf = nil, nil
	if s.name != "" {
		return s.readNamed(ctx)
	}
	text := selectAll
	if s.newest {
		text = selectAllDown
	}
	rows, err := s.r.db.Query(ctx, text, int64(s.from), int64(s.below), s.size)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	if err := s.collect(rows, s.size); err != nil {
		return err
	}
	s.advance()
	return nil
}

func (s *stream) collect(rows *sql.Rows, limit int) error {
	var text sql.RawBytes
	var seq int64
	for rows.Next() {
		if err := rows.Scan(&seq, &text); err != nil {
			return unreadable(err)
		}
		if s.held == nil {
			s.held = make([]line, 0, min(limit, portion))
		}
		if cap(s.buf)-len(s.buf) < event.MaxLine { // lines given away stay where they are
			s.buf = make([]byte, 0, 4*event.MaxLine)
		}
		at := len(s.buf)
		s.buf = seal.Unpack(s.buf, text)
		s.held = append(s.held, line{seq: uint64(seq), text: s.buf[at:len(s.buf):len(s.buf)]})
	}
	if err := rows.Err(); err != nil {
		return unreadable(err)
	}
	return nil
}

// advance notes how far the portion reached.
func (s *stream) advance() {
	n := len(s.held)
	switch whole := n < s.size; {
	case whole && s.newest:
		s.below = s.from
	case whole:
		s.from = s.below
	default:
		s.passed(s.held[n-1].seq)
	}
	s.seen += int64(n)
	s.size = min(2*s.size, portion) // few were asked for at first, perhaps
}
