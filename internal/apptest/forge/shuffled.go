package forge

import "slices"

// shuffled are logs of which every line is there, and whole blocks of them are
// not where they were.
func (b *Bench) shuffled() []Case {
	first, next := b.inner()
	move := b.plain(first + 4)
	far := min(90, next-move-12) // a small log has small segments
	tamper := func(name, about string, do func(c *Copy)) Case {
		return forged(name, about, "order", 1, tampered, func(_ *Bench, c *Copy) { do(c) })
	}
	block := func(c *Copy, from, length, to int) {
		s, i := c.find(from)
		lines := slices.Clone(s.Lines)
		moved := slices.Clone(lines[i : i+length])
		s.Lines = slices.Insert(slices.Delete(lines, i, i+length), i+to, moved...)
	}
	return []Case{
		tamper("move-block-down", "ten lines moved far down", func(c *Copy) { block(c, move, 10, far-10) }).bad(move),
		tamper("move-line-down", "one line moved far down", func(c *Copy) { block(c, move, 1, far) }).bad(move),
		tamper("move-block-up", "ten lines moved far up", func(c *Copy) { block(c, move+far, 10, -far) }).bad(move),
		tamper("reverse-segment", "a segment with its last line first", func(c *Copy) {
			c.Segments[1].Lines = slices.Clone(c.Segments[1].Lines)
			slices.Reverse(c.Segments[1].Lines)
		}).bad(first),
		tamper("move-to-segment", "ten lines moved into the next segment", func(c *Copy) {
			s, i := c.find(move)
			c.Segments[2].Lines = append(slices.Clone(c.Segments[2].Lines), s.Lines[i:i+10]...)
			s.Lines = slices.Delete(slices.Clone(s.Lines), i, i+10)
		}).bad(move),
		tamper("swap-segments", "two segments under each other's name", func(c *Copy) {
			c.Segments[0].Name, c.Segments[1].Name = c.Segments[1].Name, c.Segments[0].Name
		}).bad(0),
		tamper("rename-segment", "the oldest segment under the name of a later one", func(c *Copy) {
			c.Segments[0].Name = segmentName(next + 1)
		}),
	}
}
