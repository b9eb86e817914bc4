package file_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
)

func TestStatements(t *testing.T) { apptest.Prepare(t, file.Statements()...) }

// TestCrashAtEveryLine takes every place at which the mark can be, and every
// state of the files that a crash can leave from there on: with the lines up to
// any later one, before a renaming, after it, and with the next file begun.
// None is an alarm, and each ends in the exact projection.
func TestCrashAtEveryLine(t *testing.T) {
	r := newRig(t, apptest.Migrated(t, db.SQLite))
	r.put(t, 25)
	r.once(t)
	r.exact(t)
	lines := r.lines(t)
	states := 0
	for marked := range len(lines) + 1 {
		_, mark := files(lines[:marked])
		marks := []place{mark}
		if mark.bytes == 0 && marked > 0 { // at a rotation the mark may still be on the old segment
			before, m := files(lines[:marked-1])
			marks = append(marks, place{m.segment, int64(len(before["security.log"]) + len(lines[marked-1].Text) + 1), mark.seq})
		}
		for written := marked; written <= min(marked+13, len(lines)); written++ {
			for _, m := range marks {
				for what, state := range crashes(lines[:written], m) {
					r.lay(t, state, m, 1)
					if unclean := r.once(t); !unclean {
						t.Fatalf("a crash with the mark at line %d is told as a clean stop", marked)
					}
					if got := r.altered(); len(got) > 0 {
						t.Fatalf("mark at line %d, %d lines written, %s: alarm %+v, want none", marked, written, what, got)
					}
					r.exact(t)
					states++
				}
			}
		}
	}
	t.Logf("%d states", states)
}

// crashes are the states of the files after the last of the lines was written.
// A mark on the next segment is stored only when the rename is durable.
func crashes(lines []seal.Line, m place) map[string]map[string][]byte {
	done, end := files(lines)
	out := map[string]map[string][]byte{"done": done}
	if end.bytes > 0 || len(lines) == 0 || m.segment == end.segment {
		return out
	}
	renamed := maps.Clone(done)
	delete(renamed, "security.log")
	out["renamed, the next not begun"] = renamed
	unnamed := maps.Clone(renamed)
	last := fmt.Sprintf("security-%012d.log", m.segment)
	for name := range unnamed { // the newest one
		last = max(last, name)
	}
	unnamed["security.log"] = unnamed[last]
	delete(unnamed, last)
	out["not renamed"] = unnamed
	return out
}

// TestCrashAtEveryByte cuts the file at every byte of the lines beyond the mark.
func TestCrashAtEveryByte(t *testing.T) {
	r := newRig(t, apptest.Migrated(t, db.SQLite))
	r.put(t, 5)
	r.once(t)
	lines := r.lines(t)
	full, _ := files(lines)
	text := full["security.log"]
	_, mark := files(lines[:4])
	for n := mark.bytes; n <= int64(len(text)); n++ {
		for _, tail := range []string{"", "\x00\x00\x00\x00", "\n", "{}\n"} {
			r.lay(t, map[string][]byte{"security.log": append(bytes.Clone(text[:n]), tail...)}, mark, 1)
			r.once(t)
			if got := r.altered(); len(got) > 0 {
				t.Fatalf("%d of %d bytes and %q: alarm %+v, want none", n, len(text), tail, got)
			}
			r.exact(t)
			if n%16 > 0 {
				break // one tail suffices inside a line
			}
		}
	}
}

// TestAltered is what is no crash: each is kept aside, told once, and written
// again from the database.
func TestAltered(t *testing.T) {
	r := newRig(t, apptest.Migrated(t, db.SQLite))
	r.put(t, 16)
	r.once(t)
	lines := r.lines(t)
	full, end := files(lines)
	text := full["security.log"]
	_, mid := files(lines[:len(lines)-2])
	if mid.segment != end.segment || end.segment == 0 {
		t.Fatalf("the log ends at %+v, want two lines and more in a second segment", end)
	}
	first := "security-000000000000.log"
	_, inFirst := files(lines[:3])
	forged := bytes.Replace(lines[len(lines)-1].Text, []byte(`"success"`), []byte(`"failure"`), 1)
	with := func(name string, text []byte) map[string][]byte {
		state := maps.Clone(full)
		state[name] = text
		return state
	}
	without := maps.Clone(full)
	delete(without, "security.log")
	for name, c := range map[string]struct {
		state map[string][]byte
		mark  place
		kept  []byte
	}{
		"a byte short of the mark":      {with("security.log", text[:end.bytes-1]), end, text[:end.bytes-1]},
		"a line short of the mark":      {with("security.log", text[:mid.bytes]), end, text[:mid.bytes]},
		"empty":                         {with("security.log", nil), end, []byte{}},
		"gone":                          {without, end, nil},
		"another last line":             {with("security.log", bytes.ToUpper(text)), end, bytes.ToUpper(text)},
		"a byte in the middle":          {with("security.log", flipped(text, 100)), end, flipped(text, 100)},
		"a line put before":             {with("security.log", append([]byte("x\n"), text...)), end, append([]byte("x\n"), text...)},
		"a forged line beyond the mark": {with("security.log", append(append(bytes.Clone(text[:mid.bytes]), forged...), '\n')), mid, append(append(bytes.Clone(text[:mid.bytes]), forged...), '\n')},
		"a line more than there are":    {with("security.log", append(append(bytes.Clone(text), forged...), '\n')), end, append(append(bytes.Clone(text), forged...), '\n')},
		"a finished segment cut":        {with(first, full[first][:inFirst.bytes]), inFirst, full[first][:inFirst.bytes]},
		"a finished segment longer":     {with(first, append(bytes.Clone(full[first]), "{}\n"...)), inFirst, append(bytes.Clone(full[first]), "{}\n"...)},
	} {
		t.Run(name, func(t *testing.T) {
			r.lay(t, c.state, c.mark, 0)
			if r.once(t) {
				t.Error("a clean stop is told as a crash")
			}
			kept := r.exact(t)
			got := r.altered()
			if len(got) != 1 || got[0].Segment != c.mark.segment || got[0].Offset != c.mark.bytes {
				t.Fatalf("alarms = %+v, want one about segment %d at %d", got, c.mark.segment, c.mark.bytes)
			}
			if c.kept == nil {
				if got[0].Kept != "" || len(kept) > 0 {
					t.Errorf("kept %q, want nothing: there was nothing", got[0].Kept)
				}
				return
			}
			if !bytes.Equal(kept[got[0].Kept], c.kept) {
				t.Errorf("kept %s = %q, want what was found", got[0].Kept, kept[got[0].Kept])
			}
		})
	}
}

func flipped(text []byte, at int) []byte {
	text = bytes.Clone(text)
	text[at] ^= 1
	return text
}

// TestNoMark is a directory that the database does not know: its id was lost,
// or the database is another. Nothing in it is cut.
func TestNoMark(t *testing.T) {
	r := newRig(t, apptest.Migrated(t, db.SQLite))
	r.put(t, 16)
	r.once(t)
	id := filepath.Join(r.dir, "directory.id")
	before, err := os.ReadFile(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(id); err != nil {
		t.Fatal(err)
	}
	r.put(t, 2)
	if r.once(t) {
		t.Error("a new directory is told as a crash")
	}
	r.exact(t)
	if got := r.altered(); len(got) > 0 {
		t.Errorf("alarms = %+v, want none: every byte is right", got)
	}
	if after, err := os.ReadFile(id); err != nil || bytes.Equal(before, after) || !strings.HasPrefix(string(after), "d_") {
		t.Errorf("directory.id = %q, %v, want a new one", after, err)
	}

	other := newRig(t, apptest.Migrated(t, db.SQLite))
	other.put(t, 3)
	foreign, _ := files(r.lines(t))
	if err := os.WriteFile(filepath.Join(other.dir, "security.log"), foreign["security.log"], 0o640); err != nil {
		t.Fatal(err)
	}
	other.once(t)
	kept := other.exact(t)
	got := other.altered()
	if len(got) != 1 || !bytes.Equal(kept[got[0].Kept], foreign["security.log"]) {
		t.Errorf("alarms = %+v with %d files kept, want the other database's log kept aside", got, len(kept))
	}
}

// TestGuest is a command that writes the files after a crash of the server: the
// server's next start is told of the crash all the same, and of no clean stop.
func TestGuest(t *testing.T) {
	r := newRig(t, apptest.Migrated(t, db.SQLite))
	r.put(t, 14)
	r.once(t)
	lines := r.lines(t)
	state, _ := files(lines[:5])
	for _, running := range []int64{1, 0} {
		r.lay(t, state, place{0, int64(len(state["security.log"])), 5}, running)
		r.guest = true
		if unclean := r.once(t); unclean != (running > 0) {
			t.Errorf("a guest is told %v, want %v", unclean, running > 0)
		}
		r.exact(t)
		r.guest = false
		if unclean := r.once(t); unclean != (running > 0) {
			t.Errorf("after a guest the server is told %v, want %v", unclean, running > 0)
		}
		if r.once(t) {
			t.Error("a clean stop of the server is told as a crash")
		}
	}
}

// TestRestoredDatabase is an older database beside a newer file: the lines that
// it lacks are evidence and are not cut.
func TestRestoredDatabase(t *testing.T) {
	r := newRig(t, apptest.Migrated(t, db.SQLite))
	r.put(t, 4)
	r.once(t)
	lines := r.lines(t)
	full, end := files(lines)
	later := bytes.ReplaceAll(lines[3].Text, []byte(`{"seq":3,`), []byte(`{"seq":4,`))
	text := append(append(full["security.log"], later...), '\n')
	r.lay(t, map[string][]byte{"security.log": text}, end, 1)
	r.once(t)
	kept := r.exact(t)
	if got := r.altered(); len(got) != 1 || !bytes.Equal(kept[got[0].Kept], text) {
		t.Errorf("alarms = %+v, want one that keeps the line that the database lacks", got)
	}
}
