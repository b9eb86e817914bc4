package forge

import (
	"fmt"
	"os"
	"path/filepath"

	"coffer/internal/proof"
)

// tiles are logs as static files, or with such beside them.
func (b *Bench) tiles() []Case {
	mid := b.plain(b.plan.Lines / 3)
	tiled := func(name, about, what string, exit int, verdict string, do func(b *Bench, dir string) error, args ...string) Case {
		if len(args) == 0 {
			args = key(name + "/export")
		}
		return Case{Name: name, About: about, Kind: "tiles", What: what, Exit: exit, Verdict: verdict, Args: args, make: func(b *Bench, dir string) error {
			if err := b.Good.Export(filepath.Join(dir, "export")); err != nil {
				return err
			}
			return do(b, filepath.Join(dir, "export"))
		}}
	}
	bundle := proof.EntriesPath(uint64(mid/proof.Width), 0)
	hash := proof.TilePath(0, uint64(mid/proof.Width), 0)
	width := b.plan.Lines / proof.Width
	above := proof.TilePath(1, 0, width)
	if width >= proof.Width {
		above = proof.TilePath(1, 0, 0)
	}
	named := tiled("tiles-name-line", "a line changed in the file; the tiles know which", "edited", 1, tampered, func(b *Bench, dir string) error {
		c := b.Good.Copy()
		c.At(mid, flipAfter(c.Line(mid), `"node":"`, 0))
		return c.Write(filepath.Join(dir, "../copy"), b.twin, b.path("good/copy"))
	}, key("tiles-name-line/copy", "tiles-name-line/export")...).bad(mid)
	row := tiled("tiles-row-edited", "a row changed in the database, and not in the file", "edited", 1, tampered, func(b *Bench, dir string) error {
		return patch(dir, bundle, func(f []byte) []byte { return flipAfter(f, fmt.Sprintf(`{"seq":%d,"datetime":"2`, mid), 2) })
	}).bad(mid)
	nothing := func(*Bench, string) error { return nil }
	bare := func(b *Bench, dir string) error {
		c := b.Good.Copy()
		c.Checkpoint, c.Pub = nil, ""
		return c.Write(filepath.Join(dir, "../copy"), b.twin, b.path("good/copy"))
	}
	// again is a log that somebody went on from, and that has another history now.
	again := func(name, about string, change func(*Plan), from string) Case {
		c := tiled(name, about, "", 1, diverged, nothing, key("--from", from, name+"/export")...)
		c.make = func(b *Bench, dir string) error {
			p := b.plan
			change(&p)
			return Make(p).Export(filepath.Join(dir, "export"))
		}
		return c
	}
	last := proof.EntriesPath(uint64((b.plan.Lines-1)/proof.Width), (b.plan.Lines-1)%proof.Width+1)
	return []Case{
		tiled("tiles-good", "an export as it was made", "", 0, intact, nothing),
		tiled("tiles-and-file", "a data directory and its export", "", 0, intact, nothing, key("good/copy", "tiles-and-file/export")...),
		tiled("tiles-lend-checkpoint", "lines alone, and an export with the rest", "", 0, intact, bare, key("tiles-lend-checkpoint/copy", "tiles-lend-checkpoint/export")...),
		tiled("tiles-lend-key", "the same, and no key from elsewhere", "", 0, unanchored, bare, "tiles-lend-key/copy", "tiles-lend-key/export"),
		named, row,
		tiled("tiles-hash-flipped", "one bit of a hash tile", "tile", 1, tampered, func(_ *Bench, dir string) error {
			return patch(dir, hash, func(f []byte) []byte { f[100] ^= 1; return f })
		}),
		tiled("tiles-above-flipped", "one bit of a tile above", "tile", 1, tampered, func(_ *Bench, dir string) error {
			return patch(dir, above, func(f []byte) []byte { f[3] ^= 1; return f })
		}),
		tiled("tiles-bundle-length", "a line's length in a bundle", "form", 1, tampered, func(_ *Bench, dir string) error {
			return patch(dir, bundle, func(f []byte) []byte { f[1] ^= 1; return f })
		}),
		tiled("tiles-bundle-missing", "a bundle is missing", "missing", 2, incomplete, func(_ *Bench, dir string) error {
			return os.Remove(filepath.Join(dir, filepath.FromSlash(bundle)))
		}),
		tiled("tiles-hash-missing", "a hash tile is missing", "missing", 2, incomplete, func(_ *Bench, dir string) error {
			return os.Remove(filepath.Join(dir, filepath.FromSlash(hash)))
		}),
		tiled("tiles-hashes-only", "hash tiles and no line", "nothing-seen", 2, incomplete, func(_ *Bench, dir string) error {
			return os.RemoveAll(filepath.Join(dir, "tile/entries"))
		}),
		tiled("tiles-line-break", "a bundle whose line holds a line break", "form", 1, tampered, func(_ *Bench, dir string) error {
			return patch(dir, bundle, func(f []byte) []byte { f[50] = '\n'; return f })
		}),
		tiled("tiles-hole", "a segment is missing, and the tiles know its hashes", "missing", 2, incomplete, func(b *Bench, dir string) error {
			c := b.Good.Copy()
			c.Segments = append(c.Segments[:1:1], c.Segments[2:]...)
			return c.Write(filepath.Join(dir, "../copy"), b.twin, b.path("good/copy"))
		}, key("tiles-hole/copy", "tiles-hole/export")...),
		tiled("tiles-from", "only what is new since yesterday", "", 0, intact, nothing,
			key("--from", "keep/yesterday.checkpoint", "tiles-from/export")...),
		tiled("tiles-from-end", "nothing is new since then", "", 0, intact, nothing,
			key("--from", "good/copy/checkpoint", "tiles-from-end/export")...),
		tiled("tiles-from-end-edited", "nothing is new, and the last line was changed", "edited", 1, tampered, func(b *Bench, dir string) error {
			return patch(dir, last, func(f []byte) []byte { return flipAfter(f, fmt.Sprintf(`{"seq":%d,"datetime":"2`, b.plan.Lines-1), 2) })
		}, key("--from", "good/copy/checkpoint", "tiles-from-end-edited/export")...).bad(b.plan.Lines - 1),
		again("tiles-from-other", "another history of the same length", func(p *Plan) { p.Fork = mid }, "good/copy/checkpoint"),
		again("tiles-from-shorter", "the log was rolled back since then", func(p *Plan) { p.Stop = b.yesterday() }, "keep/late.checkpoint"),
	}
}

// patch changes one file.
func patch(dir, name string, do func([]byte) []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, do(b), 0o644)
}
