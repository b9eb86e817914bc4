package query

import (
	"context"
	"slices"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// finding collects what a person may see, newest first, until there is enough.
type finding struct {
	*Reader
	person, card string
	limit        int
	entries      []Entry
	// wish is what is wanted of it, or nil for all; see mine.go.
	wish *wish
}

// find reads at most limit entries about person, newest first, all of them
// before the line of that number; with card, only what touched that card. It
// reads the newest lines, which the index lacks, and then what that mentions.
func (r *Reader) find(ctx context.Context, person, card string, before uint64, limit int) ([]Entry, error) {
	return r.findWished(ctx, &finding{Reader: r, person: person, limit: limit}, card, before)
}

// findWished is find for what the person wishes to see.
func (r *Reader) findWished(ctx context.Context, f *finding, card string, before uint64) ([]Entry, error) {
	name := f.person
	if card != "" {
		f.card = "card:" + card
		name = f.card
	}
	// What enters the index meanwhile was among the newest lines when they were read.
	var first, size uint64
	if err := r.db.QueryRow(ctx, selectSize).Scan(&first, &size); err != nil {
		return nil, unreadable(err)
	}
	open := size - size%seal.Block
	newest, err := r.open(ctx, max(open, first), min(before, size))
	if err != nil {
		return nil, err
	}
	if err := f.take(newest); err != nil {
		return nil, err
	}
	return f.entries, f.indexed(ctx, name, min(open, before))
}

// indexed goes back through the blocks that mention name.
func (f *finding) indexed(ctx context.Context, name string, below uint64) error {
	for !f.full() {
		m, err := mentioned(ctx, f.db, name, 0, below, true)
		if err != nil {
			return err
		}
		for rest := m.numbers; len(rest) > 0 && !f.full(); {
			n := min(len(rest), together, f.few()) // each is a page of its own
			some := rest[:n]
			rest = rest[n:]
			s := stream{r: f.Reader}
			if err := s.fetch(ctx, some); err != nil {
				return err
			}
			if err := f.take(s.held); err != nil {
				return err
			}
		}
		if m.done {
			return nil
		}
		below = m.last * seal.Block
	}
	return nil
}

// take reads lines, oldest first, and keeps those that the person may see, up to
// the limit: what is about them, and what they did and succeeded in.
func (f *finding) take(lines []line) error {
	for _, l := range slices.Backward(lines) {
		if f.full() {
			return nil
		}
		if l.target != "" && f.card != "" && l.target != f.card || !l.holds(f.person) || !l.holds(f.card) {
			continue // most are not taken apart
		}
		e, err := read(l.text, f.person)
		if err != nil {
			return err
		}
		if e.theirs(f.person) && (f.card == "" || e.Target == f.card) && f.wish.takes(&e, l) {
			f.entries = append(f.entries, e)
		}
	}
	return nil
}

// theirs is the rule of whom a line is shown to.
func (e *Entry) theirs(person string) (yes bool) {
	return person != "" && (e.Subject == person || e.Own && e.Outcome == string(event.Success))
}
