package proof

import "errors"

// hear reads all lines, with one chunk before and one after the one at hand:
// what was done to a line shows in its neighbours.
func (t *trial) hear() {
	if len(t.Parts) == 0 || t.stopped {
		return
	}
	s := newStream(t.ctx, t.Parts)
	defer func() { t.now, t.prev = nil, nil; s.close() }()
	c, ok := s.next()
	for ok && !t.stopped {
		next, more := s.next()
		t.now = c
		t.take(c, next)
		if t.prev != nil {
			s.back(t.prev)
		}
		t.prev = c
		c, ok = next, more
	}
	if t.ctx.Err() != nil && !t.stopped {
		t.stop(Finding{
			Verdict: Incomplete, What: "missing", Sentence: "the verification was stopped before its end",
			Next: "Run it again and let it finish.",
		})
	}
}

// stop adds a finding after which nothing more can be said about the lines.
func (t *trial) stop(f Finding) {
	if f.Line != nil {
		f.Earlier = !t.sure(*f.Line)
	}
	t.r.find(f)
	t.stopped = true
}

// take judges one chunk; next is the one after it, if there is one.
func (t *trial) take(c, next *chunk) {
	if c.err != nil {
		t.unreadable(c)
		return
	}
	if len(c.lines) == 0 {
		return
	}
	if c.offset == 0 && c.before == 0 {
		t.enter(c)
	}
	c.base = t.at
	whole := len(c.lines)
	if c.cut {
		whole--
	}
	good := min(c.bad, whole)
	if good > 0 && c.first != t.at {
		good, c.bad, c.breach = 0, 0, ""
	}
	for i := 0; i < good && !t.stopped; i++ {
		t.line(c, i)
	}
	t.settle()
	switch {
	case t.stopped:
		return
	case good < whole:
		t.diagnose(c, next, good)
		return
	case c.cut:
		t.cutOff(c)
	}
	if good > 0 {
		t.newest = stamped(c.lines[good-1])
	}
	if t.Seen != nil {
		t.Seen(t.at)
	}
}

func (t *trial) unreadable(c *chunk) {
	name := Escape(t.Parts[c.part].Name)
	if errors.Is(c.err, errBundle) || errors.Is(c.err, errBig) {
		at := t.at
		t.stop(Finding{
			Verdict: Tampered, What: "form", Sentence: name + " is not the bundle of lines that was written",
			Detail: "its lines and their lengths do not fit together", Line: &at,
			Next: keep,
		})
		return
	}
	t.stop(Finding{
		Verdict: Incomplete, What: "missing", Sentence: name + " could not be read",
		Detail: Because(c.err), Next: "Copy the log again, whole, and make it readable for whoever verifies it.",
	})
}

// enter begins a part: the first of all, or one that may lie beyond a hole.
// Only whole segments can be missing between two files; whatever else is out of
// sequence was done inside one.
func (t *trial) enter(c *chunk) {
	p := t.Parts[c.part]
	first := p.First
	if !p.Named {
		first = t.at
		if c.bad > 0 {
			first = c.first
		}
	}
	switch {
	case !t.begun && first > t.From:
		t.hole(t.From, first)
	case !t.begun:
		t.at = first
	case first > t.at && t.rotatedAt == t.at && c.bad > 0 && c.first == first:
		t.hole(t.at, first)
	}
	if !t.begun {
		t.begun, t.r.First = true, first
		t.reach()
	}
}

// line takes in a line that stands where it should.
func (t *trial) line(c *chunk, i int) {
	t.at++
	if t.at <= t.From {
		c.pass(i)
		return
	}
	if t.onset == "" {
		t.onset = stamped(c.lines[i])
	}
	h := c.hashes[i]
	if !t.blind {
		t.trail.add(&t.tree, h)
		t.tree.add(h)
	}
	t.r.Lines++
	t.tiles.add(t, h)
	if len(c.notes) > 0 && c.notes[0] == i {
		c.notes = c.notes[1:]
		t.note(c.lines[i])
	}
	if len(c.acts) > 0 && c.acts[0].line == i {
		t.act(c, c.acts[0])
		c.acts = c.acts[1:]
	}
	if t.due < len(t.fixed) && t.fixed[t.due].Size == t.at {
		t.reach()
	}
}

// note reads a line that is about the log itself.
func (t *trial) note(line []byte) {
	said, ok := read(line)
	if !ok || t.stopped {
		return // its hash judges it
	}
	switch said.Event {
	case checkpointEvent:
		t.within(line, said)
	case rotatedEvent:
		t.rotatedAt = t.at
	case prunedEvent:
		t.pruned = append(t.pruned, Pruned{Span{said.Data.First, said.Data.Last}, said.Seq, said.Datetime})
	case epochEvent:
		t.epoch(said)
	}
}

// epoch notes where another key's time begins. The line cites the last good
// checkpoint before it: where that fits, it is what the old key vouches for.
func (t *trial) epoch(said tale) {
	d := said.Data
	t.r.Epochs = append(t.r.Epochs, Epoch{
		Line: said.Seq, At: said.Datetime, Origin: Escape(d.Origin), Lost: d.Lost, Changed: d.Changed, Why: Escape(d.Why),
		Former: d.Former, Vouched: d.Size, Cited: true,
	})
	j := t.judge(Signed{Note: Rejoin(d.Former, d.Size, d.Root, d.Signature)})
	if root, known := t.trail.root(&t.tree, j.Size); j.standing == proven && known && !t.blind && root == j.Root {
		t.vouched[d.Former] = max(t.vouched[d.Former], j.Size)
		t.foreign(j)
	}
}

// sure reports whether no line before seq can be bad: a checkpoint covers them
// all, or the hash tiles know each.
func (t *trial) sure(seq uint64) (yes bool) {
	return seq <= max(t.fit, t.r.First, t.From) || t.tiles.same(seq)
}
