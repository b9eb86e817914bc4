package query

import (
	"context"
	"slices"

	"coffer/internal/seclog/seal"
)

// finding collects what a person may see, newest first, until there is enough.
type finding struct {
	*Reader
	person, card string
	limit        int
	entries      []Entry
}

// find reads at most limit entries about person, newest first, all of them
// before the line of that number; with card, only what touched that card. It
// reads the newest lines, which the index lacks, and then what that mentions.
func (r *Reader) find(ctx context.Context, person, card string, before uint64, limit int) ([]Entry, error) {
	f := &finding{Reader: r, person: person, limit: limit}
	name := person
	if card != "" {
		f.card = "card:" + card
		name = f.card
	}
	// What enters the index meanwhile was among the newest lines when they were read.
	var size uint64
	if err := r.db.QueryRow(ctx, selectSize).Scan(&size); err != nil {
		return nil, unreadable(err)
	}
	open := size - size%seal.Block
	if before > open {
		if err := f.take(ctx, selectOpenTheirs, int64(open), int64(before), f.card, person, limit); err != nil {
			return nil, err
		}
	}
	return f.entries, f.indexed(ctx, name, min(open, before))
}

// indexed goes back through the blocks that mention name.
func (f *finding) indexed(ctx context.Context, name string, below uint64) error {
	for len(f.entries) < f.limit {
		m, err := mentioned(ctx, f.db, name, 0, below, true)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(m.numbers, together) {
			if len(f.entries) >= f.limit {
				break
			}
			if err := f.take(ctx, selectTheirs, append(these(some), f.person)...); err != nil {
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

// take runs a query for lines and reads them, up to the limit.
func (f *finding) take(ctx context.Context, q string, args ...any) error {
	rows, err := f.db.Query(ctx, q, args...)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	for rows.Next() && len(f.entries) < f.limit {
		var line []byte // a copy of its own, which the entry's data goes on to use
		if err := rows.Scan(&line); err != nil {
			return unreadable(err)
		}
		e, err := read(line, f.person)
		if err != nil {
			return err
		}
		f.entries = append(f.entries, e)
	}
	if err := rows.Err(); err != nil {
		return unreadable(err)
	}
	return nil
}
