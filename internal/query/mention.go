package query

import (
	"context"
	"database/sql"
	"encoding/binary"
	"slices"

	"coffer/internal/db"
	"coffer/internal/seclog/seal"
)

const (
	// together is how many lines one statement fetches by number.
	together = 16
	// someBlocks is how many blocks of the index are read at once.
	someBlocks = 64
)

// mentions is what the index says about a name, for a stretch of numbers.
type mentions struct {
	// numbers are the lines', in the order that was asked for.
	numbers []uint64
	// last is the block that was read last; it is the end if done.
	last uint64
	done bool
}

// mentioned reads some blocks of the index: the numbers from up to, not
// including, below at which lines mention name.
func mentioned(ctx context.Context, r *db.Reader, name string, from, below uint64, newest bool) (m mentions, err error) {
	if from >= below {
		return mentions{done: true}, nil
	}
	text := selectBlocksUp
	if newest {
		text = selectBlocksDown
	}
	rows, err := r.Query(ctx, text, name, int64(from/seal.Block), int64((below-1)/seal.Block), someBlocks)
	if err != nil {
		return m, unreadable(err)
	}
	defer rows.Close()
	read := 0
	for ; rows.Next(); read++ {
		var lines sql.RawBytes
		if err := rows.Scan(&m.last, &lines); err != nil {
			return m, unreadable(err)
		}
		m.add(lines, from, below, newest)
	}
	m.done = read < someBlocks
	if err := rows.Err(); err != nil {
		return m, unreadable(err)
	}
	return m, nil
}

// add takes a block's lines, two bytes each, as far as they lie in the stretch.
func (m *mentions) add(lines []byte, from, below uint64, newest bool) {
	had := len(m.numbers)
	for ; len(lines) >= 2; lines = lines[2:] {
		if seq := m.last*seal.Block + uint64(binary.BigEndian.Uint16(lines)); seq >= from && seq < below {
			m.numbers = append(m.numbers, seq)
		}
	}
	if newest {
		slices.Reverse(m.numbers[had:])
	}
}

// these are the arguments of a statement that fetches lines by number.
func these(numbers []uint64) []any {
	args := make([]any, together)
	for i := range args {
		args[i] = int64(-1) // no line has this number
		if i < len(numbers) {
			args[i] = int64(numbers[i])
		}
	}
	return args
}

// readNamed fetches the next lines that mention the stream's name: those that
// the index lacks, or some of those that it knows.
func (s *stream) readNamed(ctx context.Context) error {
	open := max(s.from, s.open)
	if s.newest && s.below > open || !s.newest && s.from >= s.open {
		return s.readOpen(ctx, open)
	}
	if len(s.numbers) == 0 {
		if err := s.look(ctx, min(s.below, s.open)); err != nil {
			return err
		}
	}
	n := min(s.size, len(s.numbers))
	for _, some := range slices.Collect(slices.Chunk(s.numbers[:n], together)) {
		if err := s.fetch(ctx, some); err != nil {
			return err
		}
		s.passed(some[len(some)-1])
	}
	s.numbers = s.numbers[n:]
	s.seen += int64(n)
	s.size = min(2*s.size, portion)
	return nil
}

// readOpen looks through the lines that the index lacks, all at once.
func (s *stream) readOpen(ctx context.Context, from uint64) error {
	lines, err := s.r.open(ctx, from, s.below)
	if err != nil {
		return err
	}
	for _, l := range lines {
		mentions, err := l.mentions(s.name)
		if err != nil {
			return err
		}
		if mentions {
			s.held = append(s.held, l)
		}
	}
	if s.newest {
		slices.Reverse(s.held)
		s.below = from
	} else {
		s.from = s.below
	}
	s.seen += int64(len(s.held))
	return nil
}

// look asks the index, and steps over what it does not mention.
func (s *stream) look(ctx context.Context, below uint64) error {
	m, err := mentioned(ctx, s.r.db, s.name, s.from, below, s.newest)
	if err != nil {
		return err
	}
	s.numbers = m.numbers
	switch {
	case len(m.numbers) > 0: // passed moves on
	case m.done && s.newest:
		s.below = s.from
	case m.done:
		s.from = below
	case s.newest:
		s.below = m.last * seal.Block
	default:
		s.from = (m.last + 1) * seal.Block
	}
	return nil
}

// passed notes that a line was read.
func (s *stream) passed(seq uint64) {
	if s.newest {
		s.below = seq
	} else {
		s.from = seq + 1
	}
}

// fetch adds lines to what is held, in the stream's order.
func (s *stream) fetch(ctx context.Context, numbers []uint64) error {
	rows, err := s.r.db.Query(ctx, selectNumbers, these(numbers)...)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	had := len(s.held)
	if err := s.collect(rows, max(s.size, together)); err != nil {
		return err
	}
	if s.newest {
		slices.Reverse(s.held[had:])
	}
	return nil
}

// probe counts about how many lines a way would give, up to probed blocks.
func (r *Reader) probe(ctx context.Context, w way, p *plan) (n int64, err error) {
	if p.from >= p.below {
		return 0, nil
	}
	err = r.db.QueryRow(ctx, countMentions, string(w), int64(p.from/seal.Block), int64((p.below-1)/seal.Block), probed).Scan(&n)
	if err != nil {
		return 0, unreadable(err)
	}
	return n, nil
}
