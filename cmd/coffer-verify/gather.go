package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
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
	pub := ""
	for _, path := range o.paths {
		found, err := find(ctx, path)
		if err != nil {
			return c, fmt.Errorf("%s: %w", path, err)
		}
		add(&c, found, &pub)
	}
	if o.checkpoint != "" {
		s, err := homes.signed(o.checkpoint)
		if err != nil {
			return c, err
		}
		c.Own = &s
	}
	if err := homes.trust(&c, o, pub); err != nil {
		return c, err
	}
	return c, homes.compare(&c, o)
}

// add takes in what lies in one place. Lines come from files before bundles,
// and the checkpoint from where the lines are.
func add(c *proof.Case, f proof.Found, pub *string) {
	bundled := len(c.Parts) > 0 && c.Parts[0].Bundle > 0
	files := len(f.Parts) > 0 && f.Parts[0].Bundle == 0
	if len(c.Parts) == 0 || bundled && files {
		if len(f.Parts) > 0 || c.Own == nil {
			c.Parts, c.Own, *pub = f.Parts, f.Own, f.Pub
		}
	}
	if c.Tiles == nil {
		c.Tiles = f.Tiles
	}
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
	open := func(name string) (io.ReadCloser, error) { return in.Open(name) }
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

// places are the directories that the logs lie in: what lies there too is not
// from elsewhere, since whoever changed the one could change the other.
type places []fs.FileInfo

func home(paths []string) (p places) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err == nil && !info.IsDir() {
			info, err = os.Stat(filepath.Dir(path))
		}
		if err == nil {
			p = append(p, info)
		}
	}
	return p
}

// elsewhere reports whether a file lies outside the logs' directories. A link
// there is where it points to.
func (p places) elsewhere(path string) (yes bool) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		for _, place := range p {
			if err == nil && os.SameFile(place, info) {
				return false
			}
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func (p places) signed(path string) (proof.Signed, error) {
	b, err := os.ReadFile(path)
	return proof.Signed{Name: path, Note: b, Elsewhere: p.elsewhere(path)}, err
}

// trust takes in keys and policy. Only where none was given do the keys that
// lie beside the log have to do, and they anchor nothing.
func (p places) trust(c *proof.Case, o options, pub string) (err error) {
	for _, k := range o.keys {
		text, elsewhere := k, true
		if !strings.Contains(k, "+") || exists(k) {
			b, err := os.ReadFile(k)
			if err != nil {
				return fmt.Errorf("--key: %w", err)
			}
			text, elsewhere = string(b), p.elsewhere(k)
		}
		keys, err := proof.ParseKeys(text, elsewhere)
		if err != nil {
			return fmt.Errorf("--key %s: %w", k, err)
		}
		c.Keys = append(c.Keys, keys...)
	}
	if o.policy != "" {
		b, err := os.ReadFile(o.policy)
		if err != nil {
			return fmt.Errorf("--policy: %w", err)
		}
		if c.Policy, err = proof.ParsePolicy(string(b)); err != nil {
			return fmt.Errorf("--policy %s: %w", o.policy, err)
		}
	}
	if len(c.Keys) == 0 && (c.Policy == nil || len(c.Policy.Logs) == 0) && pub != "" {
		if c.Keys, err = proof.ParseKeys(pub, false); err != nil {
			return fmt.Errorf("log.pub beside the log: %w", err)
		}
	}
	return nil
}

func exists(path string) (yes bool) {
	_, err := os.Stat(path)
	return err == nil
}

// compare takes in the checkpoints that were kept, and where to go on from.
func (p places) compare(c *proof.Case, o options) error {
	for _, path := range o.against {
		kept, err := p.kept(path)
		if err != nil {
			return fmt.Errorf("--against: %w", err)
		}
		c.Against = append(c.Against, kept...)
	}
	if o.from == "" {
		return nil
	}
	size, err := strconv.ParseUint(o.from, 10, 62)
	if err == nil {
		c.From = size
		return nil
	}
	s, err := p.signed(o.from)
	if err != nil {
		return fmt.Errorf("--from takes a number of lines or a checkpoint: %w", err)
	}
	read, err := proof.Peek(s.Note)
	if err != nil {
		return fmt.Errorf("--from %s: %w", o.from, err)
	}
	c.From, c.Against = read.Size, append(c.Against, s)
	return nil
}

// kept reads checkpoints: one in a file, many in a directory, or those that
// lines of the log carry.
func (p places) kept(path string) (all []proof.Signed, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		files, err := filepath.Glob(filepath.Join(path, "checkpoint*"))
		if err == nil && len(files) == 0 {
			err = fmt.Errorf("no file called checkpoint in %s", path)
		}
		for _, f := range files {
			s, err := p.signed(f)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
		return all, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(f, first); err != nil || !bytes.Equal(first, []byte("{")) {
		s, err := p.signed(path)
		return []proof.Signed{s}, err
	}
	notes, err := proof.Carried(io.MultiReader(bytes.NewReader(first), f))
	if err == nil && len(notes) == 0 {
		err = fmt.Errorf("no line of log_checkpoint in %s", path)
	}
	for i, n := range notes {
		all = append(all, proof.Signed{Name: fmt.Sprintf("%d in %s", i+1, path), Note: n, Elsewhere: p.elsewhere(path)})
	}
	return all, err
}
