package forge

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/proof"
)

// Case is one log and what a verifier must say of it.
type Case struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Kind is what is verified: lines, tiles or proof.
	Kind string `json:"kind"`
	// Args are coffer-verify's, with files as seen from the corpus's directory.
	Args    []string `json:"args"`
	Exit    int      `json:"exit"`
	Verdict string   `json:"verdict"`
	// What, Bad and Between are the word for what was done, the first bad
	// line, and the stretch that it lies in, where they must be told.
	What    string  `json:"what,omitempty"`
	Bad     *int    `json:"bad,omitempty"`
	Between *[2]int `json:"between,omitempty"`
	// Signed is what must be said of the signatures of persons in it.
	Signed *Signed `json:"signed,omitempty"`

	make func(b *Bench, dir string) error
}

// Manifest is what manifest.json holds.
type Manifest struct {
	Made  time.Time `json:"made"`
	Lines int       `json:"lines"`
	Cases []Case    `json:"cases"`
}

// Bench is where a corpus is made: a good log, and a directory for it.
type Bench struct {
	Dir  string
	Good *Log
	twin *Copy
	plan Plan
	last *Log // the one made last, since several cases in a row want the same
}

// log makes a log, unless it is the one that was made last.
func (b *Bench) log(p Plan) *Log {
	if b.last == nil || b.last.plan != p {
		b.last = Make(p)
	}
	return b.last
}

// Corpus makes the good log, what an auditor keeps elsewhere, and every case.
// The last line is a minute older than end.
func Corpus(dir string, lines int, end time.Time) (Manifest, error) {
	b := &Bench{Dir: dir, plan: Plan{Lines: lines, End: end.Add(-time.Minute)}}
	b.Good = Make(b.plan)
	b.Good.Head = append(b.Good.Head, Cosign(b.Good.Head, "witness.example/one", "witness one", end)...)
	b.twin = b.Good.Copy()
	m := Manifest{Made: end, Lines: lines, Cases: b.cases()}
	if err := b.keep(); err != nil {
		return m, err
	}
	if err := b.twin.Write(b.path("good/copy"), nil, ""); err != nil {
		return m, err
	}
	for _, c := range m.Cases {
		if c.make == nil {
			continue
		}
		if err := c.make(b, b.path(c.Name)); err != nil {
			return m, fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return m, nil
}

func (b *Bench) path(name string) string { return filepath.Join(b.Dir, filepath.FromSlash(name)) }

// yesterday is the size of a checkpoint that somebody kept a day ago; it is no
// power of two, and no multiple of a tile.
func (b *Bench) yesterday() int { return b.plan.Lines*3/5 | 1 }

// lastHour is the first line of the last hour.
func (b *Bench) lastHour() int { return b.plan.Lines - b.plan.Lines/int(span/time.Hour) }

// at signs the log as it was at a size.
func (l *Log) at(size int, signer note.Signer, origin string) []byte {
	e := &proof.Edge{}
	for _, line := range l.Lines[:size] {
		e.Append(line)
	}
	return must(proof.Sign(proof.Checkpoint{Origin: origin, Size: uint64(size), Root: e.Root()}, signer))
}

func signer(origin, word string) note.Signer { return must(proof.NewSigner(origin, Key(word))) }

// keep writes what lies elsewhere: with the auditor, not with the log.
func (b *Bench) keep() error {
	if err := os.MkdirAll(b.path("keep"), 0o755); err != nil {
		return err
	}
	old := b.Good.at(b.yesterday(), signer(Origin, "log"), Origin)
	late := b.Good.at(b.plan.Lines-b.plan.Lines/200, signer(Origin, "log"), Origin)
	wOne, wTwo := witnessKey("witness.example/one", "witness one"), witnessKey("witness.example/two", "witness two")
	files := map[string]string{
		"log.pub":              b.Good.Pub,
		"other.pub":            PublicKey(OtherOrigin, "other") + "\n",
		"impostor.pub":         PublicKey(Origin, "impostor") + "\n",
		"yesterday.checkpoint": string(old),
		"late.checkpoint":      string(late),
		"cosigned.checkpoint":  string(append(late, Cosign(late, "witness.example/one", "witness one", b.plan.End)...)),
		"broken.checkpoint":    strings.Replace(string(old), fmt.Sprintf("\n%d\n", b.yesterday()), fmt.Sprintf("\n%d\n", b.yesterday()-1), 1),
		"collector.jsonl":      string(bytes.Join(b.checkpoints(), []byte("\n"))) + "\n",
		"policy.txt":           "# one of two witnesses\nlog " + b.Good.Pub + "witness w1 " + wOne + "\nwitness w2 " + wTwo + "\ngroup both any w1 w2\nquorum both\n",
		"strict.txt":           "witness w1 " + wOne + "\nwitness w2 " + wTwo + " https://witness.example/two\ngroup both all w1 w2\nquorum both\n",
	}
	for name, text := range files {
		if err := os.WriteFile(b.path("keep/"+name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// checkpoints are the lines that a collector of checkpoints has.
func (b *Bench) checkpoints() (lines [][]byte) {
	for _, l := range b.Good.Lines {
		if bytes.Contains(l, []byte(`"event":"log_checkpoint"`)) {
			lines = append(lines, l)
		}
	}
	return lines
}

// cosigner is the key of c2sp.org/tlog-cosignature: a byte 4, and the key.
func cosigner(word string) []byte {
	return append([]byte{4}, Key(word).Public().(ed25519.PublicKey)...)
}

func witnessKey(name, word string) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyID(name, cosigner(word)), base64.StdEncoding.EncodeToString(cosigner(word)))
}

// Cosign is a witness's signature line under a checkpoint.
func Cosign(signed []byte, name, word string, at time.Time) []byte {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s\n", at.Unix(), text)
	sig := binary.BigEndian.AppendUint32(nil, keyID(name, cosigner(word)))
	sig = binary.BigEndian.AppendUint64(sig, uint64(at.Unix()))
	sig = append(sig, ed25519.Sign(Key(word), []byte(message))...)
	return []byte("— " + name + " " + base64.StdEncoding.EncodeToString(sig) + "\n")
}

// plain finds a line of everyday life from a place on: one that is not about
// the log, and whose neighbours are not either; no segment ends soon after it,
// whatever the time of the day.
func (b *Bench) plain(from int) int {
	const room = 12
	for n := from; ; n++ {
		near := bytes.Join(b.Good.Lines[n-1:n+3], nil)
		after := bytes.Join(b.Good.Lines[n:min(n+room, len(b.Good.Lines))], nil)
		if !bytes.Contains(near, []byte(`"event":"log_`)) && !bytes.Contains(after, []byte(`"event":"log_rotated"`)) {
			return n
		}
	}
}

// inner is the end of a segment that is neither the first nor the last.
func (b *Bench) inner() (first, next int) {
	return b.Good.Starts[1], b.Good.Starts[2]
}

// keyID is the first four bytes of SHA-256 over name, newline and key.
func keyID(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}
