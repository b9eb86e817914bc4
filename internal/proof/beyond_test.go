package proof_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/forge"
	"coffer/internal/proof"
)

// beyond judges a log that goes on after what was signed.
func beyond(t *testing.T, lines, signed int, tail []byte, allow bool) *proof.Report {
	t.Helper()
	end := time.Date(2026, 11, 24, 16, 50, 0, 0, time.UTC)
	l := forge.Make(forge.Plan{Lines: lines, End: end})
	keys, err := proof.ParseKeys(l.Pub, true)
	if err != nil {
		t.Fatal(err)
	}
	file := append(append(bytes.Join(l.Lines, []byte("\n")), '\n'), tail...)
	head := forge.Make(forge.Plan{Lines: lines, End: end, Stop: signed}).Head
	return proof.Judge(context.Background(), proof.Case{
		Parts: []proof.Part{{Name: "security.log", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}},
		Own:   &proof.Signed{Name: "checkpoint", Note: head}, Keys: keys, Now: end, AllowUnsigned: allow,
	})
}

// TestTail has something after the last line that is no line: it is not counted
// as one, and never passed over in silence.
func TestTail(t *testing.T) {
	half := []byte(`{"seq":60,"datetime":"2026-11-2`)
	for _, c := range []struct {
		name, detail string
		tail         []byte
	}{
		{"31 bytes", "unfinished line", half},
		{"4096 bytes", "zero bytes", make([]byte, 4096)},
		{"5 bytes", "no line of Coffer's", []byte("hello")},
	} {
		r := beyond(t, 60, 60, c.tail, false)
		if f := r.Findings; r.Verdict != proof.Incomplete || f[0].What != "unfinished" || !strings.Contains(r.Sentence, c.name) ||
			!strings.Contains(f[0].Detail, c.detail) || strings.Contains(string(r.JSON()), "within a second") {
			t.Errorf("%s: %s", c.name, r.JSON())
		}
		if r.Unsigned != 0 || r.Unfinished != len(c.tail) {
			t.Errorf("%s: %d lines unsigned, %d bytes unfinished", c.name, r.Unsigned, r.Unfinished)
		}
		r = beyond(t, 60, 60, c.tail, true)
		if said := strings.Join(r.Notes, "\n"); r.Verdict != proof.Intact || !strings.Contains(said, c.name) || !strings.Contains(said, c.detail) {
			t.Errorf("%s allowed: %s", c.name, r.JSON())
		}
	}
	r := beyond(t, 60, 50, half, false)
	if r.Findings[0].What != "unsigned" || r.Unsigned != 10 || !strings.Contains(strings.Join(r.Notes, "\n"), "31 bytes") {
		t.Errorf("lines and half a line: %s", r.JSON())
	}
}

// TestAllowedIsSaid has lines beyond the checkpoint, by leave: how many, and up
// to when, and loudly where a server at work would long have signed them.
func TestAllowedIsSaid(t *testing.T) {
	said := strings.Join(beyond(t, 60_000, 59_999, nil, true).Notes, "\n") // 60 hours: a line each 3.6 s
	if !strings.Contains(said, "1 line beyond the checkpoint is not judged: line 59999, of 2026-11-24T16:50:00.000000Z") || strings.Contains(said, "CAUTION") {
		t.Errorf("one line: %s", said)
	}
	r := beyond(t, 60_000, 59_400, nil, true)
	said = strings.Join(r.Notes, "\n")
	for _, want := range []string{"CAUTION", "600 lines", "the lines 59400 to 59999", "up to 2026-11-24T16:50:00.000000Z", "35 min"} {
		if !strings.Contains(said, want) {
			t.Errorf("600 lines do not say %q: %s", want, r.JSON())
		}
	}
	if r.Verdict != proof.Intact {
		t.Errorf("600 lines allowed: %s", r.JSON())
	}
	if said := strings.Join(beyond(t, 60, 60, nil, true).Notes, "\n"); said != "" {
		t.Errorf("nothing beyond: %s", said)
	}
}
