package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func lineAt(seq int, at time.Time) string {
	return fmt.Sprintf(`{"seq":%d,"datetime":"%s","level":"INFO"}`+"\n", seq, at.UTC().Format("2006-01-02T15:04:05.000000Z"))
}

func write(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if end := f.Close(); err != nil || end != nil {
		t.Fatal(err, end)
	}
}

func TestFollowerReadsOnAcrossSegments(t *testing.T) {
	dir := t.TempDir()
	log, checkpoint := filepath.Join(dir, "security.log"), filepath.Join(dir, "checkpoint")
	write(t, log, lineAt(0, time.Now().Add(-time.Hour))) // from before: nobody waits for it
	write(t, checkpoint, "coffer.invalid/x\n1\nroot\n\n— signature\n")
	f, err := follow(dir)
	if err != nil {
		t.Fatal(err)
	}
	first := lineAt(1, time.Now().Add(-2*time.Second))
	write(t, log, first[:30])
	write(t, log, first[30:]+lineAt(2, time.Now()))
	if err := os.Rename(log, filepath.Join(dir, "security-000000000000.log")); err != nil {
		t.Fatal(err)
	}
	write(t, log, lineAt(3, time.Now()))
	if err := f.end(3); err != nil {
		t.Fatal(err)
	}
	if len(f.late) != 3 || f.late[0] < 2*time.Second || f.late[0] > time.Minute {
		t.Errorf("late = %v, want 3, the first of them 2 s and a little", f.late)
	}
	if f.oldest < 2*time.Second || f.oldest > time.Minute || f.signed != 1 || len(f.waiting) != 3 {
		t.Errorf("oldest %v, signed %d, waiting %d; want 2 s and a little, 1, 3", f.oldest, f.signed, len(f.waiting))
	}
	if err := os.WriteFile(checkpoint, []byte("coffer.invalid/x\n3\nroot\n\n— signature\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.checkpoint(); err != nil || f.signed != 3 || len(f.waiting) != 1 {
		t.Errorf("checkpoint() = %v, signed %d, waiting %d, want nil, 3, 1", err, f.signed, len(f.waiting))
	}
}

func TestFollowerRefusesWhatIsNoLine(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "security.log")
	write(t, log, "")
	f, err := follow(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, log, "a line of something else\n")
	if err := f.end(0); err == nil {
		t.Error("end() = nil after a line that is none, want an error")
	}
}

func TestStamp(t *testing.T) {
	want := time.Date(2026, 11, 24, 16, 51, 27, 123456000, time.UTC)
	seq, at, err := stamp([]byte(`{"seq":41,"datetime":"2026-11-24T16:51:27.123456Z","level":"WARNING","event":"authn_login_fail"}`))
	if err != nil || seq != 41 || !at.Equal(want) {
		t.Errorf("stamp = %d, %v, %v, want 41, %v", seq, at, err, want)
	}
}
