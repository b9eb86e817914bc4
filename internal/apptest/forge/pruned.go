package forge

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"

	"coffer/internal/event"
	"coffer/internal/proof"
)

// prune tells that retention removed the segments from one to another.
func (l *Log) prune(from, to int) {
	first, end := l.Starts[from], l.Starts[to]
	var edge []string
	e := &proof.Edge{}
	for _, line := range l.Lines[:end] {
		e.Append(line)
	}
	for _, h := range e.Peaks() {
		edge = append(edge, base64.StdEncoding.EncodeToString(h[:]))
	}
	l.put(event.LogPruned{First: uint64(first), Last: uint64(end - 1), Before: event.Stamp(l.time(end)), Edge: edge})
}

// pruned are logs whose beginning retention removed.
func (b *Bench) pruned() []Case {
	late, inSecond := b.plain(b.plan.Lines*9/10), b.plain(b.Good.Starts[1]+10)
	return []Case{
		b.shorter("pruned", "the oldest segment removed by retention, and the event that says so", intact, 0, 1, late, 0),
		b.shorter("pruned-too-much", "more removed than the event says", incomplete, 2, 2, late, 0),
		b.shorter("pruned-twice", "two segments removed, and each has an event that says so", intact, 0, 2, b.plain(b.plan.Lines*8/10), late),
		b.shorter("pruned-witness-too", "two segments removed, and the event of the first was in the second", intact, 0, 2, inSecond, late),
		b.shorter("pruned-last-witness", "the same, and a third that no event names", incomplete, 2, 3, inSecond, late),
		b.cut("pruned-export", "an export of a pruned log, with what is left of the bundle that the cut goes through", intact, 0, nil),
		b.cut("pruned-export-from", "only what is new since yesterday", intact, 0, nil).with("--from", "keep/yesterday.checkpoint"),
		b.cut("pruned-tiles", "the same as tiles alone, which have no place for those lines", intact, 0, func(_, rest string, _ int) error {
			return os.Remove(rest)
		}),
		b.cut("pruned-export-edited", "one of those lines was changed", tampered, 1, func(dir, rest string, _ int) error {
			return patch(dir, filepath.Base(rest), func(f []byte) []byte { return flipAfter(f, `"node":"`, 0) })
		}),
		b.cut("pruned-export-short", "one of those lines is gone", incomplete, 2, func(dir, rest string, _ int) error {
			return patch(dir, filepath.Base(rest), func(f []byte) []byte { return f[bytes.IndexByte(f, '\n')+1:] })
		}),
		b.cut("pruned-tiles-too-much", "a whole bundle more is gone", incomplete, 2, func(dir, rest string, next int) error {
			return removed(rest, filepath.Join(dir, filepath.FromSlash(proof.EntriesPath(uint64(next/proof.Width), 0))))
		}),
		b.cut("pruned-tiles-unknown", "and the hash tile that knows those lines is gone", incomplete, 2, func(dir, rest string, next int) error {
			return removed(rest, filepath.Join(dir, filepath.FromSlash(proof.TilePath(0, uint64(next/proof.Width)-1, 0))))
		}),
	}
}

// shorter is a log whose oldest segments are gone, and the lines that may say
// so.
func (b *Bench) shorter(name, about, verdict string, exit, segments, prune, again int) Case {
	return Case{
		Name: name, About: about, Kind: "lines", Args: key(name + "/copy"), Exit: exit, Verdict: verdict,
		make: func(b *Bench, dir string) error {
			p := b.plan
			p.Prune, p.Gone, p.Again = prune, 1, again
			c := b.log(p).Copy()
			c.Segments = c.Segments[segments:]
			return c.Write(filepath.Join(dir, "copy"), b.twin, b.path("good/copy"))
		},
	}
}

// cut is a pruned log's export: the bundles before the cut are gone, and the
// one that it goes through; what is left of that is a file. do is told where
// that is, and which line is the first of the bundles.
func (b *Bench) cut(name, about, verdict string, exit int, do func(dir, rest string, next int) error) Case {
	return Case{
		Name: name, About: about, Kind: "tiles", Args: key(name + "/export"), Exit: exit, Verdict: verdict,
		make: func(b *Bench, dir string) error {
			p, dir := b.plan, filepath.Join(dir, "export")
			p.Prune, p.Gone = b.plain(p.Lines*9/10), 1
			for b.Good.Starts[p.Gone]%proof.Width == 0 { // that is no cut
				p.Gone++
			}
			l := b.log(p)
			if err := l.Export(dir); err != nil {
				return err
			}
			first := l.Starts[p.Gone]
			next := (first + proof.Width - 1) / proof.Width * proof.Width
			for n := range next / proof.Width {
				if err := removed(filepath.Join(dir, filepath.FromSlash(proof.EntriesPath(uint64(n), 0)))); err != nil {
					return err
				}
			}
			rest := filepath.Join(dir, proof.RestName(uint64(next)))
			text := append(bytes.Join(l.Lines[first:next], []byte("\n")), '\n')
			if err := os.WriteFile(rest, text, 0o644); err != nil || do == nil {
				return err
			}
			return do(dir, rest, next)
		},
	}
}

func removed(paths ...string) error {
	for _, p := range paths {
		if err := os.Remove(p); err != nil {
			return err
		}
	}
	return nil
}
