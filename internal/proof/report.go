package proof

import (
	"encoding/json"
	"time"
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
)

// Exit is the exit code of a verdict.
func (v Verdict) Exit() int {
	switch v {
	case Intact, Unanchored:
		return 0
	case Tampered, Diverged:
		return 1
	}
	return 2
}

// grave orders verdicts: a log that contradicts itself is tampered with even
// where a checkpoint from elsewhere contradicts it too.
func (v Verdict) grave() int {
	switch v {
	case Tampered:
		return 3
	case Diverged:
		return 2
	case Incomplete:
		return 1
	}
	return 0
}

// Span is a range of lines, First to Last.
type Span struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// Pruned is a range that retention removed, and the line that says so.
type Pruned struct {
	Span
	By uint64 `json:"by"`
	At string `json:"at"`
}

// Epoch is the beginning of another key's time: until the line before, another
// key signed, and the break stays for ever.
type Epoch struct {
	Line   uint64 `json:"line"`
	At     string `json:"at"`
	Origin string `json:"origin,omitempty"`
	Lost   uint64 `json:"lost"`
	Why    string `json:"why,omitempty"`
}

// Finding is something that is not as it should be.
type Finding struct {
	Verdict Verdict `json:"verdict"`
	// What names what was done, in one word: edited, missing, order, doubled,
	// inserted, truncated, form, checkpoint, rolledback, history, tile,
	// nothing-seen, unsigned, required.
	What string `json:"what"`
	// Sentence says it to a person.
	Sentence string `json:"sentence"`
	// Line is the first bad line, where one can be named.
	Line *uint64 `json:"line,omitempty"`
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

	Anchors   []string  `json:"anchored"`
	Witnesses Witnesses `json:"witnessed"`
	Fresh     Fresh     `json:"fresh"`
	Signed    Person    `json:"signed"`
	Pruned    []Pruned  `json:"pruned,omitempty"`
	Missing   []Span    `json:"missing,omitempty"`
	Unsigned  uint64    `json:"unsigned"`
	Epochs    []Epoch   `json:"epochs,omitempty"`
	// Notes are sentences about what else was seen.
	Notes []string `json:"notes,omitempty"`

	single bool // one line was judged, by a proof of its own
}

// Witnesses is what the policy's witnesses vouch for.
type Witnesses struct {
	Asked  bool       `json:"asked"`
	Met    bool       `json:"met"`
	Have   int        `json:"have"`
	Of     int        `json:"of"`
	Newest *time.Time `json:"newest,omitempty"`
}

// Fresh is how old the newest of each kind is; nil where there is none.
type Fresh struct {
	Line       string `json:"line,omitempty"`
	LineAge    *Age   `json:"line_age,omitempty"`
	WitnessAge *Age   `json:"witness_age,omitempty"`
}

// Age is a duration, in JSON as seconds.
type Age time.Duration

// MarshalJSON writes seconds.
func (a Age) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(a).Seconds()) }

// UnmarshalJSON reads them.
func (a *Age) UnmarshalJSON(b []byte) error {
	var seconds float64
	err := json.Unmarshal(b, &seconds)
	*a = Age(seconds * float64(time.Second))
	return err
}

// Person is how many effects carry their holder's own signature, out of those
// that could.
type Person struct {
	Count   int  `json:"count"`
	Of      int  `json:"of"`
	Checked bool `json:"checked"`
}

// JSON is the report as one line.
func (r *Report) JSON() []byte {
	b, err := json.Marshal(r)
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
