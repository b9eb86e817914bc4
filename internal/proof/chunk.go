package proof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// chunk is some whole lines of one part, on their way through the workers.
type chunk struct {
	part   int
	offset int64  // of the first line in its part
	before int    // lines of the part before it
	base   uint64 // the number that its first line should have
	raw    []byte
	bundle int
	final  bool // the part ends here
	cut    bool // and does so without a line break: the last line is unfinished
	err    error
	done   chan struct{}

	// What the workers find out.
	lines   [][]byte
	hashes  []Hash
	first   uint64 // the number of the first line
	bad     int    // the first line that breaks a rule or is out of sequence
	breach  breach // the rule, if it is one
	notes   []int  // lines that are about the log itself
	acts    []act  // lines about what a person can sign
	carries bool   // some line carries a person's signature
}

// fill reads up to a chunk's size and leaves whole lines in raw; what follows
// them is the rest. A line without end fills a chunk and is one that is too long.
func (c *chunk) fill(f io.Reader) (rest []byte, err error) {
	have := len(c.raw)
	if cap(c.raw) < chunkSize {
		c.raw = append(make([]byte, 0, chunkSize), c.raw...)
	}
	n, err := io.ReadFull(f, c.raw[have:chunkSize])
	c.raw = c.raw[:have+n]
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return nil, err
	}
	if end := bytes.LastIndexByte(c.raw, '\n'); end >= 0 {
		rest, c.raw = c.raw[end+1:], c.raw[:end+1]
	}
	return rest, nil
}

// weigh splits a chunk into lines, and hashes and checks them up to the first
// that is wrong.
func (c *chunk) weigh() {
	if c.err != nil {
		return
	}
	if c.bundle > 0 {
		if c.lines, c.err = ReadBundle(c.raw, c.bundle); c.err != nil {
			c.err = fmt.Errorf("%w %d", c.err, c.bundle)
			return
		}
	} else {
		c.split()
	}
	c.bad = len(c.lines)
	c.carries = bytes.Contains(c.raw, signedInner)
	ok := c.bundle == 0 && clean(c.raw)
	for i, line := range c.lines {
		if !c.line(i, line, ok) {
			c.bad = i
			return
		}
	}
}

func (c *chunk) split() {
	for rest := c.raw; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			c.lines = append(c.lines, rest)
			return
		}
		c.lines, rest = append(c.lines, rest[:end:end]), rest[end+1:]
	}
}

// line takes in one line, and reports whether it can stand here.
func (c *chunk) line(i int, line []byte, ok bool) (fits bool) {
	if !ok || len(line) == 0 || len(line) > longest {
		if c.breach = check(line); c.breach != "" {
			return false
		}
	}
	seq, rest, numbered := number(line)
	switch {
	case !numbered:
		c.breach = noNumber
		return false
	case i == 0:
		c.first = seq
	case seq != c.first+uint64(i):
		return false
	}
	_, event := head(rest)
	if telling(event) {
		c.notes = append(c.notes, i)
	}
	c.act(i, event, rest)
	c.hashes = append(c.hashes, Leaf(line))
	return true
}
