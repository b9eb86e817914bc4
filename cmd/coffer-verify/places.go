package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"coffer/internal/proof"
)

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
	b, err := readFile(path)
	return proof.Signed{Name: path, Note: b, Elsewhere: p.elsewhere(path)}, err
}

// trust takes in keys and policy. Only where none was given do the keys that
// lie beside the log have to do, and they anchor nothing.
func (p places) trust(c *proof.Case, o options, pub string) (err error) {
	for _, k := range o.keys {
		text, elsewhere := k, true
		if !strings.Contains(k, "+") || exists(k) {
			b, err := readFile(k)
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
		b, err := readFile(o.policy)
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
