package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/forge"
)

// served puts a log behind a server: whole, or its hash tiles alone.
func served(t *testing.T, dir string, lines bool) (url string) {
	t.Helper()
	files := http.FileServer(http.Dir(dir))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !lines && strings.HasPrefix(r.URL.Path, "/log/tile/entries/") {
			http.NotFound(w, r)
			return
		}
		http.StripPrefix("/log", files).ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/log"
}

func export(t *testing.T, p forge.Plan) (l *forge.Log, dir string) {
	t.Helper()
	dir = t.TempDir()
	l = forge.Make(p)
	if err := l.Export(dir); err != nil {
		t.Fatal(err)
	}
	return l, dir
}

// TestURL judges a log from afar, and says of one that serves hashes only that
// no line was seen.
func TestURL(t *testing.T) {
	l, dir := export(t, forge.Plan{Lines: 1500, End: time.Now()})
	r, code := verdict(t, "--key", strings.TrimSpace(l.Pub), served(t, dir, true))
	if code != 0 || r.Verdict != "INTACT" || r.Lines != 1500 {
		t.Errorf("a served log = %d, %s", code, r.JSON())
	}
	r, code = verdict(t, "--key", strings.TrimSpace(l.Pub), served(t, dir, false))
	if code != 2 || r.Findings[0].What != "nothing-seen" || !strings.Contains(r.Sentence, "no line was seen") {
		t.Errorf("hashes only = %d, %s", code, r.JSON())
	}
	r, code = verdict(t, served(t, dir, true))
	if code != 0 || r.Verdict != "UNANCHORED" {
		t.Errorf("a served log with the key it serves itself = %d, %s", code, r.JSON())
	}
}

// TestWatch keeps what it saw, and demands that the log has only grown since,
// by the hash tiles alone.
func TestWatch(t *testing.T) {
	end := time.Now()
	save := filepath.Join(t.TempDir(), "seen")
	watch := func(p forge.Plan, exit int, word string) {
		t.Helper()
		_, dir := export(t, p)
		r, code := verdict(t, "watch", served(t, dir, false), "--save", save)
		if code != exit || string(r.Verdict) != word {
			t.Fatalf("watch %+v = %d, want %d, %s: %s", p, code, exit, word, r.JSON())
		}
	}
	saved := func() string {
		b, err := os.ReadFile(filepath.Join(save, "checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	long := forge.Make(forge.Plan{Lines: 1500, End: end})
	short := func(n int) forge.Plan { return forge.Plan{Lines: 1500, End: end, Stop: n} }
	watch(short(700), 0, "UNANCHORED") // the first time nothing is known
	watch(short(700), 0, "INTACT")     // now the checkpoint is from elsewhere
	watch(short(1337), 0, "INTACT")
	watch(forge.Plan{Lines: 1500, End: end}, 0, "INTACT")
	if saved() != string(long.Head) {
		t.Errorf("saved %q, want the newest", saved())
	}
	watch(short(1100), 1, "DIVERGED") // rolled back
	watch(forge.Plan{Lines: 1500, End: end, Fork: 1400}, 1, "DIVERGED")
	if saved() != string(long.Head) {
		t.Errorf("saved %q after another history, want what was there", saved())
	}
	if other, _ := filepath.Glob(filepath.Join(save, "other-*.note")); len(other) != 2 {
		t.Errorf("the other histories' checkpoints kept: %v, want 2", other)
	}
}

// TestWatchRests holds that a key which the server gave at the first look is not
// taken for the visitor's own: it says since when nothing was rewritten.
func TestWatchRests(t *testing.T) {
	l, dir := export(t, forge.Plan{Lines: 1500, End: time.Now()})
	url, save := served(t, dir, false), filepath.Join(t.TempDir(), "seen")
	first := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	now = func() time.Time { return first }
	t.Cleanup(func() { now = time.Now })
	if r, code := verdict(t, "watch", url, "--save", save); code != 0 || r.Verdict != "UNANCHORED" {
		t.Fatalf("the first look = %d, %s", code, r.JSON())
	}
	now = func() time.Time { return first.AddDate(0, 1, 0) }
	r, code := verdict(t, "watch", url, "--save", save)
	if code != 0 || r.Sentence != "the log has only grown, to 1500 lines, since you first looked on 2026-03-04" {
		t.Errorf("the second look = %d, %s", code, r.JSON())
	}
	if len(r.Anchors) != 1 || !strings.HasPrefix(r.Anchors[0], "by the checkpoint ") || len(r.Notes) != 1 ||
		!strings.HasPrefix(r.Notes[0], "the public key came from the server itself") {
		t.Errorf("the second look rests on %q, and says %q", r.Anchors, r.Notes)
	}
	r, code = verdict(t, "watch", url, "--save", save, "--key", strings.TrimSpace(l.Pub))
	if code != 0 || r.Sentence != "the log has only grown, to 1500 lines" || len(r.Notes) != 0 || r.Anchors[0] != "by your key" {
		t.Errorf("with a key = %d, %s", code, r.JSON())
	}
}

// TestInterrupted holds that what did not finish is no success.
func TestInterrupted(t *testing.T) {
	l, dir := export(t, forge.Plan{Lines: 1500, End: time.Now()})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"--key", strings.TrimSpace(l.Pub), dir}, &out, &errs); code != 2 {
		t.Errorf("interrupted = %d, want 2: %s", code, out.Bytes())
	}
}
