package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

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

// spread is each by as many at once as there are processors, in any order: of
// many bundles that are read, hashed and written, none waits for another.
func (x *export) spread(ctx context.Context, size uint64, fn func(ctx context.Context, n uint64, width int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Uint64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for ctx.Err() == nil {
				n := next.Add(1) - 1
				if n*proof.Width >= size {
					return
				}
				if err := fn(ctx, n, int(min(size-n*proof.Width, proof.Width))); err != nil {
					stop(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// file writes one, unless it is a full one that is there and whole.
func (x *export) file(name string, width int, whole func([]byte) bool, content func() ([]byte, error)) error {
	path := x.path(name)
	if width == proof.Width {
		if before, err := os.ReadFile(path); err == nil && whole(before) {
			x.busy.Lock()
			defer x.busy.Unlock()
			x.Kept++
			return nil
		}
	}
	data, err := content()
	if err != nil {
		return err
	}
	return x.write(name, data)
}

// write writes a file that is whole or not there.
func (x *export) write(name string, data []byte) error {
	path := x.path(name)
	part := path + ".part"
	err := os.WriteFile(part, data, 0o644)
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
	keys, err := readSmall(filepath.Join(x.app.Data, publicFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(x.dir, publicFile), keys, 0o644)
}
