package proof

import (
	"bytes"
	"fmt"
)

// lookup finds a line that was just read.
func (t *trial) lookup(seq uint64) (line []byte, ok bool) {
	for _, c := range []*chunk{t.now, t.prev} {
		if c != nil && seq >= c.base && seq-c.base < uint64(len(c.lines)) {
			return c.lines[seq-c.base], true
		}
	}
	return nil, false
}

// where is a line's place in its file.
func (t *trial) where(seq uint64) string {
	for _, c := range []*chunk{t.now, t.prev} {
		if c != nil && seq >= c.base && seq-c.base < uint64(len(c.lines)) {
			return t.place(c, int(seq-c.base))
		}
	}
	return ""
}

func (t *trial) place(c *chunk, i int) string {
	name := Escape(t.Parts[c.part].Name)
	if c.bundle > 0 {
		return fmt.Sprintf("%s, entry %d", name, i)
	}
	offset := c.offset
	for _, l := range c.lines[:i] {
		offset += int64(len(l)) + 1
	}
	return fmt.Sprintf("%s, line %d, byte %d", name, c.before+i+1, offset)
}

// same reports whether two lines are one and the same text.
func same(a, b []byte) (yes bool) { return len(a) > 0 && bytes.Equal(a, b) }
