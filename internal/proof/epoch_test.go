package proof_test

import (
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/forge"
	"coffer/internal/proof"
)

// TestOldKey has the first epoch's key from elsewhere, and the second's from
// beside the log: that anchors the lines of the first, by its last checkpoint
// that the new epoch cites, and no more.
func TestOldKey(t *testing.T) {
	l := forge.Make(forge.Plan{Lines: 300, Epoch: 2, End: time.Now()})
	keys, err := proof.ParseKeys(l.Pub, false)
	if err != nil {
		t.Fatal(err)
	}
	old, err := proof.ParseKeys(forge.PublicKey(forge.Origin, "log"), true)
	if err != nil {
		t.Fatal(err)
	}
	r := judged(l, proof.Case{Keys: append(keys, old...)})
	var text strings.Builder
	if err := r.Print(&text, false); err != nil {
		t.Fatal(err)
	}
	if r.AnchoredTo != 2 || r.Verdict != proof.Intact || !strings.Contains(r.Sentence, "anchored up to line 1") ||
		!strings.Contains(text.String(), "Anchored     part   by your key, up to line 1; what comes after") {
		t.Errorf("the old key from elsewhere: %s\n%s", r.JSON(), text.String())
	}
	r = judged(l, proof.Case{Keys: append(keys, old...), Require: proof.Require{Anchored: true}})
	if r.Verdict != proof.Incomplete || !strings.Contains(r.Sentence, "from line 2 on") {
		t.Errorf("anchored required: %s", r.JSON())
	}
	mine, err := proof.ParseKeys(l.Pub, true)
	if err != nil {
		t.Fatal(err)
	}
	if r := judged(l, proof.Case{Keys: mine}); r.AnchoredTo != 0 || r.Anchors[0] != "by your key" {
		t.Errorf("both from elsewhere: %s", r.JSON())
	}
}
