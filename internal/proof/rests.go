package proof

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// rests answers the second question: what the verdict rests on.
func (t *trial) rests() {
	r := t.r
	r.Size = r.Good
	if t.Own != nil && t.own.standing != unreadable {
		r.Origin = Escape(t.own.Origin)
	}
	t.anchors()
	t.witnesses()
	if r.GoodTime != "" {
		r.Fresh.Line = r.GoodTime
		r.Fresh.LineAge = age(t.Now, r.GoodTime)
	}
	if t.strange > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d checkpoints in the log are by a key that you did not give (one for each epoch)", t.strange))
	}
	if t.From > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("lines before %d were not read again: only their hashes were used", t.From))
	}
}

func age(now time.Time, stamp string) *Age {
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return nil
	}
	a := Age(now.Sub(at))
	return &a
}

// anchors notes what the fitting checkpoints tie the log to, beyond the log's
// own directory.
func (t *trial) anchors() {
	var kept []judged
	key := t.keyed
	for _, j := range t.fits {
		key = key || j.standing == proven && j.key.Elsewhere
		if j.Elsewhere && j.role != tiled {
			kept = append(kept, j)
		}
		if j.Size == t.r.Good {
			t.r.Root = base64.StdEncoding.EncodeToString(j.Root[:])
		}
	}
	if key {
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

// future is how far a clock may be ahead.
const future = 5 * time.Minute

func young(a *Age, most time.Duration) (ok bool) {
	return a != nil && time.Duration(*a) <= most && time.Duration(*a) >= -future
}

// required holds the verdict to what it was asked to rest on.
func (t *trial) required() {
	r, missing := t.r, []string{}
	if t.Require.Anchored && len(r.Anchors) == 0 {
		missing = append(missing, "anchored: no key and no checkpoint came from elsewhere")
	}
	if t.Require.Witnessed && !r.Witnesses.Met {
		missing = append(missing, "witnessed: too few of the policy's witnesses signed the log's checkpoint")
	}
	if most := t.Require.Fresh; most > 0 {
		if !young(r.Fresh.LineAge, most) {
			missing = append(missing, "fresh: the newest signed line is "+old(r.Fresh.LineAge)+", and a living log writes one every five minutes")
		}
		if r.Witnesses.Asked && !young(r.Fresh.WitnessAge, most) {
			missing = append(missing, "fresh: the newest cosignature is "+old(r.Fresh.WitnessAge))
		}
	}
	if len(missing) == 0 {
		return
	}
	r.find(Finding{
		Verdict: Incomplete, What: "required", Sentence: "what you required is not there: " + missing[0],
		Detail: strings.Join(missing[1:], "; "),
		Next:   "Find out why before you rely on this log.",
	})
}
