package proof

import (
	"fmt"
	"slices"
)

// resume sets out behind the lines that were judged before.
func (t *trial) resume() {
	t.trail.reset(&t.tree)
	if t.From == 0 {
		return
	}
	t.from()
	hashes, known := t.tiles.peaks(t.From)
	if !known || !t.tree.from(t.From, hashes) {
		t.stop(Finding{
			Verdict: Incomplete, What: "missing", Sentence: fmt.Sprintf("to go on from line %d, the hash tiles are needed", t.From),
			Next: "Give a directory that coffer log export made beside the log, or leave out --from.",
		})
		return
	}
	first := slices.IndexFunc(t.Parts, func(p Part) bool { return p.Bundle > 0 && p.First+uint64(p.Bundle) > t.From })
	if first >= 0 && (first == 0 || t.Parts[first].First <= t.From) {
		t.Parts = t.Parts[first:] // what lies before them is known, and files of lines say where they begin
	}
	t.at = t.From
	t.trail.reset(&t.tree)
	t.tiles.jump()
	t.reach()
	t.at = 0
}

// from goes back to the last bundle where nothing is new. Its lines are read
// again: that the log still ends there, and how old its end is, only they show.
func (t *trial) from() {
	size := t.tiles.at.Size
	if !t.tiles.usable || size == 0 || t.From < size {
		return
	}
	t.still = t.From == size
	if !t.still {
		t.r.find(Finding{
			Verdict: Incomplete, What: "truncated", Between: &Span{size, t.From - 1},
			Sentence: fmt.Sprintf("the log ends before line %d, and %s had been judged before", size, lines(t.From)),
			Next:     "Look whether this is the same log, and a newer copy than the one that was judged before.",
		})
	}
	t.From = (size - 1) / Width * Width
}
