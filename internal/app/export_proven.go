package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/query"
	"coffer/internal/seclog/seal"
)

// errOthers is a bundle of lines that are not those of its tile.
var errOthers = errors.New("the lines are not those that were signed")

// errMany ends an export that would tell of nothing but findings.
var errMany = errors.New("there are too many of them; coffer log verify looks through everything")

// prove holds the hash tiles against the root that was signed, before anything
// is written. If they do not lead to it, a look through the whole database says
// where.
func (x *export) prove(ctx context.Context) error {
	x.edge = &proof.Edge{}
	err := x.each(ctx, x.c.Size, func(n uint64, width int) error {
		b, err := x.leaves(ctx, n, width)
		if err != nil {
			return err
		}
		for ; len(b) > 0; b = b[len(proof.Hash{}):] {
			x.edge.AppendHash(proof.Hash(b[:len(proof.Hash{})]))
		}
		for _, t := range x.edge.Full() {
			if t.Level > 0 {
				x.upper = append(x.upper, t)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, seal.ErrNoTile) || err == nil && x.edge.Root() == x.c.Root {
		return err
	}
	c, err := x.Check(ctx, func(uint64, uint64) {})
	if x.Findings = c.Findings; err == nil && len(c.Findings) == 0 {
		x.wrong = []seal.Finding{{Why: seal.Root}}
	}
	return err
}

// leaves is a tile of the lines' hashes.
func (x *export) leaves(ctx context.Context, n uint64, width int) ([]byte, error) {
	b, err := x.Sealer.Tile(ctx, 0, n, width)
	if err == nil && len(b) != width*len(proof.Hash{}) {
		err = seal.ErrNoTile
	}
	return b, err
}

// matches reports whether a bundle has exactly the lines of a tile.
func matches(bundle, tile []byte) (yes bool) {
	const size = len(proof.Hash{})
	lines, err := proof.ReadBundle(bundle, len(tile)/size)
	if err != nil {
		return false
	}
	for i, line := range lines {
		if proof.Leaf(line) != proof.Hash(tile[i*size:(i+1)*size]) {
			return false
		}
	}
	return true
}

// examine says which lines of a bundle are not those of its tile, or are not
// there though no line that was signed says that retention removed them.
func (x *export) examine(ctx context.Context, n uint64) error {
	tile, err := x.leavesOf(n)
	if err != nil {
		return err
	}
	from, count := n*proof.Width, uint64(len(tile)/len(proof.Hash{}))
	there := make(map[uint64]proof.Hash, count)
	var lines [][]byte
	err = x.Lines.Each(ctx, query.Filter{}, query.Span{From: from, Below: from + count}, func(seq uint64, line []byte) error {
		there[seq], lines = proof.Leaf(line), append(lines, bytes.Clone(line))
		return nil
	})
	if err != nil {
		return err
	}
	gone := false
	for seq := from; seq < from+count; seq++ {
		h, is := there[seq]
		at := (seq - from) * uint64(len(h))
		switch {
		case is && h != proof.Hash(tile[at:at+uint64(len(h))]):
			x.wrong = added(x.wrong, seal.Finding{Why: seal.Edited, First: seq, Lines: 1})
		case !is:
			allowed, err := x.mayMiss(ctx, seq)
			if err != nil {
				return err
			}
			if gone = true; !allowed {
				x.wrong = added(x.wrong, seal.Finding{Why: seal.Missing, First: seq, Lines: 1})
			}
		}
	}
	if len(x.wrong) >= mostTold {
		return errMany
	}
	if gone {
		x.Pruned++
	}
	if gone && len(x.wrong) == 0 && len(lines) > 0 && ends(lines, tile) {
		return x.rest(n, tile, lines)
	}
	return nil
}

// mayMiss reports whether retention may have removed a line. What went while the
// export ran was announced before, so that is asked for again.
func (x *export) mayMiss(ctx context.Context, seq uint64) (yes bool, err error) {
	if seq >= x.pruned {
		x.pruned, err = x.announced(ctx)
	}
	return seq < x.pruned, err
}

// announced is the number of the first line that no log_pruned has announced.
// The line that does is believed as far as it is proved to be in the signed log;
// what it announces, and all before it, may be gone, itself in its time too.
func (x *export) announced(ctx context.Context) (below uint64, err error) {
	said, err := query.Parse("event:log_pruned")
	if err != nil {
		return 0, err
	}
	found, err := x.Lines.Search(ctx, said, query.Page{Limit: page})
	if err != nil {
		return 0, err
	}
	for _, l := range found.Lines {
		proved, err := x.proved(ctx, l)
		if err != nil {
			return 0, err
		}
		if !proved {
			continue
		}
		line, err := event.Parse(l.Text)
		if err != nil {
			return 0, fmt.Errorf("line %d: %w", l.Seq, err)
		}
		var p event.LogPruned
		if err := json.Unmarshal(line.Data, &p); err != nil {
			return 0, fmt.Errorf("line %d: %w", l.Seq, err)
		}
		return max(below, p.Last+1), nil // the newest one announces most
	}
	return 0, nil
}

// proved reports whether a line is in the log that was signed.
func (x *export) proved(ctx context.Context, l query.Line) (yes bool, err error) {
	p, err := x.Sealer.Proof(ctx, l.Seq)
	if errors.Is(err, seal.ErrUnsigned) || errors.Is(err, seal.ErrNoTile) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	c, err := proof.Peek(p.Checkpoint)
	if err != nil {
		return false, err
	}
	return proof.Inclusion(l.Seq, c.Size, proof.Leaf(l.Text), p.Hashes, c.Root) == nil, nil
}
