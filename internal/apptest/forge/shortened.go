package forge

import (
	"bytes"
	"path/filepath"
	"slices"
)

// shortened are logs of which something is not there.
func (b *Bench) shortened() []Case {
	n := b.plan.Lines
	cut := func(name, about string, at, bytes int) Case {
		return forged(name, about, "truncated", 2, incomplete, func(_ *Bench, c *Copy) { c.Cut(at, bytes) })
	}
	power := 1
	for power*2 < n {
		power *= 2
	}
	first, next := b.inner()
	all := []Case{
		cut("truncate-last", "the last line is missing", n-1, 0),
		cut("truncate-line", "cut at a line", b.plain(n*4/5), 0),
		cut("truncate-inside", "cut inside a line", b.plain(n*4/5), 40),
		cut("truncate-newline", "only the last line break is missing", n-1, len(b.Good.Lines[n-1])),
		cut("truncate-tile", "cut at a multiple of 256", n/2/256*256, 0),
		cut("truncate-power-of-two", "cut at a power of two", power, 0),
		cut("truncate-segment", "cut exactly where a segment ends", b.Good.Starts[len(b.Good.Starts)-1], 0),
		forged("truncate-all", "an empty file", "", 2, incomplete, func(_ *Bench, c *Copy) {
			c.Segments = c.Segments[len(c.Segments)-1:]
			c.Segments[0].Lines = nil
		}),
		forged("truncate-and-edit", "cut, and a line before changed", "edited", 1, tampered, func(_ *Bench, c *Copy) {
			mid := b.plain(n / 3)
			c.At(mid, flipAfter(c.Line(mid), `"node":"`, 0)).Cut(b.plain(n*4/5), 0)
		}),
		forged("drop-segment", "a whole segment out of the middle", "missing", 2, incomplete, func(_ *Bench, c *Copy) {
			c.Segments = slices.Delete(c.Segments, 1, 2)
		}),
		forged("drop-first-segment", "the oldest segment, and no event that removed it", "missing", 2, incomplete, func(_ *Bench, c *Copy) {
			c.Segments = c.Segments[1:]
		}),
		forged("drop-and-rename", "a segment dropped, and the next under its name", "missing", 1, tampered, func(_ *Bench, c *Copy) {
			c.Segments[2].Name = c.Segments[1].Name
			c.Segments = slices.Delete(c.Segments, 1, 2)
		}).bad(first),
		forged("cut-segment", "a segment that is not the last, cut at a line", "missing", 1, tampered, func(_ *Bench, c *Copy) {
			c.Segments[1].Lines = c.Segments[1].Lines[:len(c.Segments[1].Lines)-7]
		}).bad(next - 7),
		forged("cut-segment-inside", "a segment that is not the last, cut inside a line", "truncated", 1, tampered, func(_ *Bench, c *Copy) {
			s := &c.Segments[1]
			s.Tail = s.Lines[len(s.Lines)-1][:30]
			s.Lines = s.Lines[:len(s.Lines)-1]
		}).bad(next - 1),
	}
	return slices.Concat(all, b.shuffled(), b.unsealed())
}

// unsealed are logs with lines that nobody signed.
func (b *Bench) unsealed() []Case {
	n := b.plan.Lines
	longer := func(c *Copy, more int) {
		last := &c.Segments[len(c.Segments)-1]
		last.Lines = slices.Clone(last.Lines)
		for seq := n; seq < n+more; seq++ {
			last.Lines = append(last.Lines, numbered(b.Good.Lines[b.plain(n/2)], seq))
		}
	}
	segment := func(_ *Bench, c *Copy) {
		last := &c.Segments[len(c.Segments)-1]
		rotated := b.Good.Lines[b.Good.Starts[1]-1]
		last.Name = segmentName(last.First)
		last.Lines = append(slices.Clone(last.Lines), numbered(rotated, n))
		c.Segments = append(c.Segments, Segment{Name: "security.log", First: n + 1})
		c.Segments[len(c.Segments)-1].Lines = [][]byte{numbered(b.Good.Lines[b.plain(n/2)], n+1)}
	}
	half := func(_ *Bench, c *Copy) {
		c.Segments[len(c.Segments)-1].Tail = numbered(bytes.Clone(b.Good.Lines[5]), n)[:50]
	}
	allowed := forged("unsigned-allowed", "lines beyond the checkpoint, and that is known", "", 0, intact, func(_ *Bench, c *Copy) { longer(c, 3) })
	allowed.Args = append([]string{"--allow-unsigned"}, allowed.Args...)
	growing := forged("unsigned-growing", "copied while the server wrote a line", "", 0, intact, func(_ *Bench, c *Copy) {
		longer(c, 1)
		last := &c.Segments[len(c.Segments)-1]
		last.Tail = numbered(bytes.Clone(b.Good.Lines[5]), n+1)[:50]
	})
	growing.Args = append([]string{"--allow-unsigned"}, growing.Args...)
	return []Case{
		forged("unsigned-tail", "lines beyond the checkpoint", "unsigned", 2, incomplete, func(_ *Bench, c *Copy) { longer(c, 3) }),
		forged("unsigned-one", "one line beyond the checkpoint", "unsigned", 2, incomplete, func(_ *Bench, c *Copy) { longer(c, 1) }),
		forged("unsigned-segment", "a segment that was never signed", "unsigned", 2, incomplete, segment),
		allowed, growing,
		forged("tail-zero", "zero bytes after the end, as after a loss of power", "unfinished", 2, incomplete, func(_ *Bench, c *Copy) {
			c.Segments[len(c.Segments)-1].Tail = make([]byte, 4096)
		}),
		forged("tail-half", "half a line after the end", "unfinished", 2, incomplete, half),
		forged("tail-allowed", "the same, and that is known", "", 0, intact, half).with("--allow-unsigned"),
	}
}

// rewritten are logs in which a valid history replaced another one, signed by
// the log's own key: only what lies elsewhere can tell.
func (b *Bench) rewritten() []Case {
	n := b.plan.Lines
	fork := func(name, about string, from int, exit int, verdict string, args ...string) Case {
		return Case{
			Name: name, About: about, Kind: "lines", Args: append(args, name+"/copy"), Exit: exit, Verdict: verdict,
			make: func(b *Bench, dir string) error {
				p := b.plan
				p.Fork = from
				return Make(p).Copy().Write(filepath.Join(dir, "copy"), b.twin, b.path("good/copy"))
			},
		}
	}
	back := func(name, about string, exit int, verdict string, args ...string) Case {
		return Case{
			Name: name, About: about, Kind: "lines", Args: append(args, name+"/copy"), Exit: exit, Verdict: verdict,
			make: func(b *Bench, dir string) error {
				c := b.Good.Copy()
				c.Cut(b.yesterday(), 0)
				c.Checkpoint = b.Good.at(b.yesterday(), signer(Origin, "log"), Origin)
				return c.Write(filepath.Join(dir, "copy"), b.twin, b.path("good/copy"))
			},
		}
	}
	hour, half := b.lastHour(), b.plain(n/2)
	return []Case{
		fork("last-hour", "the last hour replaced, and signed: nothing here can tell", hour, 0, intact, key()...),
		fork("last-hour-against", "the same, and a checkpoint out of that hour", hour, 1, diverged, key("--against", "keep/late.checkpoint")...),
		fork("last-hour-cosigned", "the same, and a checkpoint that a witness cosigned", hour, 1, diverged,
			"--policy", "keep/policy.txt", "--against", "keep/cosigned.checkpoint"),
		fork("last-hour-witness", "the same: the witness never cosigned it", hour, 2, incomplete, "--policy", "keep/policy.txt", "--require", "witnessed"),
		fork("rewritten-against", "all from the middle on written anew and signed, and yesterday's checkpoint", half, 1, diverged, key("--against", "keep/yesterday.checkpoint")...),
		fork("rewritten-collector", "the same, and the lines that a collector has", half, 1, diverged, key("--against", "keep/collector.jsonl")...),
		back("rollback", "file and checkpoint of yesterday: nothing here can tell", 0, intact, key()...),
		back("rollback-against", "the same, and a checkpoint that is newer", 1, diverged, key("--against", "keep/late.checkpoint")...),
		back("frozen", "a log that stopped yesterday, and must be of the last hour", 2, incomplete, key("--require", "fresh=1h")...),
		forged("prefix-rewritten", "one line changed, and the newest checkpoint signed anew: those in the log remember", "edited", 1, tampered, func(b *Bench, c *Copy) {
			mid := b.plain(n / 3)
			line := flipAfter(c.Line(mid), `"node":"`, 0)
			l := Log{Lines: slices.Clone(b.Good.Lines)}
			l.Lines[mid] = line
			c.At(mid, line)
			c.Checkpoint = l.at(n, signer(Origin, "log"), Origin)
		}).between(b, b.plain(n/3)),
	}
}
