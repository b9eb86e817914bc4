package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"coffer/internal/proof"
)

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
	path := x.path(name)
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

func (x *export) path(name string) string { return filepath.Join(x.dir, filepath.FromSlash(name)) }

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
