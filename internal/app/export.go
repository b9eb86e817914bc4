package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// Exported is what an export came to.
type Exported struct {
	// Size is how many lines the exported tree has, and Kept how many of the
	// files were there already.
	Size uint64
	Kept int
	// Pruned is how many of the lines' bundles retention has taken away; what
	// proves the others is there.
	Pruned int
}

// export is one being written.
type export struct {
	*Desk
	Exported
	dir    string
	c      proof.Checkpoint
	passed func(done, all uint64)
}

// Export writes the signed log into dir as the static files of tlog-tiles:
// checkpoint, tiles, bundles of lines, and the public key beside them. Full
// tiles never change, so those that are there are kept, and an export that was
// interrupted goes on. The checkpoint comes last: whoever reads dir meanwhile
// has a smaller log, and never a broken one.
func (d *Desk) Export(ctx context.Context, dir string, passed func(done, all uint64)) (Exported, error) {
	signed, c, _, err := d.Sealer.Checkpoint(ctx)
	if errors.Is(err, seal.ErrUnsigned) {
		return Exported{}, errors.New("nothing of this log is signed yet; start coffer serve once")
	}
	if err != nil {
		return Exported{}, err
	}
	x := &export{Desk: d, Exported: Exported{Size: c.Size}, dir: dir, c: c, passed: passed}
	if err := x.fits(ctx); err != nil {
		return x.Exported, err
	}
	first, _, err := d.Lines.Extent(ctx)
	if err != nil {
		return x.Exported, err
	}
	err = d.Record(ctx, event.LogExported{From: first, To: c.Size - 1, Format: "tlog-tiles", Lines: c.Size - min(first, c.Size)})
	if err != nil {
		return x.Exported, fmt.Errorf("nothing is exported, since that cannot be written into the log: %w", err)
	}
	for _, step := range []func(context.Context) error{x.tiles, x.bundles, x.key} {
		if err := step(ctx); err != nil {
			return x.Exported, err
		}
	}
	return x.Exported, renameio.WriteFile(filepath.Join(dir, checkpointFile), signed, 0o644)
}

// fits demands that what is in dir already is an older state of the same log.
func (x *export) fits(ctx context.Context) error {
	before, err := os.ReadFile(filepath.Join(x.dir, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := proof.Peek(before)
	if err == nil && c.Origin == x.c.Origin && c.Size <= x.c.Size {
		root, err := x.Sealer.RootAt(ctx, c.Size)
		if err != nil {
			return err
		}
		if root == c.Root {
			return nil
		}
	}
	return fmt.Errorf("what is in %s is not an older export of this log (its checkpoint is of another one); give another directory, and keep this one: it may be evidence", x.dir)
}

// tiles writes the hashes, level by level.
func (x *export) tiles(ctx context.Context) error {
	for level := 0; x.c.Size>>(8*level) > 0; level++ {
		err := x.each(ctx, x.c.Size>>(8*level), func(n uint64, width int) error {
			whole := func(b []byte) bool { return len(b) == proof.Width*len(proof.Hash{}) }
			return x.file(proof.TilePath(level, n, width), width, whole, func() ([]byte, error) {
				return x.Sealer.Tile(ctx, level, n, width)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bundles writes the lines.
func (x *export) bundles(ctx context.Context) error {
	return x.each(ctx, x.c.Size, func(n uint64, width int) error {
		if x.passed != nil {
			x.passed(n*proof.Width, x.c.Size)
		}
		whole := func(b []byte) bool {
			_, err := proof.ReadBundle(b, proof.Width)
			return err == nil
		}
		err := x.file(proof.EntriesPath(n, width), width, whole, func() ([]byte, error) {
			return x.Sealer.Entries(ctx, n, width)
		})
		if errors.Is(err, seal.ErrNoTile) {
			x.Pruned++
			return nil
		}
		return err
	})
}

// each calls fn for every full group of size things, and for the partial one at
// the end.
func (x *export) each(ctx context.Context, size uint64, fn func(n uint64, width int) error) error {
	for n := range size / proof.Width {
		if err := errors.Join(ctx.Err(), fn(n, proof.Width)); err != nil {
			return err
		}
	}
	if rest := size % proof.Width; rest > 0 {
		return fn(size/proof.Width, int(rest))
	}
	return nil
}

// file writes one, unless it is a full one that is there and whole.
func (x *export) file(name string, width int, whole func([]byte) bool, content func() ([]byte, error)) error {
	path := filepath.Join(x.dir, filepath.FromSlash(name))
	if width == proof.Width {
		if before, err := os.ReadFile(path); err == nil && whole(before) {
			x.Kept++
			return nil
		}
	}
	data, err := content()
	if err != nil {
		return err
	}
	part := path + ".part"
	err = os.WriteFile(part, data, 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = os.WriteFile(part, data, 0o644)
		}
	}
	if err != nil {
		return err
	}
	return os.Rename(part, path)
}

// key puts the log's public keys beside it, where they are at hand. Whoever
// wants to be sure has them from elsewhere.
func (x *export) key(context.Context) error {
	keys, err := os.ReadFile(filepath.Join(x.app.Data, publicFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(x.dir, publicFile), keys, 0o644)
}
