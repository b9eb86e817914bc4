package proof

import (
	"fmt"
	"strings"
)

// demand is what to do about a signature that does not fit.
const demand = "Ask the person whether they did this, and whoever runs the server how the line came to be. The log\n" +
	"may be as it was signed all the same: then it was written like this, by the server or with its key."

// prunedAway is why most signatures cannot be checked that cannot.
const prunedAway = "enrolment pruned"

// says is each kind of misfit as the end of a sentence.
var says = map[string]string{
	illegible:  "cannot be read",
	moved:      "was given for something else",
	foreign:    "was given on another site",
	unattended: "nobody was there to give",
	replayed:   "another line has used",
	unenrolled: "no passkey of theirs can have made",
	outlived:   "a passkey made that they had removed",
	invented:   "their passkey did not make",
}

// words is the row of the report.
func (p Person) words() string {
	says := fmt.Sprintf("of %d card numbers shown and factor changes carry the holder's own signature", p.Of)
	if p.Of == 1 {
		says = "of 1 card number shown or factor change carries the holder's own signature"
	}
	if p.Others > 0 {
		says += fmt.Sprintf("; %d other acts too", p.Others)
	}
	if p.Others == 1 {
		says = strings.TrimSuffix(says, "1 other acts too") + "1 other act too"
	}
	if p.Bad > 0 {
		says += fmt.Sprintf("; %d more %s not fit", p.Bad, doesDo(p.Bad))
	}
	if p.Unchecked > 0 {
		says += fmt.Sprintf("; %d cannot be checked (%s)", p.Unchecked, p.Why)
	}
	return says
}

func doesDo(n int) string {
	if n == 1 {
		return "does"
	}
	return "do"
}

// lacks says what keeps it from being signed as far as it can be.
func (p Person) lacks() string {
	var all []string
	if p.Stripped > 0 {
		all = append(all, p.stripped())
	}
	if p.Unchecked > 0 {
		all = append(all, fmt.Sprintf("%s cannot be checked (%s)", count(uint64(p.Unchecked), "signature"), p.Why))
	}
	return strings.Join(all, ", and ")
}

// stripped says of how many events nothing shows that their person asked.
func (p Person) stripped() string {
	n := uint64(p.Stripped)
	return fmt.Sprintf("%s %s not signed though a passkey was held", count(n, "event"), isAre(n))
}

// person remarks on what the signatures leave open.
func (t *trial) person(say func(string)) {
	p := &t.r.Signed
	if len(t.r.Missing) > 0 {
		p.Why = strings.Replace(p.Why, prunedAway, "enrolment missing", 1)
	}
	if more := p.Bad - mostTold; more > 0 {
		say(fmt.Sprintf("%s more do not fit, and are not listed", count(uint64(more), "signature")))
	}
	if p.Stripped == 0 {
		return
	}
	var list []string
	for _, seq := range p.StrippedLines[:min(few, len(p.StrippedLines))] {
		list = append(list, fmt.Sprint(seq))
	}
	in := "line "
	if p.Stripped > 1 {
		in = "lines "
	}
	text := p.stripped() + ": " + in + strings.Join(list, ", ")
	if more := p.Stripped - len(list); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	say(text + ". Another factor may have served, or an administrator; nothing but the log's own word shows that its person asked.")
}
