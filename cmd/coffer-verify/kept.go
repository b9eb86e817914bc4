package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"coffer/internal/proof"
)

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
		return nil, unread(path, err)
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
	f, err := proof.OpenFile(path)
	if err != nil {
		return nil, unread(path, err)
	}
	defer f.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(f, first); err != nil || !bytes.Equal(first, []byte("{")) {
		s, err := p.signed(path)
		return []proof.Signed{s}, err
	}
	notes, err := proof.Carried(io.MultiReader(bytes.NewReader(first), f))
	if err != nil {
		return nil, unread(path, err)
	}
	if len(notes) == 0 {
		err = fmt.Errorf("no line of log_checkpoint in %s", path)
	}
	for i, n := range notes {
		all = append(all, proof.Signed{Name: fmt.Sprintf("%d in %s", i+1, path), Note: n, Elsewhere: p.elsewhere(path)})
	}
	return all, err
}
