package proof

import (
	"encoding/json"
	"slices"
)

// Verdict is the word that a report begins with.
type Verdict string

// The verdicts. Intact is said only of what is consistent and anchored.
const (
	Intact     Verdict = "INTACT"
	Unanchored Verdict = "UNANCHORED"
	Tampered   Verdict = "TAMPERED"
	Diverged   Verdict = "DIVERGED"
	Incomplete Verdict = "INCOMPLETE"
	// Falsified is a log that may be just as it was signed, with an event in it
	// for which somebody made up, moved or repeated its person's signature.
	Falsified Verdict = "FALSIFIED"
	// Usage is no verdict on a log: the command line was not understood.
	Usage Verdict = "USAGE"
)

const usageExit = 3

// Exit is the exit code of a verdict.
func (v Verdict) Exit() int {
	switch v {
	case Intact, Unanchored:
		return 0
	case Tampered, Diverged, Falsified:
		return 1
	case Usage:
		return usageExit
	}
	return 2
}

// grave orders verdicts: a log that contradicts itself is tampered with even
// where a checkpoint from elsewhere contradicts it too.
func (v Verdict) grave() int {
	switch v {
	case Tampered:
		return 4
	case Diverged:
		return 3
	case Falsified:
		return 2
	case Incomplete:
		return 1
	}
	return 0
}

// Finding is something that is not as it should be.
type Finding struct {
	Verdict Verdict `json:"verdict"`
	// What names what was done, in one word: edited, missing, order, doubled,
	// inserted, truncated, form, checkpoint, rolledback, history, tile,
	// nothing-seen, unsigned, unfinished, required; or of a person's signature,
	// unreadable, moved, foreign, unattended, replayed, unenrolled, outlived, forged.
	What string `json:"what"`
	// Sentence says it to a person.
	Sentence string `json:"sentence"`
	// Line is the first bad line, where one can be named; Earlier says that one
	// before it may be bad too, which nothing here can tell.
	Line    *uint64 `json:"line,omitempty"`
	Earlier bool    `json:"earlier,omitempty"`
	// Between is the stretch in which something is wrong, where that is known.
	Between *Span `json:"between,omitempty"`
	// Detail is what can be known about what was done.
	Detail string `json:"detail,omitempty"`
	// Where is the place in the file.
	Where string `json:"where,omitempty"`
	// Reads is what stands there now, escaped.
	Reads string `json:"reads,omitempty"`
	// Next is what to do.
	Next string `json:"next,omitempty"`
}

// Report is all that the judge has to say.
type Report struct {
	Verdict Verdict `json:"verdict"`
	// Consistency is CONSISTENT, TAMPERED, DIVERGED or INCOMPLETE; what that
	// rests on is another question.
	Consistency string    `json:"consistency"`
	Exit        int       `json:"exit"`
	Sentence    string    `json:"sentence"`
	Findings    []Finding `json:"findings,omitempty"`

	Origin string `json:"origin,omitempty"`
	// First is the first line that was there, Lines how many were read, and
	// Size what the newest proven checkpoint covers.
	First uint64 `json:"first"`
	Lines uint64 `json:"lines"`
	Size  uint64 `json:"size"`
	Root  string `json:"root,omitempty"`
	// Good is how many lines from the beginning are as they were signed.
	Good     uint64 `json:"good"`
	GoodTime string `json:"good_time,omitempty"`

	Anchors []string `json:"anchored"`
	// AnchoredTo is how many lines the only anchor covers, where that is a key
	// and another one signed the rest: that of an epoch before.
	AnchoredTo uint64 `json:"anchored_to,omitempty"`
	// Unanchored is why there is no anchor.
	Unanchored string `json:"unanchored,omitempty"`
	// Common is how many lines a kept checkpoint says that both histories have,
	// where another one is of another history.
	Common    uint64    `json:"common,omitempty"`
	Witnesses Witnesses `json:"witnessed"`
	Fresh     Fresh     `json:"fresh"`
	Signed    Person    `json:"signed"`
	Pruned    []Pruned  `json:"pruned,omitempty"`
	Missing   []Span    `json:"missing,omitempty"`
	// Unread are lines that only the hash tiles prove: retention cut through
	// their bundle, and what is left of it lies elsewhere.
	Unread   []Span `json:"unread,omitempty"`
	Unsigned uint64 `json:"unsigned"`
	// Unfinished is how many bytes after the last line break are no whole line.
	Unfinished int     `json:"unfinished,omitempty"`
	Epochs     []Epoch `json:"epochs,omitempty"`
	// Notes are sentences about what else was seen.
	Notes []string `json:"notes,omitempty"`

	single bool   // one line was judged, by a proof of its own
	end    uint64 // the number after the last line that was there
	bare   bool   // nothing was there to judge, so nothing is said about what it rests on
}

// JSON is the report as one line.
func (r *Report) JSON() []byte {
	var said any = r
	if r.Verdict == Usage { // nothing was looked at, so there is no finding to tell
		said = struct {
			Verdict  Verdict `json:"verdict"`
			Exit     int     `json:"exit"`
			Sentence string  `json:"sentence"`
		}{r.Verdict, r.Exit, r.Sentence}
	}
	b, err := json.Marshal(said)
	if err != nil {
		panic(err) // a programmer's mistake: a report holds text and numbers only
	}
	return append(b, '\n')
}

// find adds a finding.
func (r *Report) find(f Finding) { r.Findings = append(r.Findings, f) }

// worst is the gravest finding, the first of its kind.
func (r *Report) worst() *Finding {
	var worst *Finding
	for i := range r.Findings {
		if f := &r.Findings[i]; worst == nil || f.Verdict.grave() > worst.Verdict.grave() {
			worst = f
		}
	}
	return worst
}

// Nothing is the report where there was nothing to judge.
func Nothing(v Verdict, sentence, detail, next string) *Report {
	r := &Report{Consistency: string(v), Anchors: []string{}, bare: true}
	r.Add(Finding{Verdict: v, What: "nothing-seen", Sentence: sentence, Detail: detail, Next: next})
	return r
}

// Add puts a finding to a report that was drawn up already.
func (r *Report) Add(f Finding) {
	r.find(f)
	if w := r.worst(); w.Sentence == f.Sentence {
		r.Verdict, r.Sentence, r.Exit = f.Verdict, f.Sentence, f.Verdict.Exit()
	}
	r.order()
}

// order puts the gravest findings first.
func (r *Report) order() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return b.Verdict.grave() - a.Verdict.grave() })
}
