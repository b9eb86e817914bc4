package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"coffer/internal/apptest/forge"
	"coffer/internal/proof"
)

// verdict runs the program and reads its report.
func verdict(t *testing.T, args ...string) (r proof.Report, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), append(slices.Clip(args), "--json"), &out, &errs)
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v = %d, %s%s", args, code, out.Bytes(), errs.Bytes())
	}
	if bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Errorf("--json gave more than one line: %s", out.Bytes())
	}
	return r, code
}

// TestCorpus holds the verifier to every known attack, on a log as large as
// the issue asks for.
func TestCorpus(t *testing.T) {
	dir := t.TempDir()
	made := time.Now().UTC()
	m, err := forge.Corpus(dir, *corpusLines, made)
	if err != nil {
		t.Fatal(err)
	}
	now = func() time.Time { return made }
	t.Cleanup(func() { now = time.Now })
	t.Chdir(dir)
	for _, c := range m.Cases {
		t.Run(c.Name, func(t *testing.T) { hold(t, c) })
	}
}

func hold(t *testing.T, c forge.Case) {
	r, code := verdict(t, c.Args...)
	said, _ := json.Marshal(r)
	if code != c.Exit || string(r.Verdict) != c.Verdict || r.Exit != code {
		t.Fatalf("%s: exit %d, %s; want %d, %s\n%s", c.About, code, r.Verdict, c.Exit, c.Verdict, said)
	}
	if r.Sentence == "" {
		t.Errorf("%s: no sentence", c.About)
	}
	if p := r.Signed; c.Signed != nil && (forge.Signed{Count: p.Count, Others: p.Others, Bad: p.Bad, Unchecked: p.Unchecked, Stripped: p.Stripped}) != *c.Signed {
		t.Errorf("%s: signed = %+v, want %+v", c.About, p, *c.Signed)
	}
	if code == 0 {
		if len(r.Findings) > 0 {
			t.Errorf("%s: accepted, with findings: %s", c.About, said)
		}
		return
	}
	f := r.Findings[0]
	if c.What != "" && f.What != c.What {
		t.Errorf("%s: what = %q, want %q\n%s", c.About, f.What, c.What, said)
	}
	if c.Bad != nil && (f.Line == nil || *f.Line != uint64(*c.Bad)) {
		t.Errorf("%s: first bad line = %v, want %d\n%s", c.About, f.Line, *c.Bad, said)
	}
	if b := c.Between; b != nil && (f.Between == nil || f.Between.First < uint64(b[0]) || f.Between.Last >= uint64(b[1])) {
		t.Errorf("%s: between = %v, want within %v\n%s", c.About, f.Between, *b, said)
	}
	if f.Next == "" {
		t.Errorf("%s: nothing said about what to do next", c.About)
	}
}
