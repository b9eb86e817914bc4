package proof

import (
	"fmt"
	"slices"
	"strings"
)

// rests answers the second question: what the verdict rests on.
func (t *trial) rests() {
	r := t.r
	r.Size, r.end = r.Good, t.at
	if t.Own != nil && t.own.standing != unreadable {
		r.Origin = Escape(t.own.Origin)
	}
	t.anchors()
	t.witnesses()
	if t.keyed < r.Good && t.keyed > 0 && len(r.Anchors) == 1 {
		r.AnchoredTo = t.keyed
	}
	t.unanchored()
	t.fresh()
	t.breaks()
	if t.strange > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s in the log %s by a key that you did not give (there is one for each epoch)",
			count(t.strange, "checkpoint"), isAre(t.strange)))
	}
	t.remarks()
	if t.From > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("the lines before %d were not read again: only their hashes were used", t.From))
	}
}

// breaks says of each new epoch how many lines the key before it vouches for.
func (t *trial) breaks() {
	for i := range t.r.Epochs {
		e := &t.r.Epochs[i]
		if size := t.vouched[e.Former]; size > 0 {
			e.Vouched, e.Cited = size, false
		}
		e.Former = Escape(e.Former)
	}
}

// fresh holds the newest ages against what was asked for.
func (t *trial) fresh() {
	f, most := &t.r.Fresh, t.Require.Fresh
	if t.r.GoodTime != "" {
		f.Line, f.LineAge = t.r.GoodTime, age(t.Now, t.r.GoodTime)
	}
	if most == 0 {
		f.Met = young(f.LineAge, 2*heartbeat)
		return
	}
	a := Age(most)
	f.Most = &a
	f.Met = young(f.LineAge, most) && (!t.r.Witnesses.Asked || young(f.WitnessAge, most))
}

// anchors notes what the fitting checkpoints tie the log to, beyond the log's
// own directory.
func (t *trial) anchors() {
	var kept []judged
	key := t.keyed > 0
	for _, j := range t.fits {
		key = key || j.standing == proven && j.key.Elsewhere
		t.foreign(j)
		if j.Elsewhere && j.role != tiled {
			kept = append(kept, j)
		}
	}
	switch {
	case key && t.keyed < t.r.Good:
		t.r.Anchors = append(t.r.Anchors, fmt.Sprintf("by your key, up to line %d", t.keyed-1))
	case key:
		t.r.Anchors = append(t.r.Anchors, "by your key")
	}
	if len(kept) == 0 {
		return
	}
	newest, when := kept[len(kept)-1], ""
	if day := len("2006-01-02"); len(newest.at) > day {
		when = "of " + newest.at[:day] + " "
	}
	says := fmt.Sprintf("by the checkpoint %s(%s)", when, lines(newest.Size))
	if len(kept) > 1 {
		says = fmt.Sprintf("by %d checkpoints, the newest %s(%s)", len(kept), when, lines(newest.Size))
	}
	t.r.Anchors = append(t.r.Anchors, says)
}

// idle are the keys from elsewhere that signed nothing that was read, of how
// many.
func (t *trial) idle() (idle []string, of int) {
	for _, k := range t.Keys {
		if !k.Elsewhere {
			continue
		}
		of++
		if !t.used[k.KeyHash()] {
			idle = append(idle, k.Name())
		}
	}
	return idle, of
}

// unanchored says why nothing from elsewhere ties the log down; and of a key
// that did nothing for it, that it did not.
func (t *trial) unanchored() {
	idle, of := t.idle()
	says := "no key and no checkpoint came from elsewhere"
	switch {
	case of == 1 && len(idle) == 1:
		says = "the key that you gave signed nothing of this log"
	case of > 0 && len(idle) == of:
		says = "none of the keys that you gave signed anything of this log"
	case of > 0 || slices.ContainsFunc(t.Against, func(s Signed) bool { return s.Elsewhere }):
		says = "nothing that you gave could be held against the lines here"
	}
	if len(t.r.Anchors) == 0 {
		t.r.Unanchored = says
		return
	}
	if t.stopped {
		return // what was not read may be signed by it
	}
	for _, name := range idle {
		t.r.Notes = append(t.r.Notes, "the key of "+Escape(name)+" that you gave signed nothing of this log")
	}
}

// witnesses counts who cosigned the newest checkpoints that fit.
func (t *trial) witnesses() {
	w := &t.r.Witnesses
	if t.Policy == nil || len(t.Policy.Witnesses) == 0 {
		return
	}
	w.Asked, w.Of = true, len(t.Policy.Witnesses)
	for _, j := range t.fits {
		c := t.Policy.weigh(j.Note)
		for _, name := range c.untrue {
			t.r.Notes = append(t.r.Notes, j.label()+" bears the name of witness "+Escape(name)+", and not its signature")
		}
		if j.role == own {
			w.Have = c.have
		}
		if c.have > 0 && (w.Newest == nil || c.newest.After(*w.Newest)) {
			w.Newest = &c.newest
		}
		if c.met && t.Policy.quorum != nil && (j.role == own || t.Own == nil) {
			w.Met = true
			t.r.Anchors = append(t.r.Anchors, "by the witnesses of your policy")
		}
	}
	if w.Newest != nil {
		a := Age(t.Now.Sub(*w.Newest))
		t.r.Fresh.WitnessAge = &a
	}
}

// required holds the verdict to what it was asked to rest on.
func (t *trial) required() {
	r, missing := t.r, []string{}
	if t.Require.Anchored && len(r.Anchors) == 0 {
		missing = append(missing, "anchored: "+r.Unanchored)
	}
	if t.Require.Anchored && r.AnchoredTo > 0 {
		missing = append(missing, fmt.Sprintf("anchored: from line %d on, only a key that lay beside the log signed", r.AnchoredTo))
	}
	if t.Require.Witnessed && !r.Witnesses.Met {
		missing = append(missing, "witnessed: too few of the policy's witnesses signed the log's checkpoint")
	}
	if says := r.Signed.lacks(); t.Require.Signed && says != "" {
		missing = append(missing, "signed: "+says)
	}
	missing = append(missing, t.stale()...)
	if len(missing) == 0 {
		return
	}
	r.find(Finding{
		Verdict: Incomplete, What: "required", Sentence: "what you required is not there: " + missing[0],
		Detail: strings.Join(missing[1:], "; "),
		Next:   "Find out why before you rely on this log.",
	})
}

// stale says what is older than was asked for.
func (t *trial) stale() (says []string) {
	f, most := t.r.Fresh, t.Require.Fresh
	switch {
	case most == 0 || young(f.LineAge, most):
	case f.LineAge == nil:
		says = append(says, "fresh: the time of the newest signed line is not known")
	case most < heartbeat:
		says = append(says, "fresh: the newest signed line is "+old(f.LineAge)+", and at most "+long(most)+
			" was asked for (a quiet log writes a line only every five minutes)")
	default:
		says = append(says, "fresh: the newest signed line is "+old(f.LineAge)+", and a living log writes one every five minutes")
	}
	switch {
	case most == 0 || !t.r.Witnesses.Asked || young(f.WitnessAge, most):
	case f.WitnessAge == nil:
		says = append(says, "fresh: no witness of the policy signed")
	default:
		says = append(says, "fresh: the newest cosignature is "+old(f.WitnessAge)+", and at most "+long(most)+" was asked for")
	}
	return says
}
