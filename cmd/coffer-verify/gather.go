package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"coffer/internal/proof"
)

// now is the time against which ages are measured.
var now = time.Now

// gather opens all that the command line names.
func gather(ctx context.Context, o options) (c proof.Case, err error) {
	c = proof.Case{AllowUnsigned: o.allowUnsigned, Require: o.require, Now: now()}
	homes := home(o.paths)
	var all []proof.Found
	for _, path := range o.paths {
		found, err := find(ctx, path)
		if err != nil {
			return c, absent(path, err)
		}
		all = append(all, found)
	}
	pub, err := combine(&c, all)
	if err != nil {
		return c, err
	}
	if o.checkpoint != "" {
		s, err := homes.signed(o.checkpoint)
		if err != nil {
			return c, fmt.Errorf("--checkpoint: %w", err)
		}
		c.Own = &s
	}
	if err := homes.trust(&c, o, pub); err != nil {
		return c, err
	}
	return c, homes.compare(&c, o)
}

// find opens one place.
func find(ctx context.Context, path string) (proof.Found, error) {
	if strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://") {
		return proof.Static(path, fetcher(ctx, path))
	}
	info, err := os.Stat(path)
	if err != nil {
		return proof.Found{}, err
	}
	if !info.IsDir() {
		dir, file := filepath.Split(path)
		in := os.DirFS(filepath.Clean(dir + "."))
		if file == "security.log" {
			return proof.Files(in, filepath.Clean(dir+"."))
		}
		return proof.File(in, filepath.Clean(dir+"."), file), nil
	}
	in := os.DirFS(path)
	open := func(name string) (io.ReadCloser, error) { return proof.Ordinary(in, name) }
	found, err := proof.Files(in, path)
	if _, tiled := os.Stat(filepath.Join(path, "tile")); tiled != nil {
		return found, err
	}
	static, staticErr := proof.Static(path, open)
	switch {
	case errors.Is(err, proof.ErrNothing):
		return static, staticErr
	case err == nil && staticErr == nil:
		found.Tiles = static.Tiles
	}
	return found, err
}
