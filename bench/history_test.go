package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"coffer/internal/query"
)

func TestHistoryIsSealedWholeAndAsked(t *testing.T) {
	m := &measurement{plan: plan{events: 1000, asks: 2}}
	figures, err := m.fill(t.TempDir())
	if err != nil || len(figures) != 4 {
		t.Fatalf("fill = %d figures, %v, want 4", len(figures), err)
	}
	for _, f := range figures {
		if !f.judged || f.measured == "" {
			t.Errorf("%s = %+v, want a judged figure", f.name, f)
		}
	}
}

func TestQuestionsRead(t *testing.T) {
	for _, q := range append(append(pageQuestions[:len(pageQuestions):len(pageQuestions)], streamQuestions...), countQuestions...) {
		if _, err := query.Parse(filled(q, 3, time.Hour)); err != nil {
			t.Errorf("Parse(%q) = %v", filled(q, 3, time.Hour), err)
		}
	}
}

func TestEverydayIsMostlyLooksAtCards(t *testing.T) {
	counts := map[string]int{}
	for n := range 50_000 {
		_, e := moment(n)
		counts[e.Kind().Name]++
	}
	want := map[string]int{
		"sensitive_read": 34_999, "sensitive_create": 5000, "authn_login_success": 5000,
		"authn_login_fail": 2500, "authz_fail": 2500, "sys_crash": 1,
	}
	for name, n := range want {
		if counts[name] != n {
			t.Errorf("%s = %d times, want %d", name, counts[name], n)
		}
	}
}

func TestCommitsAreCompleteOrAnError(t *testing.T) {
	j, err := openJournal(t.TempDir(), "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := j.commit(viewer, viewed, viewed); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.complete(6); err != nil {
		t.Errorf("complete(6) = %v after 6 lines", err)
	}
	if err := j.complete(7); err == nil {
		t.Error("complete(7) = nil after 6 lines, want an error")
	}
	if err := j.close(); err != nil {
		t.Errorf("close() = %v", err)
	}
}

func TestForgedLogHasSoManyLines(t *testing.T) {
	dir := t.TempDir()
	if err := forgeLog(dir, 700); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "security*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files = %v, %v", files, err)
	}
	out, err := exec.Command("cat", files...).Output()
	if lines := bytes.Count(out, []byte("\n")); err != nil || lines != 700 {
		t.Errorf("%d lines, %v, want 700", lines, err)
	}
}

func TestShareOfAView(t *testing.T) {
	m := &measurement{plan: plan{window: window{during: 40 * time.Millisecond}}, results: map[string][]result{
		"view 1": {{rate: 1000}}, "view 64": {{rate: 10_000}},
	}}
	f, err := m.share(under{cpu: map[int]time.Duration{1: time.Second, crowd: time.Second}})
	if err != nil || !f.met {
		t.Errorf("share of a view that takes a second = %+v, %v, want less than 5 %%", f, err)
	}
	if f, err = m.share(under{cpu: map[int]time.Duration{1: time.Nanosecond, crowd: time.Second}}); err != nil || f.met {
		t.Errorf("share of a view that takes a nanosecond = %+v, %v, want more than 5 %%", f, err)
	}
	lone := &measurement{plan: m.plan}
	if f, err = lone.share(under{cpu: map[int]time.Duration{1: time.Second, crowd: time.Second}}); err != nil || f.judged {
		t.Errorf("share without card views = %+v, %v, want no judgement", f, err)
	}
	if f, err = m.share(under{}); err != nil || f.judged {
		t.Errorf("share without a time = %+v, %v, want no judgement", f, err)
	}
}
