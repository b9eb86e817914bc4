package app

import (
	"context"
	"errors"

	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// comparison walks along the lines of the log by every account of them that is
// at hand: the rows of the database; the files, and where they lack a line the
// tree's stored hashes; and the hashes, and where those lack it the files.
type comparison struct {
	*epoch
	first  uint64 // line that is held
	points map[uint64][]int
	rows   trail
	byFile trail
	byTile trail
	files  filed
	filed  bool // there are lines in files
	tile   []byte
	tileN  uint64
	tiled  bool
}

// compared is how many rows are read at once.
const compared = 2048

// compare finds out, before anything is changed, whether the rows are what was
// signed, and refuses to go on from others unless the operator said so.
func (e *epoch) compare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rebaseTime)
	defer cancel()
	c, err := e.newComparison(ctx)
	if err != nil {
		return err
	}
	defer c.files.close()
	if err := c.walk(ctx); err != nil {
		return err
	}
	e.judged, e.good = c.judge()
	if e.good < 0 {
		if e.good, err = e.goodBelow(ctx, c.first); err != nil {
			return err
		}
	}
	e.Lines, e.root = c.rows.edge.Size(), c.rows.edge.Root()
	e.reckon()
	if !e.judged.clean() && !e.accept {
		return e.objection()
	}
	return nil
}

func (e *epoch) newComparison(ctx context.Context) (*comparison, error) {
	edge, err := e.sealer.Pruned(ctx)
	if err != nil {
		return nil, refused("the log cannot go on: %v; put back a copy of the database that has its hashes", err)
	}
	paths, err := e.segments()
	if err != nil {
		return nil, err
	}
	c := &comparison{epoch: e, first: edge.Size(), points: map[uint64][]int{}, files: filed{paths: paths}}
	for i, s := range e.signed {
		c.points[s.Size] = append(c.points[s.Size], i)
	}
	for _, t := range []*trail{&c.rows, &c.byFile, &c.byTile} {
		t.edge = edge.Clone()
		t.meet(c.points, e.signed)
	}
	err = c.files.next()
	c.filed = c.files.line != nil
	return c, err
}

func (c *comparison) walk(ctx context.Context) error {
	for {
		lines, err := c.sealer.Lines(ctx, c.rows.edge.Size(), compared)
		if err != nil {
			return c.gap(ctx, err)
		}
		if len(lines) == 0 {
			break
		}
		for _, l := range lines {
			if err := c.row(ctx, l); err != nil {
				return err
			}
		}
	}
	for !c.byFile.ended { // what the files have beyond the rows may be signed
		line, err := c.files.at(c.byFile.edge.Size())
		if err != nil {
			return err
		}
		c.byFile.add(hashed(line), c.points, c.signed)
	}
	return nil
}

// gap says which lines are missing, if that is why the next could not be read.
func (c *comparison) gap(ctx context.Context, why error) error {
	head, err := c.sealer.Head(ctx)
	if err != nil {
		return err
	}
	first, count, err := c.sealer.Missing(ctx, c.rows.edge.Size(), head.Size)
	if err != nil || count == 0 {
		return errors.Join(why, err)
	}
	return c.lacks(first, count, head.Size, true)
}

// row compares a row with what the files and the tree's hashes say of it.
func (c *comparison) row(ctx context.Context, l seal.Line) error {
	line, err := c.files.at(l.Seq)
	if err != nil {
		return err
	}
	byTile, err := c.leaf(ctx, l.Seq)
	if err != nil {
		return err
	}
	byFile, own := hashed(line), hashed(l.Text)
	c.rows.add(own, c.points, c.signed)
	c.held(&c.byFile, l.Seq, own, or(byFile, byTile))
	c.held(&c.byTile, l.Seq, own, or(byTile, byFile))
	return nil
}

// held goes on with what one account says of a row.
func (c *comparison) held(by *trail, seq uint64, own, says known) {
	if says.is && says.hash != own.hash {
		by.apart.add(seq)
	}
	by.add(says, c.points, c.signed)
}

func hashed(line []byte) known {
	if line == nil {
		return known{}
	}
	return known{proof.Leaf(line), true}
}

// leaf is a line's hash as the tree has it, where its tile is full.
func (c *comparison) leaf(ctx context.Context, seq uint64) (l known, err error) {
	if n := seq / proof.Width; n != c.tileN || !c.tiled {
		if c.tile, err = c.sealer.LeafTile(ctx, n); err != nil {
			return l, err
		}
		c.tileN, c.tiled = n, true
	}
	if at := seq % proof.Width * uint64(len(l.hash)); c.tile != nil {
		l = known{proof.Hash(c.tile[at : at+uint64(len(l.hash))]), true}
	}
	return l, nil
}

// goodBelow looks for the last good checkpoint among those that cover pruned
// lines only, by the tree's hashes.
func (e *epoch) goodBelow(ctx context.Context, first uint64) (good int, err error) {
	for i := len(e.signed) - 1; i >= 0; i-- {
		if e.signed[i].Size > first {
			continue
		}
		root, err := e.sealer.RootAt(ctx, e.signed[i].Size)
		if err == nil && root == e.signed[i].Root {
			return i, nil
		}
		if err := ctx.Err(); err != nil {
			return -1, err
		}
	}
	return -1, nil
}
