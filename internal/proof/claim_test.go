package proof

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestSignedWords is how the report says it, one and many.
func TestSignedWords(t *testing.T) {
	const rest = " card numbers shown and factor changes carry the holder's own signature"
	for want, p := range map[string]Person{
		"of 0" + rest: {},
		"of 1 card number shown or factor change carries the holder's own signature": {Of: 1},
		"of 9" + rest + "; 1 other act too":                                          {Of: 9, Others: 1},
		"of 9" + rest + "; 2 other acts too; 1 more does not fit":                    {Of: 9, Others: 2, Bad: 1},
		"of 9" + rest + "; 2 more do not fit; 3 cannot be checked (enrolment pruned)": {
			Of: 9, Bad: 2, Unchecked: 3, Why: "enrolment pruned",
		},
	} {
		if got := p.words(); got != want {
			t.Errorf("words() = %s\nwant      %s", got, want)
		}
	}
	if got, want := (Person{Stripped: 1}).lacks(), "1 event is not signed though a passkey was held"; got != want {
		t.Errorf("lacks() = %s, want %s", got, want)
	}
	if got, want := (Person{Stripped: 2, Unchecked: 1, Why: "enrolment pruned"}).lacks(),
		"2 events are not signed though a passkey was held, and 1 signature cannot be checked (enrolment pruned)"; got != want {
		t.Errorf("lacks() = %s, want %s", got, want)
	}
}

// TestListsEnd holds that a log full of lies does not make a report without end.
func TestListsEnd(t *testing.T) {
	const many = 1000
	trial := newTrial(context.Background(), Case{})
	trial.people.enrol(&told{subject: "u_x", passkey: &Passkey{}}, 0)
	line := []byte(`{"seq":1,"subject":"u_x"}`)
	for range many {
		trial.at++
		trial.act(&chunk{lines: [][]byte{line}}, act{signing: counted})
		trial.claim(&told{misfit: Misfit{moved, "x"}}, counted, trial.at)
	}
	trial.settle()
	p, notes := trial.r.Signed, ""
	trial.person(func(s string) { notes += s + "\n" })
	if p.Stripped != many || len(p.StrippedLines) != mostListed || p.Bad != many || len(trial.r.Findings) != mostTold {
		t.Errorf("%d and %d of them, %d and %d findings", p.Stripped, len(p.StrippedLines), p.Bad, len(trial.r.Findings))
	}
	for _, want := range []string{"980 signatures more do not fit, and are not listed\n", "1000 events are not signed though a passkey was held: lines 0, 1, 2"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes: %s", notes)
		}
	}
}

// TestPassedLines goes on after lines that were judged before, in the middle of a
// chunk: what they say about the log does not hide what the next ones do.
func TestPassedLines(t *testing.T) {
	rotated, erased := []byte(`{"event":"log_rotated"}`), []byte(`{"event":"user_erased"}`)
	c := &chunk{lines: [][]byte{rotated, erased, rotated, erased}, hashes: make([]Hash, 4), notes: []int{0, 2}, acts: []act{{line: 1, signing: counted}, {line: 3, signing: counted}}}
	trial := newTrial(context.Background(), Case{From: 2})
	for i := range c.lines {
		trial.line(c, i)
	}
	if trial.rotatedAt != 3 || trial.r.Signed.Of != 1 {
		t.Errorf("rotated at %d, %d acts", trial.rotatedAt, trial.r.Signed.Of)
	}
}

// TestPeopleAreSmall holds the memory that grows with a log to what is promised
// of it, though every text in it were as long as a line can be.
func TestPeopleAreSmall(t *testing.T) {
	const n, mostKey, mostNonce = 20_000, 500, 80
	grown := func(do func()) uint64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		do()
		runtime.GC()
		runtime.ReadMemStats(&after)
		return after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
	}
	p, long := newPeople(), strings.Repeat("x", 4000)
	der := strings.Repeat("k", 91)
	keys := grown(func() {
		for i := range n {
			text := fmt.Sprint(i, long)
			p.enrol(&told{subject: text, target: text, passkey: &Passkey{Credential: text, Origin: text, RP: text}}, uint64(i))
			what := idOf(text, text)
			e := p.passkeys[what]
			e.key = string([]byte(der))
			p.passkeys[what] = e
		}
	})
	nonces := grown(func() {
		for i := range n {
			p.use(fmt.Sprint(i, long), uint64(i))
		}
	})
	if keys > n*mostKey || nonces > n*mostNonce {
		t.Errorf("%d bytes for a passkey, %d for a nonce", keys/n, nonces/n)
	}
	runtime.KeepAlive(p)
}

// FuzzTell reads any line: it never fails, and finds no signature where the line
// is not as Coffer writes it.
func FuzzTell(f *testing.F) {
	f.Add([]byte(`{"seq":1,"event":"authn_factor_enrolled","subject":"u_x","data":{"target":"passkey:f_x","algorithm":-7,"signed":{"credential":"AA"}},"schema":1}`))
	f.Add([]byte(`{"seq":1,"event":"user_erased","subject":"u_\"x","data":{"signed":{"credential":{}}},"schema":2}`))
	f.Add([]byte(`{"data":{"data":[[{}]]}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		s := tell(line)
		if (s.signed || s.passkey != nil) && form(line) != "" {
			t.Fatalf("a signature in %q", line)
		}
		c := &chunk{lines: [][]byte{line}, carries: true}
		for _, event := range []string{enrolledEvent, removedEvent, erasedEvent, "sensitive_read"} {
			c.act(0, []byte(event), line)
		}
		trial := newTrial(context.Background(), Case{})
		for _, a := range c.acts {
			trial.at++
			trial.act(c, a)
		}
		trial.settle()
		if subject := subjectOf(line); len(subject) > 0 && bytes.Contains([]byte(subject), []byte{'"'}) && s.subject != subject {
			t.Fatalf("subject %q of %q", subject, line)
		}
	})
}
