package query

import (
	"context"
	"math"
)

// merge reads the ways of a plan as one, in order, and judges each line.
type merge struct {
	streams []*stream
	match   *matcher
	newest  bool
	odd     bool
	passed  func(uint64) // told after each portion, if it is set
}

func (r *Reader) merge(p *plan, newest bool, first int) *merge {
	m := &merge{match: p.match, newest: newest, odd: r.Odd}
	if p.from >= p.below {
		return m
	}
	for _, w := range p.ways {
		m.streams = append(m.streams, &stream{r: r, name: string(w), newest: newest, from: p.from, below: p.below, open: p.open, size: first})
	}
	return m
}

// state is how a search for the next line ended.
type state int

const (
	found     state = iota
	exhausted       // there is none
	tired           // it has looked far enough
)

// forEver is a reach without an end.
const forEver = math.MaxInt64

// next finds the next line that matches, looking at no more lines in all than
// reach, or a portion beyond.
func (m *merge) next(ctx context.Context, reach int64) (line, state, error) {
	for {
		if err := ctx.Err(); err != nil {
			return line{}, exhausted, err
		}
		s, more, err := m.foremost(ctx)
		if err != nil {
			return line{}, exhausted, err
		}
		if s == nil {
			if !more {
				return line{}, exhausted, nil
			}
		} else {
			l := s.held[0]
			s.pop()
			ok, err := m.judge(l)
			if m.passed != nil && len(s.held) == 0 {
				m.passed(l.seq)
			}
			if err != nil || ok {
				return l, found, err
			}
			if len(s.held) > 0 {
				continue
			}
		}
		if m.seen() >= reach {
			return line{}, tired, nil
		}
	}
}

// foremost is the stream that holds the next candidate. It is none, with more,
// while some stream does not know yet what it will give next.
func (m *merge) foremost(ctx context.Context) (best *stream, more bool, err error) {
	for _, s := range m.streams {
		next, has, err := s.peek(ctx)
		switch {
		case err != nil:
			return nil, false, err
		case next == nil && has:
			return nil, true, nil
		case next == nil:
			continue
		case best == nil, m.newest == (next.seq > best.held[0].seq):
			best = s
		}
	}
	return best, best != nil, nil
}

func (m *merge) judge(l line) (holds bool, err error) {
	if m.match.idle() {
		return true, nil
	}
	var parts members
	if err := parts.take(l.text); err != nil {
		if m.odd {
			return true, nil
		}
		return false, err
	}
	return m.match.matches(&parts), nil
}

// seen is how many lines were looked at.
func (m *merge) seen() (n int64) {
	for _, s := range m.streams {
		n += s.seen - int64(len(s.held))
	}
	return n
}

// edge is the number down to which every line was looked at.
func (m *merge) edge() uint64 {
	edge := uint64(0)
	for _, s := range m.streams {
		edge = max(edge, s.edge())
	}
	return edge
}
