package proof

import (
	"fmt"
)

// conclude says what the lines are worth, now that all have been read.
func (t *trial) conclude() {
	t.tiles.conclude(t)
	if !t.stopped {
		t.holes()
		t.ends()
	}
	t.sum()
}

// sum draws up the report.
func (t *trial) sum() {
	t.rests()
	t.required()
	t.pronounce()
}

// pronounce draws the verdict out of all findings.
func (t *trial) pronounce() {
	r := t.r
	worst := r.worst()
	r.Consistency = r.consistency()
	switch {
	case worst != nil:
		r.Verdict, r.Sentence = worst.Verdict, worst.Sentence
	case len(r.Anchors) > 0:
		r.Verdict, r.Sentence = Intact, "consistent and anchored, "+lines(r.Size)
		switch {
		case r.AnchoredTo > 0:
			r.Sentence = fmt.Sprintf("consistent, %s, and anchored up to line %d", lines(r.Size), r.AnchoredTo-1)
		case t.HashesOnly:
			r.Sentence = "the log has only grown, to " + lines(r.Size) + t.since()
		case r.single:
			r.Sentence = fmt.Sprintf("line %d is in the log as it stands here", r.First)
		}
	default:
		r.Verdict, r.Sentence = Unanchored, "consistent, but nothing says that it is the log you think it is"
	}
	r.Exit = r.Verdict.Exit()
	r.order()
}

// consistency answers the first question alone: neither what was asked for
// beside it, nor what a person's signature says of an event, is part of it.
func (r *Report) consistency() string {
	var worst Verdict
	for _, f := range r.Findings {
		if f.What != "required" && f.Verdict != Falsified && f.Verdict.grave() > worst.grave() {
			worst = f.Verdict
		}
	}
	if worst == "" {
		return "CONSISTENT"
	}
	return string(worst)
}
