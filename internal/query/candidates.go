package query

import (
	"context"
	"database/sql"
)

// index is one way to get at lines.
type index struct {
	// named says that the value is a name in the log's index.
	named bool
	// newest and oldest are the statements of the other ways, in either direction.
	newest, oldest string
	// all says that it has no value.
	all bool
	// window is how many numbers one read covers, where the lines in it may be
	// many or none; 0 means that a read ends after portion lines.
	window uint64
	// cheaper is how many lines are passed over at the cost of fetching one.
	cheaper int64
}

// portion is how many lines one read fetches, so that it ends in milliseconds
// whatever the log's size.
const portion = 2048

// line is a candidate.
type line struct {
	seq  uint64
	text []byte
}

// stream reads the candidates of one way in order, portion by portion. Between
// two reads no transaction is open, however long the caller takes.
type stream struct {
	r           *Reader
	by          *index
	value       string
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
	if s.by.named {
		return s.readNamed(ctx)
	}
	from, below, limit := s.from, s.below, s.size
	if w := s.by.window; w > 0 {
		limit = int(w)
		if s.newest {
			from = max(from, below-min(below, w))
		} else {
			below = min(below, from+w)
		}
	}
	text := s.by.oldest
	if s.newest {
		text = s.by.newest
	}
	args := []any{s.value, int64(from), int64(below), limit}
	if s.by.all {
		args = args[1:]
	}
	rows, err := s.r.db.Query(ctx, text, args...)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	s.held, s.buf = nil, nil
	if err := s.collect(rows, limit); err != nil {
		return err
	}
	s.advance(from, below, limit)
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
			s.buf = make([]byte, 0, cap(s.held)*640)
		}
		if len(s.buf)+len(text) > cap(s.buf) { // lines given away stay where they are
			s.buf = make([]byte, 0, max(cap(s.buf), len(text)))
		}
		at := len(s.buf)
		s.buf = append(s.buf, text...)
		s.held = append(s.held, line{uint64(seq), s.buf[at:len(s.buf):len(s.buf)]})
	}
	if err := rows.Err(); err != nil {
		return unreadable(err)
	}
	return nil
}

// advance notes what is read: a window, or as far as the portion reached.
func (s *stream) advance(from, below uint64, limit int) {
	n := len(s.held)
	switch whole := s.by.window > 0 || n < limit; {
	case whole && s.newest:
		s.below = from
	case whole:
		s.from = below
	case s.newest:
		s.below = s.held[n-1].seq
	default:
		s.from = s.held[n-1].seq + 1
	}
	s.seen += int64(n)
	if s.by.window > 0 {
		s.seen += int64(below-from) / s.by.cheaper
	}
	s.size = min(2*s.size, portion) // few were asked for at first, perhaps
}
