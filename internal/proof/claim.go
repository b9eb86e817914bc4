package proof

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// claim is a signature in the log, while it is judged.
type claim struct {
	*told
	signing
	line uint64
	key  enrolled
	bad  Misfit
}

const (
	// mostTold is how many misfits have a finding of their own, and mostListed how
	// many lines are listed that have no signature: the rest is counted.
	mostTold, mostListed = 20, 100
)

// pass leaves out a line that was judged before.
func (c *chunk) pass(i int) {
	if len(c.notes) > 0 && c.notes[0] == i {
		c.notes = c.notes[1:]
	}
	if len(c.acts) > 0 && c.acts[0].line == i {
		c.acts = c.acts[1:]
	}
}

// act takes in a line that a person could have signed, or that says who holds a
// passkey. It is judged by who held what before it.
func (t *trial) act(c *chunk, a act) {
	seq, p := t.at-1, &t.r.Signed
	if a.signing == counted {
		p.Of++
	}
	switch s := a.told; {
	case s != nil && (s.signed || s.misfit != Misfit{}):
		t.claim(s, a.signing, seq)
	case len(t.people.holders) > 0 && t.people.holds(subjectOf(c.lines[a.line])):
		if p.Stripped++; len(p.StrippedLines) < mostListed {
			p.StrippedLines = append(p.StrippedLines, seq)
		}
	}
	if a.told != nil {
		t.people.learn(a.told, seq)
	}
}

// claim judges a signature by what the log has said so far. What is left to its
// passkey's key, settle does.
func (t *trial) claim(s *told, as signing, seq uint64) {
	c := claim{told: s, signing: as, line: seq, bad: s.misfit}
	if c.bad == (Misfit{}) {
		before, used := t.people.use(s.answer.nonce, seq)
		k, gone, known := t.people.find(s.subject, s.credential)
		switch {
		case used:
			c.bad = Misfit{replayed, fmt.Sprintf("line %d has used its nonce, which is good for once", before)}
		case !known && (len(t.missing) > 0 || t.From > 0):
			t.unchecked(t.unread())
			return
		case !known:
			c.bad = Misfit{unenrolled, "no line before it enrols such a passkey of this person"}
		case gone > 0:
			c.bad = Misfit{outlived, fmt.Sprintf("the passkey went with line %d", gone-1)}
		case k.key == "":
			t.unchecked("a kind of key that is not known")
			return
		default:
			c.key, c.bad = k, s.answer.at(k.site)
		}
	}
	t.claims = append(t.claims, c)
}

// unread is why a passkey is not known of which nothing says that it is made up.
func (t *trial) unread() string {
	if t.From > 0 {
		return "enrolled before what was read"
	}
	return prunedAway
}

func (t *trial) unchecked(why string) {
	p := &t.r.Signed
	p.Unchecked++
	if !strings.Contains(p.Why, why) {
		p.Why = strings.TrimPrefix(p.Why+" or "+why, " or ")
	}
}

// settle checks the signatures of a chunk with their keys, which takes longer
// than all else, by all processors; then it tells of them in their order.
func (t *trial) settle() {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(len(t.claims), runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(t.claims); i = next.Add(1) - 1 {
				t.claims[i].check()
			}
		})
	}
	all.Wait()
	for i := range t.claims {
		t.claims[i].tell(t)
	}
	clear(t.claims)
	t.claims = t.claims[:0]
}

// check asks the key.
func (c *claim) check() {
	if c.bad != (Misfit{}) {
		return
	}
	verify := verifier(c.key.algorithm, []byte(c.key.key))
	if verify == nil || !verify(c.answer.message, c.answer.signature) {
		c.bad = Misfit{invented, notItsKey}
	}
}

// tell counts a signature, or adds a finding.
func (c *claim) tell(t *trial) {
	p := &t.r.Signed
	switch {
	case c.bad == Misfit{} && c.signing == counted:
		p.Count++
		return
	case c.bad == Misfit{}:
		p.Others++
		return
	}
	if p.Bad++; p.Bad > mostTold {
		return
	}
	seq := c.line
	f := Finding{
		Verdict: Falsified, What: c.bad.What, Line: &seq, Where: t.where(seq), Detail: c.bad.Why, Next: demand,
		Sentence: fmt.Sprintf("line %d carries a signature of its person that %s", seq, says[c.bad.What]),
	}
	if line, ok := t.lookup(seq); ok {
		f.Reads = brief(line)
	}
	t.r.find(f)
}
