package proof

import (
	"fmt"
	"slices"
)

// ends compares where the lines end with where the checkpoints say they do.
func (t *trial) ends() {
	if t.at == 0 && t.r.Lines == 0 || len(t.Parts) == 0 {
		t.unseen()
		return
	}
	if t.Own == nil && !slices.ContainsFunc(t.fixed, func(j judged) bool { return j.role == against }) {
		t.r.find(Finding{
			Verdict: Incomplete, What: "checkpoint", Sentence: "there is no checkpoint to judge the lines by",
			Next: "Give one with --checkpoint, or copy the file called checkpoint from the server's data directory.",
		})
	}
	for _, j := range t.fixed[t.due:] {
		t.short(j)
	}
	t.beyond()
}

// short is a checkpoint that covers more lines than there are.
func (t *trial) short(j judged) {
	if j.role == against && (t.own.standing != proven || t.own.Size < j.Size) && t.Own != nil {
		t.r.find(Finding{
			Verdict: Diverged, What: "rolledback", Between: &Span{t.at, j.Size - 1},
			Sentence: fmt.Sprintf("the log ends before line %d, and %s proves that there were %d", t.at, j.label(), j.Size),
			Detail:   "it was rolled back to an older state, with its own checkpoint; or this copy is older than the checkpoint that you kept",
			Next:     "Ask for a copy of today. If that is shorter than the checkpoint too, lines were taken away.",
		})
		return
	}
	gone := j.Size - t.at
	detail := fmt.Sprintf("%s covers %s; what is there is judged as far as it can be", j.label(), lines(j.Size))
	if t.cut {
		detail = "the file ends inside a line; " + detail
	}
	t.r.find(Finding{
		Verdict: Incomplete, What: "truncated", Between: &Span{t.at, j.Size - 1}, Detail: detail,
		Sentence: theLast(gone),
		Next:     "Copy the log again, the checkpoint first and the log after it. If lines are still missing, they were cut off.",
	})
}

func theLast(gone uint64) string {
	if gone == 1 {
		return "the last line that was signed is missing"
	}
	return fmt.Sprintf("the last %s that were signed are missing", lines(gone))
}

// unseen is a log of which no line was there to judge.
func (t *trial) unseen() {
	t.at = 0
	if t.tiles.Tiles != nil {
		for _, j := range t.fixed {
			t.at = max(t.at, min(j.Size, t.tiles.at.Size))
		}
		t.blind = true
		t.reach()
		for _, j := range t.fixed[t.due:] {
			t.short(j)
		}
	}
	if t.HashesOnly {
		return
	}
	if t.own.standing == proven && t.own.Size == 0 && t.tiles.Tiles == nil {
		return // a log without lines, and a checkpoint that says so
	}
	f := Finding{
		Verdict: Incomplete, What: "nothing-seen", Sentence: "no line was seen, so no line was judged",
		Next: "Give the directory that holds security.log, or ask for the right to read the log's entries.",
	}
	if t.tiles.Tiles != nil && len(t.fits) > 0 {
		f.Detail = "the hash tiles agree with the checkpoint; what the lines say is unknown"
	}
	t.r.find(f)
}
