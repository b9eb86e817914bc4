package seal

import (
	"slices"
	"testing"
)

// run gives the lines [from, to) and the head after them.
func run(from, to uint64) ([]Line, Head) {
	var lines []Line
	for seq := from; seq < to; seq++ {
		lines = append(lines, Line{Seq: seq})
	}
	return lines, Head{Size: to}
}

// TestTailServesNoWrongLine brings lines in every order in which two sealers
// and a look at the head can: what is served from memory starts at the number
// asked for and has no gap, and an end is only told where the end is.
func TestTailServesNoWrongLine(t *testing.T) {
	for name, c := range map[string]struct {
		steps []func(*tail)
		size  uint64
	}{
		"in order":              {[]func(*tail){added(0, 10), added(10, 20)}, 20},
		"after a restart":       {[]func(*tail){added(100, 110)}, 110},
		"two drains cross":      {[]func(*tail){added(10, 20), added(0, 10)}, 20},
		"another sealed":        {[]func(*tail){added(0, 10), added(15, 20)}, 20},
		"the head was first":    {[]func(*tail){added(0, 10), looked(20), added(10, 20)}, 20},
		"and another's too":     {[]func(*tail){added(0, 10), looked(25), added(10, 20)}, 25},
		"and then ours again":   {[]func(*tail){added(0, 10), looked(25), added(10, 20), added(25, 30)}, 30},
		"an old look":           {[]func(*tail){added(0, 30), looked(20), added(30, 31)}, 31},
		"more than memory has":  {[]func(*tail){added(0, 3*kept), added(3*kept, 3*kept+1)}, 3*kept + 1},
		"late behind a gap":     {[]func(*tail){added(0, 5), added(8, 9), added(5, 8), added(9, 12)}, 12},
		"only a look, no lines": {[]func(*tail){looked(7)}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			mem := &tail{more: make(chan struct{})}
			for i, step := range c.steps {
				more := mem.more
				step(mem)
				if i == 0 && !closed(more) {
					t.Error("nobody was woken")
				}
			}
			for seq := range c.size + 2 {
				mem.check(t, seq, c.size)
			}
		})
	}
}

func (t *tail) check(tb testing.TB, seq, size uint64) {
	tb.Helper()
	lines, held := t.from(seq, 4)
	if !held {
		return
	}
	want, _ := run(seq, min(seq+4, size))
	same := len(lines) <= len(want) && (len(lines) > 0 || len(want) == 0)
	for i := range min(len(lines), len(want)) {
		same = same && lines[i].Seq == want[i].Seq
	}
	if !same {
		tb.Fatalf("from(%d) of %d lines = %v, want %v or its beginning", seq, size, lines, want)
	}
}

func added(from, to uint64) func(*tail) {
	return func(t *tail) { t.add(run(from, to)) }
}

func looked(size uint64) func(*tail) { return func(t *tail) { t.reached(size) } }

func closed(c <-chan struct{}) (done bool) {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestTailTells holds what the feed promises: lines once and in order, and nil
// before what does not follow on what it was told last.
func TestTailTells(t *testing.T) {
	mem := &tail{more: make(chan struct{})}
	var told []int
	mem.feed = append(mem.feed, func(lines []Line) {
		if lines == nil {
			told = append(told, -1)
		}
		for _, l := range lines {
			told = append(told, int(l.Seq))
		}
	})
	for _, step := range []func(*tail){added(0, 2), added(2, 3), added(4, 5), looked(7), added(7, 8), looked(8)} {
		step(mem)
	}
	if want := []int{0, 1, 2, -1, 4, -1, 7}; !slices.Equal(told, want) {
		t.Errorf("the feed was told %v, want %v (-1 is forget)", told, want)
	}
}
