package main

import (
	"cmp"
	"slices"
	"strings"

	"coffer/internal/proof"
)

// combine takes what lies in several places as parts of one log: all files of
// lines, or else bundles; hash tiles from wherever they are; checkpoint and keys
// from where the lines are, or else from another place. It returns the keys that
// lay there. Places that say that they are of two logs are not held against each
// other.
func combine(c *proof.Case, all []proof.Found) (pub string, err error) {
	home := lined(all)
	at := all[home]
	c.Parts, c.Own, c.NoKey, pub = at.Parts, at.Own, at.NoPub, at.Pub
	for i, f := range all {
		if c.Tiles == nil {
			c.Tiles = f.Tiles
		}
		if i == home {
			continue
		}
		if a, b := names(at), names(f); apart(a, b) {
			return "", end(proof.Escape(at.Name+" and "+f.Name)+" are of two logs",
				proof.Escape("one names "+a[0]+", the other "+b[0]), "Verify each by itself.")
		}
		if c.Own == nil {
			c.Own = f.Own
		}
		if pub == "" {
			pub = f.Pub
			c.NoKey = cmp.Or(c.NoKey, f.NoPub)
		}
		if err := join(c, f); err != nil {
			return "", err
		}
	}
	return pub, nil
}

// join adds the files of lines of another place: finished ones, say, that were
// moved away. Of two that claim the same lines none is chosen.
func join(c *proof.Case, f proof.Found) error {
	if !filed(f) {
		return nil
	}
	for _, p := range f.Parts {
		for _, have := range c.Parts {
			if have.Named == p.Named && have.First == p.First {
				return end(proof.Escape(have.Name+" and "+p.Name)+" claim to be the same part of the log", "", "Give one of the two.")
			}
		}
	}
	c.Parts = append(slices.Clip(c.Parts), f.Parts...)
	slices.SortStableFunc(c.Parts, func(a, b proof.Part) int {
		if a.Named != b.Named {
			return map[bool]int{true: -1, false: 1}[a.Named] // the file in use is the last
		}
		return cmp.Compare(a.First, b.First)
	})
	return nil
}

// lined is the place whose lines count: the first that has them as files, else
// the first that has any, else one that has a checkpoint.
func lined(all []proof.Found) (i int) {
	rank := func(f proof.Found) int {
		switch {
		case filed(f):
			return 3
		case len(f.Parts) > 0:
			return 2
		case f.Own != nil:
			return 1
		}
		return 0
	}
	for n := range all {
		if rank(all[n]) > rank(all[i]) {
			i = n
		}
	}
	return i
}

// filed reports whether a place has its lines as files. An export has bundles,
// and at most what was left of one before them.
func filed(f proof.Found) (yes bool) {
	return len(f.Parts) > 0 && f.Parts[len(f.Parts)-1].Bundle == 0
}

// names are the origins that a place says its log has had, by its checkpoint
// and its keys.
func names(f proof.Found) (all []string) {
	if f.Own != nil {
		if c, err := proof.Peek(f.Own.Note); err == nil {
			all = append(all, c.Origin)
		}
	}
	for line := range strings.Lines(f.Pub) {
		if name, _, is := strings.Cut(strings.TrimSpace(line), "+"); is {
			all = append(all, name)
		}
	}
	return all
}

// apart reports whether two places say that they are of two logs. One that says
// nothing belongs to the other, with which it was given.
func apart(a, b []string) (yes bool) {
	return len(a) > 0 && len(b) > 0 && !slices.ContainsFunc(a, func(n string) bool { return slices.Contains(b, n) })
}
