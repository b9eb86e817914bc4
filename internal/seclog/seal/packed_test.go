package seal

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"coffer/internal/event"
)

// golden are the words' own sample lines, one of each kind at least.
func golden(t testing.TB) (lines [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../../event/testdata/*.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d sample lines, %v", len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, bytes.TrimSuffix(text, []byte("\n")))
	}
	return lines
}

// TestPacked holds that every kind of line comes back as it was, that everyday
// ones take a third of their length at most, and that the rows which statements
// look into hold the line itself.
func TestPacked(t *testing.T) {
	var p packer
	var stored, lines [][]byte
	for _, line := range golden(t) {
		l, err := event.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		s := p.pack(event.Record{Event: l.Event}, line)
		switch {
		case asked(l.Event) != (s[0] == '{') && len(s) > len(line)*3/4:
			t.Errorf("%s stands as %d bytes of %d", l.Event, len(s), len(line))
		case l.Event == "sensitive_read" && !bytes.Contains(line, []byte("client_data")) && len(s) > len(line)/3: // a signature is chance
			t.Errorf("%s takes %d bytes of %d, want a third of them at most", l.Event, len(s), len(line))
		case asked(l.Event) && !bytes.Equal(s, line):
			t.Errorf("%s is packed, and statements look into it", l.Event)
		}
		stored, lines = append(stored, s), append(lines, line)
	}
	var got []byte
	for i, s := range stored { // all of them at last: none wrote into another's room
		if got = Unpack(got[:0], s); !bytes.Equal(got, lines[i]) {
			t.Errorf("Unpack() = %s, want %s", got, lines[i])
		}
		var text Text
		if err := text.Scan(s); err != nil || !bytes.Equal(text, lines[i]) {
			t.Errorf("Scan() = %v, %s, want %s", err, text, lines[i])
		}
	}
}

// TestPackedBefore reads what was packed when the first dictionary was made: it
// may never change, and neither may what reads it.
func TestPackedBefore(t *testing.T) {
	want, err := os.ReadFile("testdata/packed1.json")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := os.ReadFile("testdata/packed1.hex")
	if err != nil {
		t.Fatal(err)
	}
	for how, text := range bytes.Split(bytes.TrimSpace(texts), []byte("\n")) {
		stored, err := hex.DecodeString(string(text))
		if err != nil || int(stored[0]) != how+1 {
			t.Fatalf("%s: %v, want what was packed in way %d", text, err, how+1)
		}
		if got := Unpack(nil, stored); !bytes.Equal(got, bytes.TrimSpace(want)) {
			t.Errorf("Unpack() = %q, want %s", got, want)
		}
	}
}

// TestPackedLong packs the longest lines, and what no dictionary helps with.
func TestPackedLong(t *testing.T) {
	var p packer
	rng := rand.New(rand.NewPCG(5, 12))
	for n := range 200 {
		line := make([]byte, event.MaxLine-n*n%event.MaxLine)
		for i := range line {
			switch {
			case n%3 == 0:
				line[i] = byte(rng.Uint32())
			case n%3 == 1:
				line[i] = "abcdefghijklmnop"[rng.IntN(16)]
			default:
				line[i] = text1[(i*7+n)%len(text1)]
			}
		}
		line[0] = '{'
		if got := Unpack(nil, p.pack(event.Record{}, line)); !bytes.Equal(got, line) {
			t.Fatalf("a line of %d bytes came back as %d", len(line), len(got))
		}
		p.room = p.room[:0]
	}
}

// TestScanAnything reads what SQLite would store and Coffer never does: as
// something, so that nobody stops at it, that is no line.
func TestScanAnything(t *testing.T) {
	for _, stored := range []any{nil, int64(7), 1.5, true, `{"seq":1}`, ""} {
		var text Text
		if err := text.Scan(stored); err != nil {
			t.Errorf("Scan(%v) = %v", stored, err)
		}
		if _, err := event.Parse(text); err == nil {
			t.Errorf("Scan(%v) = %s, want what is no line", stored, text)
		}
	}
}

// FuzzUnpack gives it what nobody packed: the result is never longer than a line
// may be, unless it stood there so, and what lies before it in the room stays.
func FuzzUnpack(f *testing.F) {
	var p packer
	for _, line := range golden(f) {
		f.Add(bytes.Clone(p.pack(event.Record{}, line)))
	}
	f.Add([]byte{shortened1})
	f.Add([]byte{spelled1, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, stored []byte) {
		before := []byte("before")
		got := Unpack(bytes.Clone(before), stored)
		rest, ok := bytes.CutPrefix(got, before)
		if !ok || len(rest) > event.MaxLine && !bytes.Equal(rest, stored) {
			t.Errorf("Unpack(%q) = %q", stored, got)
		}
		if again := Unpack(nil, stored); !bytes.Equal(again, rest) {
			t.Errorf("Unpack(%q) = %q, and %q the next time", stored, rest, again)
		}
	})
}
