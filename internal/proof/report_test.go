package proof

import (
	"strings"
	"testing"
	"time"
)

// TestAges says times as people do, and a demand in the words it was made in.
func TestAges(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s old", time.Second: "1 s old", 61500 * time.Millisecond: "61 s old", time.Hour: "1 h old",
		90 * time.Minute: "90 min old", 47 * time.Hour: "47 h old", 50 * time.Hour: "2 days old",
		-time.Minute: "0 s old", -time.Hour: "dated in the future",
	} {
		if a := Age(d); old(&a) != want {
			t.Errorf("old(%s) = %q, want %q", d, old(&a), want)
		}
	}
	if got := long(time.Millisecond); got != "1ms" {
		t.Errorf("long(1ms) = %q", got)
	}
}

// TestEpochWords tells what an old key is worth after a break, and what the
// operator let pass.
func TestEpochWords(t *testing.T) {
	e := Epoch{Line: 9, At: "2026-11-24T16:51:27.123456Z", Lost: 1, Changed: 1, Why: `a "bad" disk`, Vouched: 1}
	want := `a new epoch began at line 9 of 2026-11-24T16:51:27.123456Z, under another name and key; 1 line that had been signed was lost` +
		`; 1 line before it is not as signed, and the operator went on all the same ("a "bad" disk").` +
		` The old key vouches for the first 1 line only; for the lines from 1 on, only the new one does.`
	if got := e.words(); got != want {
		t.Errorf("words() = %s\nwant      %s", got, want)
	}
	e.Vouched = 0
	if got := e.words(); !strings.HasSuffix(got, "The old key vouches for none of the lines; the new one does.") {
		t.Errorf("words() = %s", got)
	}
}

// TestAdd holds that a later finding makes a verdict worse and never better.
func TestAdd(t *testing.T) {
	r := Nothing(Tampered, "changed", "", "")
	r.Add(Finding{Verdict: Incomplete, What: "unsaved", Sentence: "not kept"})
	if r.Verdict != Tampered || r.Exit != 1 || r.Sentence != "changed" {
		t.Errorf("%s", r.JSON())
	}
	r = &Report{Verdict: Intact, Sentence: "good"}
	r.Add(Finding{Verdict: Incomplete, What: "unsaved", Sentence: "not kept"})
	if r.Verdict != Incomplete || r.Exit != 2 || r.Sentence != "not kept" {
		t.Errorf("%s", r.JSON())
	}
	if r := Nothing(Usage, "no such flag", "", ""); r.Exit != 3 || r.Verdict != Usage {
		t.Errorf("%s", r.JSON())
	}
}
