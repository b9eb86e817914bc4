package app

import (
	"slices"

	"coffer/internal/proof"
)

// known is a line's hash by somebody's account of it, if there is one.
type known struct {
	hash proof.Hash
	is   bool
}

func or(a, b known) known {
	if a.is {
		return a
	}
	return b
}

// trail is one account of the log's lines: what tree they make, which of the
// checkpoints that were signed it leads to, and where it differs from the rows
// of the database.
type trail struct {
	edge  *proof.Edge
	ended bool // a line is not known: nothing behind it can be judged
	leads []int
	fails []int
	apart spans
}

// add goes on by a line. points are the checkpoints that end at each size.
func (t *trail) add(l known, points map[uint64][]int, signed []point) {
	if t.ended = t.ended || !l.is; t.ended {
		return
	}
	t.edge.AppendHash(l.hash)
	t.edge.Full() // nobody asks for them
	t.meet(points, signed)
}

// meet judges the checkpoints that end here.
func (t *trail) meet(points map[uint64][]int, signed []point) {
	for _, i := range points[t.edge.Size()] {
		if t.edge.Root() == signed[i].Root {
			t.leads = append(t.leads, i)
		} else {
			t.fails = append(t.fails, i)
		}
	}
}

// vouched is how many of its lines a signed checkpoint covers.
func (t *trail) vouched(signed []point) uint64 {
	if len(t.leads) == 0 {
		return 0
	}
	return signed[t.leads[len(t.leads)-1]].Size
}

// judged is what became of comparing the lines at hand with what was signed.
type judged struct {
	changed spans  // rows that are not the signed lines
	unsure  spans  // rows that differ from the files where nothing is signed
	vouched uint64 // how many lines the other account has right
	files   bool   // and that account is the files'; else the tree's hashes'
	// The rows lead to no checkpoint of this size, nor does what else there is:
	// somewhere from the last good one on are other lines. 0 is none such.
	hidden uint64
}

// clean reports whether the rows are what was signed, as far as that goes.
func (j judged) clean() (yes bool) {
	return len(j.changed) == 0 && len(j.unsure) == 0 && j.hidden == 0
}

// judge holds the accounts against each other. It also gives the largest
// checkpoint that the rows lead to and that none other contradicts; -1 is none.
func (c *comparison) judge() (j judged, good int) {
	best := &c.byFile
	if c.byTile.vouched(c.signed) > best.vouched(c.signed) {
		best = &c.byTile
	}
	j.vouched, j.files = best.vouched(c.signed), best == &c.byFile && c.filed
	j.changed = best.apart.within(0, j.vouched)
	limit := uint64(1) << 62 // beyond it, somebody signed other lines
	if len(j.changed) > 0 {
		limit = j.changed[0].first + 1
	}
	for _, i := range c.rows.fails {
		limit = min(limit, c.signed[i].Size)
		if !slices.Contains(best.leads, i) {
			j.hidden = max(j.hidden, c.signed[i].Size)
		}
	}
	good = -1
	for _, i := range c.rows.leads {
		if c.signed[i].Size < limit {
			good = i
		}
	}
	sure := j.vouched
	if good >= 0 {
		sure = max(sure, c.signed[good].Size)
	}
	j.unsure = c.byFile.apart.within(sure, 1<<62)
	return j, good
}
