package forge

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"coffer/internal/proof"
)

// Copy is a log as a data directory holds it, to be forged and written.
type Copy struct {
	Segments   []Segment
	Checkpoint []byte
	Pub        string
}

// Segment is one file of lines.
type Segment struct {
	Name  string
	First int
	Lines [][]byte
	// Tail is what follows the last line, without a line break.
	Tail []byte
}

// Copy takes a copy that can be forged without touching the log.
func (l *Log) Copy() *Copy {
	c := &Copy{Checkpoint: l.Head, Pub: l.Pub}
	for i, first := range l.Starts {
		end := len(l.Lines)
		name := "security.log"
		if i+1 < len(l.Starts) {
			end, name = l.Starts[i+1], fmt.Sprintf("security-%012d.log", first)
		}
		c.Segments = append(c.Segments, Segment{Name: name, First: first, Lines: l.Lines[first:end:end]})
	}
	return c
}

// At puts lines in the place of one; none takes it out.
func (c *Copy) At(seq int, lines ...[]byte) *Copy {
	s, i := c.find(seq)
	s.Lines = append(append(append([][]byte{}, s.Lines[:i]...), lines...), s.Lines[i+1:]...)
	return c
}

// Line is a copy of a line.
func (c *Copy) Line(seq int) []byte {
	s, i := c.find(seq)
	return append([]byte{}, s.Lines[i]...)
}

// find is where a line is, before anything was taken out in its segment.
func (c *Copy) find(seq int) (s *Segment, i int) {
	for n := range c.Segments {
		if s = &c.Segments[n]; seq >= s.First && seq-s.First < len(s.Lines) {
			return s, seq - s.First
		}
	}
	panic(fmt.Sprint("no line ", seq))
}

// Cut leaves the lines before seq, and so many bytes of that line.
func (c *Copy) Cut(seq, bytes int) *Copy {
	for n := range c.Segments {
		s := &c.Segments[n]
		if seq-s.First > len(s.Lines) {
			continue
		}
		if bytes > 0 {
			s.Tail = s.Lines[seq-s.First][:bytes]
		}
		s.Lines = s.Lines[:seq-s.First]
		c.Segments = c.Segments[:n+1]
		break
	}
	return c
}

// Write makes the directory. A segment that is the same as in the twin, which
// is written already, becomes a link to it: a corpus of a hundred logs is little
// larger than one.
func (c *Copy) Write(dir string, twin *Copy, twinDir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, s := range c.Segments {
		path := filepath.Join(dir, s.Name)
		if twin.has(s) && os.Link(filepath.Join(twinDir, s.Name), path) == nil {
			continue
		}
		if err := s.write(path); err != nil {
			return err
		}
	}
	if c.Checkpoint != nil {
		if err := os.WriteFile(filepath.Join(dir, "checkpoint"), c.Checkpoint, 0o644); err != nil {
			return err
		}
	}
	if c.Pub == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, "log.pub"), []byte(c.Pub), 0o644)
}

// has reports whether a segment is in c too: the very same lines, not equal ones.
func (c *Copy) has(s Segment) (yes bool) {
	if c == nil || s.Tail != nil {
		return false
	}
	return slices.ContainsFunc(c.Segments, func(o Segment) bool {
		return o.Name == s.Name && slices.EqualFunc(o.Lines, s.Lines, func(a, b []byte) bool {
			return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
		})
	})
}

func (s Segment) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for _, line := range s.Lines {
		w.Write(line)
		w.WriteByte('\n')
	}
	w.Write(s.Tail)
	return w.Flush()
}

// Export writes a log as static files: checkpoint, hash tiles and bundles.
func (l *Log) Export(dir string) error {
	put := func(path string, b []byte) error {
		path = filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o644)
	}
	e := &proof.Edge{}
	for first := 0; first < len(l.Lines); first += proof.Width {
		lines := l.Lines[first:min(first+proof.Width, len(l.Lines))]
		if err := put(proof.EntriesPath(uint64(first/proof.Width), len(lines)), proof.Bundle(lines)); err != nil {
			return err
		}
		for _, line := range lines {
			e.Append(line)
		}
	}
	for _, t := range e.Full() {
		if err := put(proof.TilePath(t.Level, t.N, 0), t.Hashes); err != nil {
			return err
		}
	}
	for level := range 8 {
		hashes := e.Open(level)
		if len(hashes) == 0 {
			continue
		}
		n := e.Size() >> (8 * (level + 1))
		if err := put(proof.TilePath(level, n, len(hashes)/32), hashes); err != nil {
			return err
		}
	}
	if err := put("log.pub", []byte(l.Pub)); err != nil {
		return err
	}
	return put("checkpoint", l.Head)
}
