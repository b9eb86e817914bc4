package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/forge"
	"coffer/internal/proof"
)

// judged judges the lines of a log as one file, with whatever the case adds.
func judged(l *forge.Log, c proof.Case) *proof.Report {
	file := append(bytes.Join(l.Lines, []byte("\n")), '\n')
	c.Parts = []proof.Part{{Name: "security.log", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}}
	if c.Own == nil {
		c.Own = &proof.Signed{Name: "checkpoint", Note: l.Head}
	}
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	return proof.Judge(context.Background(), c)
}

// TestAgainstEverySize holds a log against a checkpoint of each of its sizes,
// powers of two and all others: each fits, and none of another history does
// from where the two part.
func TestAgainstEverySize(t *testing.T) {
	end := time.Now()
	plan := forge.Plan{Lines: 140, End: end}
	l := forge.Make(plan)
	plan.Fork = 70
	other := forge.Make(plan)
	part := 0
	for bytes.Equal(l.Lines[part], other.Lines[part]) {
		part++
	}
	signer, err := proof.NewSigner(forge.Origin, forge.Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := proof.ParseKeys(l.Pub, true)
	if err != nil {
		t.Fatal(err)
	}
	e := &proof.Edge{}
	for size := 0; size <= 140; size++ {
		note, err := proof.Sign(proof.Checkpoint{Origin: forge.Origin, Size: e.Size(), Root: e.Root()}, signer)
		if err != nil {
			t.Fatal(err)
		}
		c := proof.Case{Keys: keys, Against: []proof.Signed{{Name: fmt.Sprint(size), Note: note, Elsewhere: true}}}
		if r := judged(l, c); r.Verdict != proof.Intact {
			t.Fatalf("size %d does not fit its own log: %s", size, r.JSON())
		}
		want := proof.Intact
		if size > part {
			want = proof.Diverged
		}
		if r := judged(other, c); r.Verdict != want {
			t.Fatalf("size %d against a history that parts at %d = %s, want %s", size, part, r.Verdict, want)
		}
		if size < 140 {
			e.Append(l.Lines[size])
		}
	}
}

// TestSeenElsewhere is what anchors and what does not.
func TestSeenElsewhere(t *testing.T) {
	l := forge.Make(forge.Plan{Lines: 200, End: time.Now()})
	beside, err := proof.ParseKeys(l.Pub, false)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := proof.ParseKeys(l.Pub, true)
	if err != nil {
		t.Fatal(err)
	}
	kept := proof.Signed{Name: "kept", Note: l.Head, Elsewhere: true}
	near := proof.Signed{Name: "near", Note: l.Head}
	for name, c := range map[string]struct {
		proof.Case
		want proof.Verdict
	}{
		"nothing":                    {proof.Case{}, proof.Incomplete},
		"the key beside the log":     {proof.Case{Keys: beside}, proof.Unanchored},
		"and a checkpoint beside it": {proof.Case{Keys: beside, Against: []proof.Signed{near}}, proof.Unanchored},
		"a kept checkpoint":          {proof.Case{Keys: beside, Against: []proof.Signed{kept}}, proof.Intact},
		"a key":                      {proof.Case{Keys: mine}, proof.Intact},
		"the same key from both":     {proof.Case{Keys: append(beside[:1:1], mine...)}, proof.Intact},
	} {
		if r := judged(l, c.Case); r.Verdict != c.want {
			t.Errorf("%s: %s, want %s: %s", name, r.Verdict, c.want, r.JSON())
		}
	}
}

// TestPrinted holds that a report shows nothing that acts on a terminal, and
// that its JSON is one line.
func TestPrinted(t *testing.T) {
	l := forge.Make(forge.Plan{Lines: 100, End: time.Now()})
	l.Lines[40] = []byte("{\"seq\":40,\x1b]0;owned\a\u202e\"event\":\"x\"")
	l.Lines[41] = []byte("\x1b[2J\u202eall is well\u2028")
	keys, err := proof.ParseKeys(l.Pub, true)
	if err != nil {
		t.Fatal(err)
	}
	r := judged(l, proof.Case{Keys: keys, Own: &proof.Signed{Name: "check\x1b[31mpoint", Note: l.Head}})
	var out strings.Builder
	if err := r.Print(&out, false); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{out.String(), string(bytes.TrimSuffix(r.JSON(), []byte("\n")))} {
		if i := strings.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' || c == 0x7f || c == 0x202e || c == 0x2028 }); i >= 0 {
			t.Errorf("the report holds %q: %s", text[i:i+1], text)
		}
	}
	if !json.Valid(r.JSON()) || bytes.Count(r.JSON(), []byte("\n")) != 1 || !strings.HasPrefix(out.String(), "TAMPERED  ") {
		t.Errorf("JSON %s, text %s", r.JSON(), out.String())
	}
}

// TestFarCheckpoint has a checkpoint in the log that covers lines long past,
// as after a time under load in which the signer was late.
func TestFarCheckpoint(t *testing.T) {
	if r := far(t, 200_000, nil); r.Verdict != proof.Intact {
		t.Errorf("a late checkpoint: %s", r.JSON())
	}
	spoil := rand.New(rand.NewPCG(1, 2)).IntN(1000)
	r := far(t, 200_000, func(seq int, line []byte) []byte {
		if seq == spoil {
			return bytes.Replace(line, []byte("INFO"), []byte("WARN"), 1)
		}
		return line
	})
	if r.Verdict != proof.Tampered || r.Findings[0].Between == nil || r.Findings[0].Between.Last != 999 {
		t.Errorf("line %d changed: %s", spoil, r.JSON())
	}
}

// far makes a log of which the line in the middle carries a checkpoint of the
// first thousand lines.
func far(t *testing.T, lines int, spoil func(int, []byte) []byte) *proof.Report {
	t.Helper()
	signer, err := proof.NewSigner(forge.Origin, forge.Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(forge.Make(forge.Plan{Lines: 2, End: time.Now()}).Lines[1], []byte(","))
	e, early, file := &proof.Edge{}, []byte(nil), bytes.Buffer{}
	sign := func() []byte {
		note, err := proof.Sign(proof.Checkpoint{Origin: forge.Origin, Size: e.Size(), Root: e.Root()}, signer)
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	for n := range lines {
		line := fmt.Appendf(nil, `{"seq":%d,%s`, n, rest)
		switch n {
		case 1000:
			early = sign()
		case lines / 2:
			parts := strings.Split(string(early), "\n")
			line = fmt.Appendf(nil, `{"seq":%d,"datetime":"2026-11-24T16:51:27.123456Z","level":"INFO","event":"log_checkpoint","data":{"size":1000,"origin":%q,"root":%q,"signature":%q}}`,
				n, forge.Origin, parts[2], proof.Signature(early))
		}
		e.Append(line)
		e.Full()
		if spoil != nil {
			line = spoil(n, line)
		}
		file.Write(append(line, '\n'))
	}
	keys, err := proof.ParseKeys(forge.PublicKey(forge.Origin, "log"), true)
	if err != nil {
		t.Fatal(err)
	}
	b := file.Bytes()
	return proof.Judge(context.Background(), proof.Case{
		Parts: []proof.Part{{Name: "security.log", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}},
		Own:   &proof.Signed{Name: "checkpoint", Note: sign()}, Keys: keys, Now: time.Now(),
	})
}
