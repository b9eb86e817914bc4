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

// holes parts the lines that retention removed from those that are just gone.
// Retention always removes from the beginning, so a line that names a range
// answers for all before it too: the line that named those may be pruned itself.
func (t *trial) holes() {
	t.r.Pruned = []Pruned{}
	for _, m := range t.missing {
		for rest := m; ; {
			by := slices.IndexFunc(t.pruned, func(p Pruned) bool {
				return rest.First <= p.Last && (p.By < max(t.r.Good, t.fit) || t.blind)
			})
			if by < 0 {
				t.gone(m, rest)
				break
			}
			p := t.pruned[by]
			p.Span = Span{rest.First, min(p.Last, rest.Last)}
			t.r.Pruned = append(t.r.Pruned, p)
			if p.Last >= rest.Last {
				break
			}
			rest.First = p.Last + 1
		}
	}
	if t.blind && len(t.r.Missing) == 0 && len(t.missing) > 0 {
		t.r.find(Finding{
			Verdict: Incomplete, What: "missing", Sentence: "without the hashes of the lines that retention removed, the rest cannot be tied to the checkpoint",
			Next: "Give a directory that coffer log export made beside the log: hash tiles are kept for ever.",
		})
	}
}

// gone is the end of a hole, for which no event accounts. Where bundles begin
// behind it and retention removed the beginning of the bundle before, what was
// left of that could not stand there; the tiles prove those lines all the same.
func (t *trial) gone(hole, rest Span) {
	end := rest.Last + 1
	cut := rest.First > hole.First && rest.First/Width == rest.Last/Width
	if cut && end%Width == 0 && t.Parts[0].Bundle > 0 && t.Parts[0].First == end && t.tiles.knows(rest) {
		t.r.Unread = append(t.r.Unread, rest)
		return
	}
	t.lost(rest)
}

// lost is a range that no event accounts for.
func (t *trial) lost(s Span) {
	t.r.Missing = append(t.r.Missing, s)
	t.r.find(Finding{
		Verdict: Incomplete, What: "missing", Between: &s, Sentence: s.named() + " " + isAre(s.size()) + " missing",
		Detail: "a whole segment is not here, and no log_pruned event that was signed says that retention removed it",
		Next:   "Look for the missing file, " + fmt.Sprintf("security-%012d.log or later", s.First) + ". If the server does not have it either, it was removed.",
	})
}
