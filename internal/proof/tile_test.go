package proof_test

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"coffer/internal/proof"
)

func TestTilePath(t *testing.T) {
	for _, c := range []struct {
		level int
		n     uint64
		width int
		want  string
	}{
		{0, 0, 0, "tile/0/000"},
		{0, 0, 256, "tile/0/000"},
		{0, 7, 1, "tile/0/007.p/1"},
		{1, 1234067, 0, "tile/1/x001/x234/067"}, // the example of c2sp.org/tlog-tiles
		{3, 1000, 255, "tile/3/x001/000.p/255"},
		{7, 999, 0, "tile/7/999"},
	} {
		if got := proof.TilePath(c.level, c.n, c.width); got != c.want {
			t.Errorf("TilePath(%d, %d, %d) = %s, want %s", c.level, c.n, c.width, got, c.want)
		}
		level, n, width, entries, err := proof.ParseTilePath(c.want)
		if c.width == 0 {
			c.width = 256
		}
		if err != nil || level != c.level || n != c.n || width != c.width || entries {
			t.Errorf("ParseTilePath(%s) = %d, %d, %d, %v, %v", c.want, level, n, width, entries, err)
		}
	}
	if _, n, width, entries, err := proof.ParseTilePath("tile/entries/x012/345.p/9"); err != nil || n != 12345 || width != 9 || !entries {
		t.Errorf("ParseTilePath of a bundle = %d, %d, %v, %v", n, width, entries, err)
	}
	if got := proof.EntriesPath(12345, 9); got != "tile/entries/x012/345.p/9" {
		t.Errorf("EntriesPath() = %s", got)
	}
}

func TestParseTilePathRefuses(t *testing.T) {
	for _, path := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1000", "tile/0/x000/001",
		"tile/00/000", "tile/8/000", "tile/-1/000", "tile/+1/000", "tile/data/000", "tile/8/0/000", "tile/0/001.p/0",
		"tile/0/001.p/256", "tile/0/001.p/01", "tile/0/001.p/", "tile/0/001.p/1/", "tile/0/001/", "/tile/0/001",
		"tile/0/x001/x002", "tile/0/001/002", "tile/0/../001", "tile/0/-01", "tile/entries/1", "tile/entries/000.p/256",
		"tile/0/x999/x999/x999/x999/x999/x999/999",
	} {
		if level, n, width, entries, err := proof.ParseTilePath(path); err == nil {
			t.Errorf("ParseTilePath(%q) = %d, %d, %d, %v, nil", path, level, n, width, entries)
		}
	}
}

func TestBundle(t *testing.T) {
	lines := [][]byte{[]byte("one"), {}, []byte("three"), bytes.Repeat([]byte("x"), proof.MaxLine)}
	b := proof.Bundle(lines)
	if want := []byte("\x00\x03one\x00\x00\x00\x05three\xff\xffxx"); !bytes.HasPrefix(b, want) {
		t.Errorf("Bundle() = %q…, want %q…", b[:20], want)
	}
	got, err := proof.ReadBundle(b, 4)
	if err != nil || len(got) != 4 || !bytes.Equal(bytes.Join(got, []byte("|")), bytes.Join(lines, []byte("|"))) {
		t.Errorf("ReadBundle() gives %d lines, %v", len(got), err)
	}
	for name, width := range map[string]int{"too few": 3, "too many": 5, "a full one": 0} {
		if _, err := proof.ReadBundle(b, width); err == nil {
			t.Errorf("ReadBundle of %s: no error", name)
		}
	}
	for cut := range []int{1, 2, 3} {
		if _, err := proof.ReadBundle(b[:len(b)-1-cut], 4); err == nil {
			t.Errorf("ReadBundle without the last %d bytes: no error", 1+cut)
		}
	}
}

// A proof made from tiles is one that Inclusion and Consistency take, and a
// tile that was changed is never believed.
func TestProofsFromTiles(t *testing.T) {
	const size = 700
	var r reference
	var e proof.Edge
	roots := []proof.Hash{e.Root()}
	for n := range size {
		r.add(t, int64(n), line(n))
		e.Append(line(n))
		roots = append(roots, e.Root())
	}
	c := proof.Checkpoint{Origin: "o", Size: size, Root: e.Root()}
	tree := proof.Tree(c, r.tile)
	for n := range int64(size) {
		p, err := tlog.ProveRecord(size, n, tree)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.Inclusion(uint64(n), size, proof.Leaf(line(int(n))), p, e.Root()); err != nil {
			t.Errorf("Inclusion(%d) = %v", n, err)
		}
		if err := proof.Inclusion(uint64(n), size, proof.Leaf(line(int(n)+1)), p, e.Root()); err == nil {
			t.Errorf("Inclusion(%d) of another line: no error", n)
		}
		consistent(t, c, proof.Checkpoint{Origin: "o", Size: uint64(n), Root: roots[n]}, tree)
	}
	spoilt := func(level int, n uint64, width int) ([]byte, error) {
		b, err := r.tile(level, n, width)
		b[5] ^= 1
		return b, err
	}
	if _, err := tlog.ProveRecord(size, 3, proof.Tree(c, spoilt)); err == nil {
		t.Error("a proof from a changed tile: no error")
	}
	away := errors.New("away")
	if _, err := tlog.ProveRecord(size, 3, proof.Tree(c, func(int, uint64, int) ([]byte, error) { return nil, away })); !errors.Is(err, away) {
		t.Errorf("a tile that is away: %v", err)
	}
}

// consistent checks the proof between two checkpoints, and that it proves
// nothing about another root.
func consistent(t *testing.T, c, old proof.Checkpoint, tree tlog.HashReader) {
	t.Helper()
	var p tlog.TreeProof
	if old.Size > 0 {
		var err error
		if p, err = tlog.ProveTree(int64(c.Size), int64(old.Size), tree); err != nil {
			t.Fatal(err)
		}
	}
	if err := proof.Consistency(old, c, p); err != nil {
		t.Errorf("Consistency(%d, %d) = %v", old.Size, c.Size, err)
	}
	old.Root[31] ^= 1
	if err := proof.Consistency(old, c, p); err == nil && old.Size > 0 {
		t.Errorf("Consistency(%d, %d) from another root: no error", old.Size, c.Size)
	}
}

func TestConsistencyEnds(t *testing.T) {
	a, b := proof.Checkpoint{Size: 5, Root: proof.Hash{1}}, proof.Checkpoint{Size: 5, Root: proof.Hash{2}}
	if proof.Consistency(a, a, nil) != nil || proof.Consistency(proof.Checkpoint{}, a, nil) != nil {
		t.Error("a checkpoint is not consistent with itself, or with the empty tree")
	}
	for name, err := range map[string]error{
		"two roots at one size": proof.Consistency(a, b, nil),
		"backwards":             proof.Consistency(proof.Checkpoint{Size: 6, Root: a.Root}, a, nil),
		"hashes for nothing":    proof.Consistency(a, a, []proof.Hash{{}}),
		"beyond any tree":       proof.Consistency(a, proof.Checkpoint{Size: 1 << 63}, nil),
		"index beyond the size": proof.Inclusion(5, 5, proof.Hash{}, nil, proof.Hash{}),
		"size beyond any tree":  proof.Inclusion(5, 1<<63, proof.Hash{}, nil, proof.Hash{}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
