package proof

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// JudgeProof says what a file is worth that proves one line. Of the case, it
// takes keys, policy, demands and time. The file carries the line itself; what
// it cannot carry is the key.
func JudgeProof(file []byte, name string, c Case) *Report {
	t := newTrial(context.Background(), c)
	t.r.single = true
	t.keys()
	p, err := ParseProofFile(file)
	if err != nil {
		t.r.find(Finding{
			Verdict: Incomplete, What: "missing", Sentence: Escape(name) + " cannot be read as a proof",
			Detail: damage(file), Next: "Save the proof again; it is a text file whose name ends in .tlog-proof.",
		})
		t.sum()
		return t.r
	}
	t.Own = &Signed{Name: "in " + name, Note: p.Checkpoint}
	t.summon()
	t.one(p)
	t.sum()
	return t.r
}

// one judges the line and its path to the root.
func (t *trial) one(p ProofFile) {
	index := p.Index
	t.r.First = index
	if p.Extra == nil {
		t.r.find(Finding{
			Verdict: Incomplete, What: "nothing-seen", Sentence: "the proof holds no line, so no line was judged",
			Next: "Save the proof again from the page of the event.",
		})
		return
	}
	t.r.Lines = 1
	bad := func(sentence, detail string) {
		t.r.find(Finding{
			Verdict: Tampered, What: "edited", Line: &index, Sentence: sentence, Detail: detail, Reads: brief(p.Extra),
			Next: "Do not rely on this line. Save the proof again from the log, and compare the two.",
		})
	}
	seq, rest, ok := number(p.Extra)
	switch broken := check(p.Extra); {
	case broken != "":
		bad("the line in the proof "+string(broken), "Coffer writes no such line")
		return
	case !ok || seq != index:
		bad(fmt.Sprintf("the line in the proof is not line %d", index), "its own number is another")
		return
	}
	if t.own.standing == unreadable { // there is no root to lead to, which was told
		return
	}
	if Inclusion(index, t.own.Size, Leaf(p.Extra), p.Hashes, t.own.Root) != nil {
		bad("this line is not what was signed", "this proof was made for another line, or line or proof were changed since")
		return
	}
	stamp, _ := head(rest)
	t.r.Notes = append(t.r.Notes, fmt.Sprintf("line %d of %s reads: %s", index, Escape(string(stamp)), brief(p.Extra)))
	if bytes.Contains(rest, signedObject) {
		t.r.Notes = append(t.r.Notes, "it carries its person's signature, which was not checked: for that the whole log is needed, in which the passkey was enrolled")
	}
	if t.own.standing == proven {
		t.good(&t.own, string(stamp))
		t.fits = append(t.fits, t.own)
	}
}

// damage says what is wrong with a file that is no proof.
func damage(file []byte) string {
	const begins = "c2sp.org/tlog-proof@"
	switch text := string(file); {
	case len(bytes.TrimSpace(file)) == 0:
		return "it is empty"
	case bytes.IndexByte(file, '\r') >= 0:
		return "its line ends were changed, as some mail programs and editors do"
	case strings.HasPrefix(text, "<"):
		return "it is a web page: perhaps the page to sign in was saved in its place"
	case !strings.HasPrefix(text, begins):
		return "it is another file, or its beginning is gone: a proof begins with " + begins + "v1"
	case !strings.HasPrefix(text, begins+"v1\n"):
		return "it is a proof of a form that this program does not know"
	case !strings.Contains(text, "\n\n"):
		return "its end is missing: it was not saved whole"
	}
	return "it was changed or damaged after it was saved"
}
