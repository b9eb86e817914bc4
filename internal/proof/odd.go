package proof

import "fmt"

// odd looks through a stretch in which something was changed for a line that
// Coffer does not write at all: such a one can be named, though only checkpoints
// are at hand. It reads the stretch a second time, which costs a good log
// nothing, and no line of a bad one is looked at twice.
func (t *trial) odd(span Span) (found bool) {
	if span.First <= t.looked {
		span.First = t.looked
		t.looked = max(t.looked, span.Last+1)
	}
	if span.First > span.Last {
		return false
	}
	parts := t.Parts
	for len(parts) > 1 && parts[1].Named && parts[1].First <= span.First {
		parts = parts[1:]
	}
	s := newStream(t.ctx, parts)
	defer s.close()
	for c, ok := s.next(); ok && c.err == nil; c, ok = s.next() {
		c.part += len(t.Parts) - len(parts)
		if found, over := t.oddIn(c, span); found || over {
			return found
		}
		s.back(c)
	}
	return false
}

// oddIn looks through one chunk; over says that the stretch ended in it.
func (t *trial) oddIn(c *chunk, span Span) (found, over bool) {
	for i, line := range c.lines {
		seq, _, numbered := number(line)
		if !numbered || seq < span.First {
			continue
		}
		if seq > span.Last || c.cut && i == len(c.lines)-1 {
			return false, true
		}
		if broken := form(line); broken != "" {
			t.stop(Finding{
				Verdict: Tampered, What: "form", Line: &seq, Next: keep, Reads: brief(line), Where: t.place(c, i),
				Sentence: fmt.Sprintf("line %d %s", seq, broken), Detail: noSuchLine,
			})
			return true, true
		}
	}
	return false, false
}
