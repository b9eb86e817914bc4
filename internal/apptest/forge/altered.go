package forge

import (
	"bytes"
	"fmt"
	"path/filepath"
)

// forged is a case whose copy is written with something done to it.
func forged(name, about, what string, exit int, verdict string, do func(b *Bench, c *Copy)) Case {
	return Case{
		Name: name, About: about, Kind: "lines", Args: key(name + "/copy"), Exit: exit, Verdict: verdict, What: what,
		make: func(b *Bench, dir string) error {
			c := b.Good.Copy()
			do(b, c)
			return c.Write(filepath.Join(dir, "copy"), b.twin, b.path("good/copy"))
		},
	}
}

// bad says which line must be named.
func (c Case) bad(seq int) Case {
	c.Bad = &seq
	return c
}

// with adds arguments.
func (c Case) with(args ...string) Case {
	c.Args = append(args, c.Args...)
	return c
}

// between says in which stretch the verifier must see the fault: from one
// checkpoint in the log to the next.
func (c Case) between(b *Bench, seq int) Case {
	from, to := 0, b.plan.Lines
	for n, line := range b.Good.Lines {
		if !bytes.Contains(line, []byte(`"event":"log_checkpoint"`)) {
			continue
		}
		var size int
		if _, after, ok := bytes.Cut(line, []byte(`"size":`)); ok {
			fmt.Sscan(string(after[:bytes.IndexByte(after, ',')]), &size)
		}
		if size <= seq {
			from = size
		} else if n > seq {
			to = size
			break
		}
	}
	c.Between = &[2]int{from, to}
	return c
}

// altered are logs with a line that says something else.
func (b *Bench) altered() []Case {
	mid := b.plain(b.plan.Lines / 3)
	edit := func(name, about string, from, to string) Case {
		return forged(name, about, "edited", 1, tampered, func(b *Bench, c *Copy) {
			c.At(mid, bytes.Replace(c.Line(mid), []byte(from), []byte(to), 1))
		}).between(b, mid)
	}
	// Coffer writes no such line, so it can be named by its checkpoints alone.
	unlike := func(name, about string, from, to string) Case {
		return forged(name, about, "form", 1, tampered, func(b *Bench, c *Copy) {
			c.At(mid, bytes.Replace(c.Line(mid), []byte(from), []byte(to), 1))
		}).bad(mid)
	}
	return []Case{
		forged("flip-byte", "one bit of one letter", "edited", 1, tampered, func(b *Bench, c *Copy) {
			line := c.Line(mid)
			line[bytes.Index(line, []byte("u_example"))+4] ^= 1
			c.At(mid, line)
		}).between(b, mid),
		edit("edit-address", "another address", "203.0.113.", "198.51.100."),
		unlike("edit-space", "a space that no reader sees", `"level":`, `"level": `),
		unlike("edit-space-end", "a space at the end of a line", `"schema":1}`, `"schema":1} `),
		unlike("edit-member", "a member more at the end", `"schema":1}`, `"schema":1,"x":1}`),
		unlike("edit-escape", "a control byte that colours a terminal", "Example/1.0", "\x1b[31m/1.0"),
		unlike("edit-override", "a character that turns the writing round", "Example/1.0", "\u202e/1.0"),
		unlike("edit-spelling", "a letter spelt as a code", "Example/1.0", `\u0045xample/1.0`),
		forged("edit-unlike-kept", "a control byte, and only a kept checkpoint", "form", 1, tampered, func(b *Bench, c *Copy) {
			seq := b.plain(b.plan.Lines - b.plan.Lines/50)
			c.At(seq, bytes.Replace(c.Line(seq), []byte("Example/1.0"), []byte("\x1b/1.0"), 1))
			c.Checkpoint = nil
		}).with("--against", "keep/late.checkpoint"),
		forged("edit-number", "a line under another number", "edited", 1, tampered, func(b *Bench, c *Copy) {
			c.At(mid, bytes.Replace(c.Line(mid), fmt.Appendf(nil, `{"seq":%d,`, mid), fmt.Appendf(nil, `{"seq":%d,`, 7), 1))
		}).bad(mid),
		forged("edit-leading-zero", "a number written otherwise", "form", 1, tampered, func(b *Bench, c *Copy) {
			c.At(mid, bytes.Replace(c.Line(mid), []byte(`{"seq":`), []byte(`{"seq":0`), 1))
		}).bad(mid),
		forged("edit-checkpoint-line", "the signature in a log_checkpoint line", "edited", 1, tampered, func(b *Bench, c *Copy) {
			seq := b.checkpointLine()
			c.At(seq, flipAfter(c.Line(seq), `"signature":"`, 20))
		}).bad(b.checkpointLine()),
		forged("edit-last", "the last line", "edited", 1, tampered, func(b *Bench, c *Copy) {
			last := b.plan.Lines - 1
			c.At(last, flipAfter(c.Line(last), `"node":"`, 0))
		}),
		forged("edit-first", "the first line", "edited", 1, tampered, func(b *Bench, c *Copy) {
			c.At(0, flipAfter(c.Line(0), `"node":"`, 0))
		}),
	}
}

// flipAfter changes the last bit of a byte so far behind a text.
func flipAfter(line []byte, text string, n int) []byte {
	line[bytes.Index(line, []byte(text))+len(text)+n] ^= 1
	return line
}

// checkpointLine is the number of a log_checkpoint line about the middle.
func (b *Bench) checkpointLine() int {
	for n := b.plan.Lines / 2; ; n++ {
		if bytes.Contains(b.Good.Lines[n], []byte(`"event":"log_checkpoint"`)) {
			return n
		}
	}
}

// moved are logs whose lines are not where they were.
func (b *Bench) moved() []Case {
	mid := b.plain(b.plan.Lines / 4)
	n := b.plan.Lines
	tamper := func(name, about, what string, do func(b *Bench, c *Copy)) Case {
		return forged(name, about, what, 1, tampered, do)
	}
	return []Case{
		tamper("delete-line", "one line taken out", "missing", func(b *Bench, c *Copy) { c.At(mid) }).bad(mid),
		tamper("delete-lines", "ten lines taken out", "missing", func(b *Bench, c *Copy) {
			s, i := c.find(mid)
			s.Lines = append(append([][]byte{}, s.Lines[:i]...), s.Lines[i+10:]...)
		}).bad(mid),
		tamper("delete-first", "the first line taken out", "missing", func(b *Bench, c *Copy) { c.At(0) }).bad(0),
		tamper("delete-and-renumber", "a line taken out, and all after it numbered anew", "", func(b *Bench, c *Copy) {
			c.At(mid)
			c.renumber(mid)
		}),
		tamper("swap-neighbours", "two neighbours swapped", "order", func(b *Bench, c *Copy) {
			one, two := c.Line(mid), c.Line(mid+1)
			c.At(mid, two).At(mid+1, one)
		}).bad(mid),
		tamper("swap-far", "two lines far apart swapped", "order", func(b *Bench, c *Copy) {
			one, two := c.Line(mid), c.Line(mid+1000*n/100000+200)
			c.At(mid, two).At(mid+1000*n/100000+200, one)
		}).bad(mid),
		tamper("swap-contents", "two lines swapped, each with the other's number", "edited", func(b *Bench, c *Copy) {
			one, two := c.Line(mid), c.Line(mid+1)
			c.At(mid, numbered(two, mid)).At(mid+1, numbered(one, mid+1))
		}),
		tamper("double-line", "a line twice", "doubled", func(b *Bench, c *Copy) { c.At(mid, c.Line(mid), c.Line(mid)) }).bad(mid + 1),
		tamper("double-block", "five lines a second time", "doubled", func(b *Bench, c *Copy) {
			s, i := c.find(mid)
			s.Lines = append(append([][]byte{}, s.Lines[:i+5]...), s.Lines[i:]...)
		}).bad(mid + 5),
		tamper("insert-forged", "a well-formed line with a number that is taken", "inserted", func(b *Bench, c *Copy) {
			c.At(mid, c.Line(mid), numbered(c.Line(mid+5), mid))
		}).bad(mid + 1),
		tamper("insert-and-renumber", "a well-formed line, and all after it numbered anew", "", func(b *Bench, c *Copy) {
			c.At(mid, c.Line(mid), c.Line(mid))
			c.renumber(mid)
		}),
		tamper("forged-tail", "the last lines replaced by others with their numbers", "edited", func(b *Bench, c *Copy) {
			for seq := n - 3; seq < n; seq++ {
				c.At(seq, numbered(b.Good.Lines[mid], seq))
			}
		}),
		tamper("forged-tail-long", "the last lines replaced by more of them", "edited", func(b *Bench, c *Copy) {
			s, _ := c.find(n - 1)
			for seq := n - 3; seq < n; seq++ {
				c.At(seq, numbered(b.Good.Lines[mid], seq))
			}
			for seq := n; seq < n+5; seq++ {
				s.Lines = append(s.Lines, numbered(b.Good.Lines[mid], seq))
			}
		}),
	}
}

// numbered is a line under another number.
func numbered(line []byte, seq int) []byte {
	_, rest, _ := bytes.Cut(line, []byte(","))
	return append(fmt.Appendf(nil, `{"seq":%d,`, seq), rest...)
}

// renumber gives all lines from seq on the number of their place.
func (c *Copy) renumber(seq int) {
	at := c.Segments[0].First
	for n := range c.Segments {
		s := &c.Segments[n]
		s.Lines = append([][]byte{}, s.Lines...)
		if at > seq {
			s.Name = "security.log"
			if n < len(c.Segments)-1 {
				s.Name = fmt.Sprintf("security-%012d.log", at)
			}
		}
		for i := range s.Lines {
			if at >= seq {
				s.Lines[i] = numbered(s.Lines[i], at)
			}
			at++
		}
	}
}

// formless are logs with a line that Coffer could not have written.
func (b *Bench) formless() []Case {
	mid := b.plain(b.plan.Lines / 5)
	tamper := func(name, about string, do func(c *Copy)) Case {
		return forged(name, about, "form", 1, tampered, func(b *Bench, c *Copy) { do(c) })
	}
	with := func(name, about string, edit func(line []byte) []byte) Case {
		return tamper(name, about, func(c *Copy) { c.At(mid, edit(c.Line(mid))) }).bad(mid)
	}
	cr := func(line []byte) []byte { return append(line[:len(line):len(line)], '\r') }
	return []Case{
		with("crlf-line", "a carriage return at the end of one line", cr),
		tamper("crlf-all", "every line ends as on Windows", func(c *Copy) {
			for n := range c.Segments {
				lines := append([][]byte{}, c.Segments[n].Lines...)
				for i := range lines {
					lines[i] = cr(lines[i])
				}
				c.Segments[n].Lines = lines
			}
		}).bad(0),
		with("cr-inside", "a carriage return inside a line", func(l []byte) []byte { return bytes.Replace(l, []byte(`,"level"`), []byte("\r,\"level\""), 1) }),
		with("nul", "a zero byte inside a line", func(l []byte) []byte { return bytes.Replace(l, []byte("u_example"), []byte("u_exampl\x00"), 1) }),
		with("bad-utf8", "a byte that is no text", func(l []byte) []byte { return bytes.Replace(l, []byte("u_example"), []byte("u_exampl\xff"), 1) }),
		with("overlong-utf8", "a slash written in two bytes", func(l []byte) []byte { return bytes.Replace(l, []byte("u_example"), []byte("u_exam\xc0\xaf"), 1) }),
		with("bom", "a byte order mark before a line", func(l []byte) []byte { return append([]byte("\xef\xbb\xbf"), l...) }),
		tamper("bom-file", "a byte order mark before the log", func(c *Copy) { c.At(0, append([]byte("\xef\xbb\xbf"), c.Line(0)...)) }).bad(0),
		tamper("blank-line", "a blank line", func(c *Copy) { c.At(mid, nil, c.Line(mid)) }).bad(mid),
		tamper("blank-end", "a blank line at the very end", func(c *Copy) {
			c.At(b.plan.Lines-1, c.Line(b.plan.Lines-1), nil)
		}).bad(b.plan.Lines),
		tamper("long-line", "a line over the limit", func(c *Copy) {
			pad := bytes.Repeat([]byte("x"), 16<<10)
			c.At(mid, bytes.Replace(c.Line(mid), []byte("Example/1.0"), pad, 1))
		}).bad(mid),
		tamper("very-long-line", "a line of a million bytes", func(c *Copy) {
			pad := bytes.Repeat([]byte("x"), 1<<20)
			c.At(mid, bytes.Replace(c.Line(mid), []byte("Example/1.0"), pad, 1))
		}).bad(mid),
		with("no-json", "a line that is no JSON", func([]byte) []byte { return []byte("nothing to see here") }),
		with("space-first", "a space before the line", func(l []byte) []byte { return append([]byte(" "), l...) }),
	}
}
