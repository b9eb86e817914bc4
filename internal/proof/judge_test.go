package proof_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"coffer/internal/apptest/forge"
	"coffer/internal/proof"
)

// small is a log that fits one file, and the case that finds it good.
func small(tb testing.TB, lines int) (file []byte, judge func(file []byte) *proof.Report) {
	tb.Helper()
	end := time.Date(2026, 11, 24, 16, 50, 0, 0, time.UTC)
	l := forge.Make(forge.Plan{Lines: lines, End: end})
	file = append(bytes.Join(l.Lines, []byte("\n")), '\n')
	keys, err := proof.ParseKeys(l.Pub, true)
	if err != nil {
		tb.Fatal(err)
	}
	return file, func(file []byte) *proof.Report {
		return proof.Judge(context.Background(), proof.Case{
			Parts: []proof.Part{{Name: "security.log", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }}},
			Own:   &proof.Signed{Name: "checkpoint", Note: l.Head}, Keys: keys, Now: end,
		})
	}
}

// TestEveryByte flips one bit of every byte of a log, each by itself: none may
// pass.
func TestEveryByte(t *testing.T) {
	file, judge := small(t, 12)
	if r := judge(file); r.Verdict != proof.Intact || r.Exit != 0 {
		t.Fatalf("the good log is %s: %s", r.Verdict, r.JSON())
	}
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		if r := judge(bad); r.Exit == 0 || r.Consistency == "CONSISTENT" {
			t.Fatalf("byte %d flipped: %s", i, r.JSON())
		}
	}
}

// TestEveryEnd cuts a log at every byte: none may pass, and what was cut at the
// end is called incomplete, since a copy that broke off looks the same.
func TestEveryEnd(t *testing.T) {
	file, judge := small(t, 12)
	for i := range file {
		if r := judge(file[:i]); r.Exit != 2 || r.Verdict != proof.Incomplete {
			t.Fatalf("cut at byte %d: %s", i, r.JSON())
		}
	}
}

// TestEveryLine takes out, doubles and swaps every line.
func TestEveryLine(t *testing.T) {
	file, judge := small(t, 60)
	lines := bytes.SplitAfter(file, []byte("\n"))
	lines = lines[:len(lines)-1]
	with := func(do func(l [][]byte) [][]byte) *proof.Report {
		return judge(bytes.Join(do(append([][]byte{}, lines...)), nil))
	}
	for i := range lines {
		gone := with(func(l [][]byte) [][]byte { return append(l[:i:i], l[i+1:]...) })
		switch last := i == 0 || i == len(lines)-1; {
		case last && gone.Exit != 2, !last && gone.Exit != 1:
			t.Errorf("line %d taken out: %s", i, gone.JSON())
		}
		if r := with(func(l [][]byte) [][]byte { return append(l[:i+1:i+1], l[i:]...) }); r.Exit != 1 || r.Findings[0].What != "doubled" {
			t.Errorf("line %d doubled: %s", i, r.JSON())
		}
		if i == 0 {
			continue
		}
		r := with(func(l [][]byte) [][]byte { l[i-1], l[i] = l[i], l[i-1]; return l })
		if r.Exit != 1 || i > 1 && r.Findings[0].What != "order" {
			t.Errorf("lines %d and %d swapped: %s", i-1, i, r.JSON())
		}
	}
}

// FuzzJudge gives the judge any file under a checkpoint: only the one that was
// signed may pass.
func FuzzJudge(f *testing.F) {
	file, judge := small(f, 12)
	f.Add(file)
	f.Add([]byte{})
	f.Add(append([]byte("\xef\xbb\xbf"), file...))
	f.Add(bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r := judge(b); r.Exit == 0 && !bytes.Equal(b, file) {
			t.Fatalf("accepted: %q", b)
		}
	})
}

// TestFiles finds segments by their names, in the order of their numbers.
func TestFiles(t *testing.T) {
	dir := fstest.MapFS{}
	for _, name := range []string{
		"security.log", "security-000000000010.log", "security-000000000002.log", "security-1000000000000.log",
		"security-10.log", "security-00000000000x.log", "security.log.1", "checkpoint", "log.pub", "coffer.db",
	} {
		dir[name] = &fstest.MapFile{Data: []byte(name)}
	}
	f, err := proof.Files(dir, "copy")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range f.Parts {
		names = append(names, p.Name)
	}
	want := []string{"copy/security-000000000002.log", "copy/security-000000000010.log", "copy/security-1000000000000.log", "copy/security.log"}
	if len(names) != len(want) {
		t.Fatalf("Files() = %v, want %v", names, want)
	}
	for i := range want {
		if names[i] != want[i] {
			t.Errorf("Files()[%d] = %s, want %s", i, names[i], want[i])
		}
	}
	if f.Own == nil || f.Pub != "log.pub" || f.Tiles != nil {
		t.Errorf("Files() = %+v", f)
	}
	if _, err := proof.Files(fstest.MapFS{"README": &fstest.MapFile{}}, "x"); err == nil {
		t.Error("Files() found a log where none is")
	}
	if _, err := fs.Stat(dir, "security.log"); err != nil {
		t.Error(err)
	}
}
