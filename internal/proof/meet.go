package proof

import (
	"encoding/base64"
	"fmt"
)

// What to do next, where it is the same for many findings.
const (
	keep = "Keep this copy as it is, write down who had access to it since, and compare it with another copy:\n" +
		"coffer log export on the server; the database may still hold the lines that were signed."
	ask = "Keep both, and ask whoever runs the server why the log has two histories. One of them is not what happened."
)

// reach holds the tree against every checkpoint up to where it has come. One
// that ends in lines that are not there can only be held against the tiles.
func (t *trial) reach() {
	for ; t.due < len(t.fixed) && t.fixed[t.due].Size <= t.at && !t.stopped; t.due++ {
		j := &t.fixed[t.due]
		root, known := t.tree.root(), !t.blind
		if j.Size < t.at || !known {
			root, known = t.tiles.root(j.Size)
		}
		switch {
		case !known && t.blind: // the hole is a finding already
		case !known:
			t.r.find(Finding{
				Verdict: Incomplete, What: "missing", Sentence: j.label() + " ends among lines that are not here",
				Detail: "without those lines, or the hash tiles, nothing can be compared with it",
				Next:   "Give a directory that coffer log export made beside the log: its hash tiles know the missing lines.",
			})
		case root == j.Root:
			t.agree(j)
		default:
			t.contradict(j)
		}
	}
}

// agree notes a checkpoint that fits the lines.
func (t *trial) agree(j *judged) {
	t.fit = max(t.fit, j.Size)
	if line, ok := t.lookup(j.Size - 1); ok {
		j.at = stamped(line)
	}
	if j.standing == proven || t.witnessed(j) {
		t.good(j, j.at)
		t.fits = append(t.fits, *j)
		if j.role == against && j.Elsewhere {
			t.r.Common = max(t.r.Common, j.Size)
		}
	} else if j.role == against {
		t.r.find(Finding{
			Verdict: Incomplete, What: "checkpoint", Sentence: j.label() + " fits the lines, and was not signed by the key you gave",
			Detail: "so it says nothing about who made it",
			Next:   "Give the key that signed it with --key; after a new epoch there is one for each.",
		})
	}
}

// witnessed reports whether a witness of the policy cosigned a checkpoint that
// was kept elsewhere: then it counts, whoever else signed it.
func (t *trial) witnessed(j *judged) (yes bool) {
	return j.role == against && t.Policy != nil && t.Policy.weigh(j.Note).have > 0
}

// good notes how far the lines are proven, and by whom.
func (t *trial) good(j *judged, at string) {
	if j.standing == proven {
		t.vouched[j.Origin] = max(t.vouched[j.Origin], j.Size)
	}
	if j.Size >= t.r.Good {
		t.r.Good, t.r.Root = j.Size, base64.StdEncoding.EncodeToString(j.Root[:])
		if at != "" {
			t.r.GoodTime = at
		}
		t.onset = "" // of the next line, or the nearest whose time is at hand
		if line, ok := t.lookup(j.Size); ok {
			t.onset = stamped(line)
		} else if j.Size < t.at {
			t.onset = at
		}
	}
}

// contradict notes a checkpoint that the lines do not lead to.
func (t *trial) contradict(j *judged) {
	if t.tiles.name(t) {
		return // the tiles know which line
	}
	if j.role != against {
		t.altered(t.stretch(j.Size), j.label()+" does not fit them")
		return
	}
	span := &Span{t.r.Common, j.Size - 1}
	if t.odd(*span) {
		return // that is no other history, but no line of Coffer's at all
	}
	by := "that you kept"
	if t.witnessed(j) {
		by = "that a witness signed"
	}
	t.r.find(Finding{
		Verdict: Diverged, What: "history", Sentence: "this is another history than the one of " + j.label() + " " + by,
		Between: span, Detail: "somewhere there, the lines are not those that the checkpoint covers, or come in another order", Next: ask,
	})
}

// altered ends with a stretch in which something was changed.
func (t *trial) altered(span *Span, detail string) {
	if t.odd(*span) {
		return
	}
	f := Finding{
		Verdict: Tampered, What: "edited", Between: span, Next: keep,
		Sentence: "the log was changed after it was signed, somewhere in the lines " + span.words(),
		Detail:   "the numbers are in order, so text was edited or lines were replaced; " + detail,
	}
	if seq := span.First; seq == span.Last {
		f.Line, f.Sentence, f.Where = &seq, fmt.Sprintf("line %d was changed after it was signed", seq), t.where(seq)
		if line, ok := t.lookup(seq); ok {
			f.Reads = brief(line)
		}
	}
	t.stop(f)
}

// stretch is from the last line that fits some checkpoint up to a size.
func (t *trial) stretch(size uint64) *Span {
	first := t.fit
	if first >= size {
		first = 0
	}
	return &Span{max(first, t.r.First), size - 1}
}

// within judges a checkpoint that stands in the log itself. It is an anchor
// wherever the log was copied to, and says between which lines something was
// changed.
func (t *trial) within(line []byte, said tale) {
	j := t.judge(Signed{Name: fmt.Sprintf("in line %d", said.Seq), Note: said.note()})
	switch seq := said.Seq; {
	case j.standing == strange:
		t.strange++
	case j.standing == proven, j.standing == unjudged:
	default:
		t.unsworn(line, seq, j.standing)
		return
	}
	if t.blind || j.Size <= t.r.First && t.r.First > 0 {
		return
	}
	root, known := t.trail.root(&t.tree, j.Size)
	switch {
	case j.Size >= t.at:
		seq := said.Seq
		t.stop(Finding{
			Verdict: Tampered, What: "order", Line: &seq, Next: keep, Reads: brief(line), Where: t.where(seq),
			Sentence: fmt.Sprintf("line %d holds a checkpoint of lines that come after it", seq),
		})
	case known && root == j.Root:
		t.fit = max(t.fit, j.Size)
		if j.standing == proven {
			t.good(&j, said.Datetime)
			t.foreign(j)
		}
	case known && !t.tiles.name(t):
		t.altered(t.stretch(j.Size), fmt.Sprintf("the checkpoint that line %d holds does not fit them", said.Seq))
	}
}

// foreign notes how far a key from elsewhere vouches for the lines.
func (t *trial) foreign(j judged) {
	if j.standing == proven && j.key.Elsewhere {
		t.keyed = max(t.keyed, j.Size)
	}
}

// unsworn ends with a checkpoint in the log that the log's key did not sign.
func (t *trial) unsworn(line []byte, seq uint64, as standing) {
	f := Finding{
		Verdict: Tampered, What: "edited", Line: &seq, Next: keep, Reads: brief(line), Where: t.where(seq),
		Sentence: fmt.Sprintf("line %d was changed after it was signed", seq),
		Detail:   "it carries a signed checkpoint, and the signature is not the log's",
	}
	if as == usurped {
		f.Sentence = fmt.Sprintf("line %d carries a checkpoint that the key you gave did not sign", seq)
		f.Detail = "the line was changed, or the key is not this log's"
	}
	t.stop(f)
}
