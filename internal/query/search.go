package query

import (
	"context"
)

// Page says which part of what matches is wanted.
type Page struct {
	// Before is the number that the lines must be below; 0 begins at the newest.
	Before uint64
	// Limit is how many lines at most.
	Limit int
	// Reach is how many lines may be looked at that do not match; 0 is Reach.
	Reach int64
}

// Reach is how far back a page looks for lines that no index finds, so that it
// is there in a tenth of a second.
const Reach = 10_000

// Line is a sealed line that was found.
type Line struct {
	Seq uint64
	// Text is the exact line, without its newline.
	Text []byte
}

// Found is a page of lines, newest first.
type Found struct {
	Lines []Line
	// More says that there may be older ones: go on with Before: Next.
	More bool
	Next uint64
	// Short says that the page ended because it had looked far enough, and not
	// because it is full.
	Short bool
}

// Search finds lines, newest first, a page at a time. It shows everything to
// whoever calls it: who may see the log is judged before.
func (r *Reader) Search(ctx context.Context, f Filter, p Page) (Found, error) {
	plan, err := r.plan(ctx, f)
	if err != nil {
		return Found{}, err
	}
	if p.Before > 0 {
		plan.below = min(plan.below, p.Before)
	}
	if p.Reach == 0 {
		p.Reach = Reach
	}
	m := r.merge(plan, true, min(p.Limit+1, portion))
	var out Found
	for {
		l, state, err := m.next(ctx, p.Reach)
		switch {
		case err != nil:
			return Found{}, err
		case state == exhausted:
			return out, nil
		case state == tired:
			out.More, out.Short, out.Next = true, true, m.edge()
			return out, nil
		case len(out.Lines) == p.Limit:
			out.More, out.Next = true, l.seq+1
			return out, nil
		}
		out.Lines = append(out.Lines, Line{l.seq, l.text})
	}
}

// Check tells whether a filter can be carried out: whether the people it names
// are known.
func (r *Reader) Check(ctx context.Context, f Filter) error {
	_, err := r.resolve(ctx, f.Words)
	return err
}

// Span is a stretch of the log.
type Span struct {
	// From and Below are the numbers between which lines are wanted; Below 0
	// means to the newest there is at the start.
	From, Below uint64
	// Passed, if it is set, is told now and then up to which number all lines
	// were looked at.
	Passed func(at uint64)
}

// Each calls fn with every line that matches, oldest first. It reads portion by
// portion and calls fn in between, so that fn may take its time. The line is
// fn's to keep.
func (r *Reader) Each(ctx context.Context, f Filter, s Span, fn func(seq uint64, line []byte) error) error {
	plan, err := r.plan(ctx, f)
	if err != nil {
		return err
	}
	plan.from = max(plan.from, s.From)
	if s.Below > 0 {
		plan.below = min(plan.below, s.Below)
	}
	m := r.merge(plan, false, portion)
	m.passed = s.Passed
	for {
		l, state, err := m.next(ctx, forEver)
		if err != nil || state == exhausted {
			return err
		}
		if err := fn(l.seq, l.text); err != nil {
			return err
		}
	}
}
