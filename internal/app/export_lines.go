package app

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"

	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// bundles writes the lines. Of a bundle that cannot be written, what is there is
// looked at afterwards, the first bundle first.
func (x *export) bundles(ctx context.Context) error {
	var doubtful []uint64
	err := x.spread(ctx, x.c.Size, func(ctx context.Context, n uint64, width int) error {
		err := x.bundle(ctx, n, width)
		x.busy.Lock()
		defer x.busy.Unlock()
		if x.passed != nil {
			x.written += uint64(width)
			x.passed(x.written, x.c.Size)
		}
		if errors.Is(err, seal.ErrNoTile) || errors.Is(err, errOthers) {
			doubtful, err = append(doubtful, n), nil
		}
		return err
	})
	slices.Sort(doubtful)
	for _, n := range doubtful {
		if err != nil {
			break
		}
		err = x.examine(ctx, n)
	}
	return err
}

func (x *export) bundle(ctx context.Context, n uint64, width int) error {
	tile, err := x.leavesOf(n)
	if err != nil {
		return err
	}
	whole := func(b []byte) bool { return matches(b, tile) }
	return x.file(proof.EntriesPath(n, width), width, whole, func() ([]byte, error) {
		b, err := x.Sealer.Entries(ctx, n, width)
		if err == nil && !whole(b) {
			err = errOthers
		}
		return b, err
	})
}

// leavesOf are the hashes of a bundle's lines, as they were written before it.
func (x *export) leavesOf(n uint64) ([]byte, error) {
	width := int(min(x.c.Size-n*proof.Width, proof.Width))
	return os.ReadFile(x.path(proof.TilePath(0, n, width)))
}

// rest writes the lines that are left of a bundle through which retention cut.
// They are what their hashes say. As of a whole bundle, those that are there
// already stay: retention went on since then.
func (x *export) rest(n uint64, tile []byte, lines [][]byte) error {
	const size = len(proof.Hash{})
	name := proof.RestName(n*proof.Width + uint64(len(tile)/size))
	before, err := os.ReadFile(x.path(name))
	if kept := bytes.SplitAfter(before, []byte("\n")); err == nil && len(kept) > len(lines) && ends(kept[:len(kept)-1], tile) {
		x.Kept++
		return nil
	}
	return x.write(name, append(bytes.Join(lines, []byte("\n")), '\n'))
}

// ends reports whether lines are those of a tile's end.
func ends(lines [][]byte, tile []byte) (yes bool) {
	const size = len(proof.Hash{})
	at := len(tile) - len(lines)*size
	for i, line := range lines {
		if at < 0 || proof.Leaf(bytes.TrimSuffix(line, []byte("\n"))) != proof.Hash(tile[at+i*size:at+(i+1)*size]) {
			return false
		}
	}
	return true
}
