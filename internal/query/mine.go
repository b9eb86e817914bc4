package query

import (
	"context"
	"math"
	"time"
)

// reach is how many of a person's lines a page looks at that are not what is
// wished for, so that it is there in a tenth of a second.
const reach = 2000

// Mine is a page of a person's own history, newest first.
type Mine struct {
	Entries []Entry
	// Lines are the entries' exact lines, one each.
	Lines [][]byte
	// More says that there may be older ones: go on with Before: Next.
	More bool
	Next uint64
	// Short says that the page ended because it had looked far enough, and not
	// because it is full.
	Short bool
}

// wish is a Wish at work.
type wish struct {
	Wish
	now   time.Time
	left  int    // lines that may still be looked at in vain
	edge  uint64 // the last line looked at
	over  bool   // all that follows is too old
	lines [][]byte
}

// Mine reads what a person wishes to see of their own history: lines before the
// one of that number, at most limit. 0 begins at the newest.
func (r *Reader) Mine(ctx context.Context, person string, w Wish, before uint64, limit int) (m Mine, err error) {
	if person == "" {
		return Mine{}, nil // the empty subject is nobody's, not somebody's
	}
	if before == 0 || before > math.MaxInt64 {
		before = math.MaxInt64
	}
	f := &finding{Reader: r, person: person, limit: limit + 1, wish: &wish{Wish: w, now: r.now(), left: reach}}
	if m.Entries, err = r.findWished(ctx, f, "", before); err != nil {
		return Mine{}, err
	}
	m.Lines = f.wish.lines
	switch {
	case len(m.Entries) > limit:
		m.Entries, m.Lines, m.More = m.Entries[:limit], m.Lines[:limit], true
		m.Next = m.Entries[limit-1].Seq
	case f.wish.left <= 0 && !f.wish.over:
		m.More, m.Short, m.Next = true, true, f.wish.edge
	}
	return m, nil
}

// takes reports whether an entry is wished for, and keeps its line.
func (w *wish) takes(e *Entry, l line) (yes bool) {
	if w == nil {
		return true
	}
	w.edge = e.Seq
	switch {
	case e.At.Before(w.Since): // time in the log never runs backwards
		w.over = true
		return false
	case !w.holds(e, w.now):
		w.left--
		return false
	}
	w.lines = append(w.lines, l.text)
	return true
}

// full reports that nothing more is to be looked at.
func (f *finding) full() (yes bool) {
	return len(f.entries) == f.limit || f.wish != nil && (f.wish.over || f.wish.left <= 0)
}

// few is how many lines to fetch at most: those that are missing, or where most
// may not be wished for, as many as go together.
func (f *finding) few() int {
	if f.wish != nil {
		return together
	}
	return f.limit - len(f.entries)
}
