package query

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"coffer/internal/seclog/seal"
)

// Newest gives at most limit sealed lines from seq on, in order: the sealer's
// Lines, which has the newest in memory.
type Newest func(ctx context.Context, seq uint64, limit int) ([]seal.Line, error)

// open reads the lines from up to, not including, below, oldest first, that are
// in no block of the index yet: less than a block of them.
func (r *Reader) open(ctx context.Context, from, below uint64) (lines []line, err error) {
	for r.Newest != nil && from < below {
		some, err := r.Newest(ctx, from, int(below-from))
		if err != nil || len(some) == 0 {
			break // another process sealed some of them, and this one does not know yet
		}
		lines = slices.Grow(lines, len(some))
		for _, l := range some {
			lines = append(lines, line{l.Seq, l.Text, l.Target})
		}
		from += uint64(len(some))
	}
	s := stream{r: r, from: from, below: below, size: portion}
	for s.from < s.below {
		if err := s.read(ctx); err != nil {
			return nil, err
		}
		lines = append(lines, s.held...)
	}
	return lines, nil
}

// mentions reports whether the index would find the line by name.
func (l line) mentions(name string) (yes bool, err error) {
	if !l.holds(name) {
		return false, nil // most are not taken apart
	}
	var m members
	if err := m.take(l.text); err != nil {
		return false, err
	}
	for _, n := range [][]byte{m.subject, m.actor, m.tgt, m.sourceIP, m.session, m.event} {
		if string(n) == name {
			return true, nil
		}
	}
	return false, nil
}

// holds reports whether text could stand in the line.
func (l line) holds(text string) (possible bool) {
	return strings.ContainsAny(text, `"\`) || // it is written otherwise
		bytes.Contains(l.text, []byte(text))
}
