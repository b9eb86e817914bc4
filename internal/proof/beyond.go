package proof

import (
	"bytes"
	"fmt"
	"time"
)

// prompt is how soon a server at work has signed a line, with room to spare.
const prompt = 10 * time.Second

// beyond looks at what stands after the lines that were signed.
func (t *trial) beyond() {
	signed := max(t.r.Good, t.r.First)
	if t.own.standing == proven && t.own.Size > t.at {
		signed = t.at // they are covered, and the finding is that others are missing
	}
	if t.at > signed && !t.blind {
		t.r.Unsigned = t.at - signed
	}
	if t.cut && (t.own.standing != proven || t.own.Size <= t.at) {
		t.r.Unfinished = len(t.tail)
	}
	switch bare := t.r.worst() == nil; {
	case t.AllowUnsigned:
		t.allowed(signed)
	case t.r.Unsigned > 0 && bare:
		t.r.find(Finding{
			Verdict: Incomplete, What: "unsigned", Between: &Span{signed, t.at - 1},
			Sentence: fmt.Sprintf("%s beyond the checkpoint %s not signed, and not judged", lines(t.r.Unsigned), isAre(t.r.Unsigned)),
			Detail:   "anybody could have written that; a clean stop leaves none, a running server signs within a second",
			Next:     "Take a newer checkpoint, or add --allow-unsigned if the log was copied while the server ran.",
		})
		t.unfinished()
	case t.r.Unfinished > 0 && bare:
		t.r.find(Finding{
			Verdict: Incomplete, What: "unfinished", Sentence: t.remnant() + ", and not judged", Detail: t.nature(),
			Next: "Copy the log again, or add --allow-unsigned if it was copied while the server ran.",
		})
	}
}

// allowed says what was passed over by leave: it is no fault, and nothing of it
// is proven either.
func (t *trial) allowed(signed uint64) {
	if n := t.r.Unsigned; n > 0 {
		span := Span{signed, t.at - 1}
		up := ", up to "
		if n == 1 {
			up = ", of "
		}
		says := fmt.Sprintf("%s beyond the checkpoint %s not judged: %s%s%s", lines(n), isAre(n), span.named(), up, Escape(t.newest))
		if took, known := t.took(); known && took <= prompt {
			t.r.Notes = append(t.r.Notes, says)
		} else {
			how := "that is more than a server at work leaves unsigned"
			if known {
				how = "they were written over " + long(took) + ", by what they say, and a server at work signs within a second"
			}
			t.r.Notes = append(t.r.Notes, "CAUTION: "+says+"; "+how+". Ask for a newer checkpoint: anybody could have written them.")
		}
	}
	t.unfinished()
}

// took is from the first to the last of them, by what they say. A quiet log's
// newest signed line may be minutes older, which is nobody's fault.
func (t *trial) took() (took time.Duration, known bool) {
	from, err := time.Parse(time.RFC3339Nano, t.onset)
	if err != nil {
		return 0, false
	}
	to, err := time.Parse(time.RFC3339Nano, t.newest)
	return to.Sub(from).Abs(), err == nil
}

// unfinished notes what stands after the last line.
func (t *trial) unfinished() {
	if t.r.Unfinished > 0 {
		t.r.Notes = append(t.r.Notes, t.remnant()+", and not judged: "+t.nature())
	}
}

func (t *trial) remnant() string {
	n := uint64(t.r.Unfinished)
	return fmt.Sprintf("the last %s of %s %s no whole line", count(n, "byte"), Escape(t.Parts[len(t.Parts)-1].Name), isAre(n))
}

// nature says what it is that stands there.
func (t *trial) nature() string {
	switch {
	case len(bytes.Trim(t.tail, "\x00")) == 0:
		return "zero bytes, as a file system leaves them when a machine loses its power"
	case bytes.HasPrefix(t.tail, []byte(seqMember)[:min(len(t.tail), len(seqMember))]):
		return "an unfinished line, as in a copy made while the server wrote it"
	}
	return "it is no line of Coffer's, nor the beginning of one"
}
