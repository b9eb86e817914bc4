package seal

import (
	"context"
	"slices"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
)

// block is a stretch of lines as the database has them.
type block struct {
	from   uint64
	leaves []proof.Hash
	state  []filing
	names  []names
	pruned uint64
}

// filing is what is known of a line by itself.
type filing byte

const (
	gone filing = iota
	filed
	misfiled // its columns are not what it says
	foreign  // it is no line, or another one's: never sealed under this number
)

// read reads the lines from up to, not including, to.
func (r *Round) read(ctx context.Context, from, to uint64) (*block, error) {
	n := to - from
	b := &block{from: from, leaves: make([]proof.Hash, n), state: make([]filing, n), names: make([]names, n)}
	if err := b.fill(ctx, r.s.read, to); err != nil {
		return nil, err
	}
	// What retention removes meanwhile is not missing: it moves the mark first.
	if slices.Contains(b.state, gone) {
		if err := r.removed(ctx); err != nil {
			return nil, err
		}
	}
	b.pruned = r.pruned
	return b, nil
}

func (b *block) fill(ctx context.Context, read *db.Reader, to uint64) error {
	rows, err := read.Query(ctx, selectRows, b.from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	var seq uint64
	var c columns
	var line Text
	for rows.Next() {
		if err := rows.Scan(&seq, &c.at, &c.event, &c.target, &line); err != nil {
			return err
		}
		i := seq - b.from
		b.leaves[i], b.state[i] = proof.Leaf(line), misfiled
		l, err := event.Parse(line)
		switch b.names[i] = namesOf(l); {
		case err != nil || l.Seq != seq:
			b.state[i] = foreign
		case says(l, c):
			b.state[i] = filed
		}
	}
	return rows.Err()
}

// columns are what a line is filed under, in whatever class they are stored:
// one that cannot be read must not end the look at all the others.
type columns struct{ at, event, target any }

// says reports whether a line says what its columns do: an edited column would
// lie to whoever searches, and no hash covers it.
func says(l event.Line, c columns) (same bool) {
	at, isTime := c.at.(int64)
	return isTime && l.Datetime == event.Stamp(time.UnixMicro(at)) && c.event == l.Event &&
		(c.target == l.Target() || c.target == "" && !asked(l.Event))
}

// judge compares a block with the tree's hashes. Nothing is read here, so it is
// done once for each block.
func (r *Round) judge(b *block, tiles []*stored) {
	trusted := b.from >= b.pruned
	for _, t := range tiles {
		begins := t.n * proof.Width
		part := min(begins+proof.Width, b.from+uint64(len(b.state))) - begins
		at := begins - b.from
		if !r.tileLines(b, t, at, at+part) {
			trusted = false
		}
	}
	if n := b.from / Block; n < uint64(len(r.index.want)) {
		r.index.expect(n, b.names, trusted)
	}
}

// tileLines judges the lines of one tile, at places from up to to in the block:
// one by one, or where its hashes cannot be believed, together. It reports whether
// all of them are there, as they were sealed.
func (r *Round) tileLines(b *block, t *stored, from, to uint64) (right bool) {
	right = true
	others, named := false, t.known(b.leaves[from:to])
	for i := from; i < to; i++ {
		seq := b.from + i
		if seq < b.pruned {
			right = false // nothing can be said of what is not kept
			continue
		}
		if b.state[i] != gone {
			r.lines++
		}
		switch {
		case b.state[i] == gone:
			r.add(Missing, seq, 1)
		case named && b.leaves[i] != t.leaf(i-from):
			r.add(Edited, seq, 1)
		case b.state[i] == foreign:
			r.other(seq)
			others = true
			continue
		case b.state[i] == misfiled:
			r.add(Column, seq, 1)
			continue
		default:
			continue
		}
		right = false
	}
	if t.bad && t.sure && right && subtreeOf(b.leaves[from:to]) != t.want {
		r.add(Edited, b.from+from, to-from) // one of them, or several
		right = false
	}
	return right && !others
}

// other notes a line that nobody needs a hash to know as another one. It may not
// be the only one: that is still for the tile above or the root to tell.
func (r *Round) other(seq uint64) {
	was := r.broken
	r.add(Edited, seq, 1)
	r.broken = was
}

// openHashes gives how many lines there are, and the hashes of those in the tile
// that is not full, as this process sealed them: in the database they are in no
// tile. Where another process sealed last, they are not known.
func (s *Sealer) openHashes(ctx context.Context) (size uint64, hashes []byte, err error) {
	look := func(head Head) {
		size, hashes = head.Size, nil
		if s.tree.last.Size() == head.Size && s.tree.root == head.Root {
			hashes = slices.Clone(s.tree.last.Open(0))
		}
	}
	if s.write.Engine() == db.Postgres {
		s.draining.Lock() // nobody else here touches the tree
		defer s.draining.Unlock()
		head, err := s.Head(ctx)
		look(head)
		return size, hashes, err
	}
	err = s.write.Apart(ctx, func(tx *db.Tx) error { // nor here, in a transaction
		head, err := readHead(tx)
		look(head)
		return err
	})
	return size, hashes, err
}
