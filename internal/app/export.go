package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

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
	// Pruned is how many of the lines' bundles retention has taken away, in whole
	// or in part; what proves the others is there.
	Pruned int
	// Findings are what is not as it was sealed. With any, there is no export.
	Findings []event.LogVerifyFailed
}

// export is one being written.
type export struct {
	*Desk
	Exported
	dir    string
	c      proof.Checkpoint
	passed func(done, all uint64)

	upper  []proof.Tile // the full tiles above the lines' own
	edge   *proof.Edge  // of the whole tree, which leads to the signed root
	pruned uint64       // below it, lines may be missing; as far as was asked for
	wrong  []seal.Finding

	busy    sync.Mutex // while several write
	written uint64     // lines
}

// Export writes the signed log into dir as the static files of tlog-tiles:
// checkpoint, tiles, bundles of lines, and the public key beside them. Full
// tiles never change, so those that are there are kept, and an export that was
// interrupted goes on. The checkpoint comes last: whoever reads dir meanwhile
// has a smaller log, and never a broken one.
//
// What is not as it was signed does not get into dir: the tiles are written once
// they lead to the signed root, and of the lines those that the tiles have. With
// any finding there is no checkpoint either, and an older one stays what it was.
// What retention left of a bundle goes into a file beside the bundles.
func (d *Desk) Export(ctx context.Context, dir string, passed func(done, all uint64)) (Exported, error) {
	signed, c, _, err := d.Sealer.Checkpoint(ctx)
	if errors.Is(err, seal.ErrUnsigned) {
		return Exported{}, errors.New("nothing of this log is signed yet; start coffer serve once")
	}
	if err != nil {
		return Exported{}, err
	}
	x := &export{Desk: d, Exported: Exported{Size: c.Size}, dir: dir, c: c, passed: passed}
	for _, step := range []func(context.Context) error{x.prove, x.fits, x.record, x.tiles, x.bundles, x.key} {
		err := step(ctx)
		for _, f := range x.wrong {
			x.Findings = append(x.Findings, failed(f, c.Size))
		}
		if err != nil || len(x.Findings) > 0 {
			return x.Exported, err
		}
	}
	return x.Exported, renameio.WriteFile(filepath.Join(dir, checkpointFile), signed, 0o644)
}

// record writes into the log that it leaves.
func (x *export) record(ctx context.Context) error {
	first, _, err := x.Lines.Extent(ctx)
	if err != nil {
		return err
	}
	err = x.Record(ctx, event.LogExported{From: first, To: x.c.Size - 1, Format: "tlog-tiles", Lines: x.c.Size - min(first, x.c.Size)})
	if err == nil {
		return nil
	}
	// Where nobody serves, a log that is not what was signed is not written to.
	if c, failed := x.Check(ctx, func(uint64, uint64) {}); failed == nil && len(c.Findings) > 0 {
		x.Findings = c.Findings
		return nil
	}
	return fmt.Errorf("nothing is exported, since that cannot be written into the log: %w", err)
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

// tiles writes the hashes, level by level. The lines' own are read once more,
// the others were made of them.
func (x *export) tiles(ctx context.Context) error {
	err := x.each(ctx, x.c.Size, func(n uint64, width int) error {
		b, err := x.leaves(ctx, n, width)
		if err != nil {
			return err
		}
		return x.tile(0, n, width, b)
	})
	if err != nil {
		return err
	}
	for _, t := range x.upper {
		if err := x.tile(t.Level, t.N, proof.Width, t.Hashes); err != nil {
			return err
		}
	}
	for level := 1; x.c.Size>>(8*level) > 0; level++ {
		nodes := x.c.Size >> (8 * level)
		if width := int(nodes % proof.Width); width > 0 {
			if err := x.tile(level, nodes/proof.Width, width, x.edge.Open(level)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *export) tile(level int, n uint64, width int, b []byte) error {
	same := func(before []byte) bool { return bytes.Equal(before, b) }
	return x.file(proof.TilePath(level, n, width), width, same, func() ([]byte, error) { return b, nil })
}
