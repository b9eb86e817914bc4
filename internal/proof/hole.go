package proof

import (
	"encoding/base64"
	"fmt"
	"slices"
)

// hole goes on behind lines that are not there. The hash tiles know what stood
// there, and so does the line that says that they were pruned; without either,
// what comes after cannot be tied to the tree.
func (t *trial) hole(from, to uint64) {
	t.missing = append(t.missing, Span{from, to - 1})
	t.at = to
	t.tiles.jump()
	hashes, known := t.tiles.peaks(to)
	if !known && from == 0 {
		hashes, known = t.edge(to)
	}
	t.blind = !known || !t.tree.from(to, hashes)
	t.trail.reset(&t.tree)
	t.reach()
}

// edge looks through the log for the line that pruned exactly the lines before
// size, and takes the tree's peaks from it. That proves nothing by itself: the
// root that grows on them does.
func (t *trial) edge(size uint64) (hashes []Hash, known bool) {
	s := newStream(t.ctx, t.Parts)
	defer s.close()
	for c, ok := s.next(); ok; c, ok = s.next() {
		for _, i := range c.notes {
			said, _ := read(c.lines[i])
			if said.Event != prunedEvent || said.Data.Last+1 != size {
				continue
			}
			if hashes, known = decoded(said.Data.Edge); known {
				return hashes, true
			}
		}
		s.back(c)
	}
	return nil, false
}

func decoded(texts []string) (hashes []Hash, ok bool) {
	for _, text := range texts {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(b) != len(Hash{}) {
			return nil, false
		}
		hashes = append(hashes, Hash(b))
	}
	return hashes, len(hashes) > 0
}

// resume sets out behind the lines that were judged before.
func (t *trial) resume() {
	t.trail.reset(&t.tree)
	if t.From == 0 {
		return
	}
	hashes, known := t.tiles.peaks(t.From)
	if !known || !t.tree.from(t.From, hashes) {
		t.stop(Finding{
			Verdict: Incomplete, What: "missing", Sentence: fmt.Sprintf("to go on from line %d, the hash tiles are needed", t.From),
			Next: "Give a directory that coffer log export made beside the log, or leave out --from.",
		})
		return
	}
	t.Parts = slices.DeleteFunc(slices.Clone(t.Parts), func(p Part) bool {
		return p.Bundle > 0 && p.First+uint64(p.Bundle) <= t.From
	})
	t.at = t.From
	t.trail.reset(&t.tree)
	t.tiles.jump()
	t.reach()
	t.at = 0
}
