package proof_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"coffer/internal/proof"
)

// reference is a tree as tlog keeps it: every hash, in its storage order.
type reference []tlog.Hash

func (r *reference) add(t *testing.T, n int64, line []byte) {
	t.Helper()
	hashes, err := tlog.StoredHashes(n, line, r)
	if err != nil {
		t.Fatal(err)
	}
	*r = append(*r, hashes...)
}

// ReadHashes gives hashes by their place in storage.
func (r *reference) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		if n >= int64(len(*r)) {
			return nil, fmt.Errorf("no hash %d", n)
		}
		out[i] = (*r)[n]
	}
	return out, nil
}

func (r *reference) root(t *testing.T, size int64) proof.Hash {
	t.Helper()
	if size == 0 {
		return [32]byte(unhex(t, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
	}
	h, err := tlog.TreeHash(size, r)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// tile is what tlog reads for a tile's place.
func (r *reference) tile(level int, n uint64, width int) ([]byte, error) {
	return tlog.ReadTileData(tlog.Tile{H: 8, L: level, N: int64(n), W: width}, r)
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func line(n int) []byte {
	return []byte(fmt.Sprintf(`{"seq":%d,%s}`, n, strings.Repeat("x", n%700)))
}

func TestLeafIsRFC6962(t *testing.T) {
	// The leaves and roots that every implementation of RFC 6962 is tried on.
	for in, want := range map[string]string{
		"":   "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"00": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"10": "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
	} {
		if got := proof.Leaf(unhex(t, in)); !bytes.Equal(got[:], unhex(t, want)) {
			t.Errorf("Leaf(%s) = %x, want %s", in, got, want)
		}
	}
	var e proof.Edge
	for _, in := range []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"} {
		e.Append(unhex(t, in))
	}
	const root = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
	if got := e.Root(); !bytes.Equal(got[:], unhex(t, root)) {
		t.Errorf("Root() of 8 = %x, want %s", got, root)
	}
}

func TestLongLinesHashAlike(t *testing.T) {
	for _, n := range []int{0, 1, 2046, 2047, 2048, 16 << 10, proof.MaxLine} {
		l := bytes.Repeat([]byte{'x'}, n)
		if got, want := proof.Leaf(l), tlog.RecordHash(l); got != want {
			t.Errorf("Leaf of %d bytes = %v, want %v", n, got, want)
		}
	}
}

// The edge's root is tlog's at every size, its full tiles are tlog's tiles, and
// it can be grown again from its open ones.
func TestEdgeIsTheTree(t *testing.T) {
	var e proof.Edge
	var r reference
	full := 0
	for n := range 2050 {
		if got, want := e.Root(), r.root(t, int64(n)); got != want || e.Size() != uint64(n) {
			t.Fatalf("Root() at %d = %v, want %v; Size() = %d", n, got, want, e.Size())
		}
		again(t, &e)
		e.Append(line(n))
		r.add(t, int64(n), line(n))
		for _, tile := range e.Full() {
			full++
			want, err := r.tile(tile.Level, tile.N, proof.Width)
			if err != nil || !bytes.Equal(tile.Hashes, want) {
				t.Fatalf("tile %d/%d at %d is not tlog's (%v)", tile.Level, tile.N, n, err)
			}
			if above := r.hash(t, 8*(tile.Level+1), int64(tile.N)); tile.Root() != above {
				t.Errorf("tile %d/%d has the root %v, want %v", tile.Level, tile.N, tile.Root(), above)
			}
		}
	}
	if full != 8 {
		t.Errorf("%d full tiles, want 8", full)
	}
}

func (r *reference) hash(t *testing.T, level int, n int64) proof.Hash {
	t.Helper()
	h, err := r.ReadHashes([]int64{tlog.StoredHashIndex(level, n)})
	if err != nil {
		t.Fatal(err)
	}
	return h[0]
}

// again grows an edge from another's open tiles and demands the same tree, now
// and after the next lines.
func again(t *testing.T, e *proof.Edge) {
	t.Helper()
	var open [][]byte
	for level := range 8 {
		open = append(open, e.Open(level))
	}
	g, ok := proof.Grown(e.Size(), open)
	if !ok || g.Root() != e.Root() {
		t.Fatalf("grown again at %d: %v, root right: %v", e.Size(), ok, ok && g.Root() == e.Root())
	}
	c := e.Clone()
	for i := range 3 {
		g.Append(line(i))
		c.Append(line(i))
	}
	if g.Root() != c.Root() {
		t.Fatalf("grown again at %d, the trees part", e.Size())
	}
}

func TestEdgeAtLargeSizes(t *testing.T) {
	seed := [32]byte{4}
	random := rand.New(rand.NewChaCha8(seed))
	var e proof.Edge
	var r reference
	stops := map[int]bool{65535: true, 65536: true, 65537: true, 65792: true, 65793: true, 66000: true}
	for range 40 {
		stops[random.IntN(66000)] = true
	}
	for n := range 66001 {
		if stops[n] {
			if got, want := e.Root(), r.root(t, int64(n)); got != want {
				t.Errorf("Root() at %d = %v, want %v", n, got, want)
			}
			again(t, &e)
		}
		var leaf proof.Hash
		binary.BigEndian.PutUint64(leaf[:], uint64(n))
		e.AppendHash(leaf)
		hashes, err := tlog.StoredHashesForRecordHash(int64(n), leaf, &r)
		if err != nil {
			t.Fatal(err)
		}
		r = append(r, hashes...)
	}
	levels := map[int]int{}
	for _, tile := range e.Full() {
		levels[tile.Level]++
		if want, err := r.tile(tile.Level, tile.N, proof.Width); err != nil || !bytes.Equal(tile.Hashes, want) {
			t.Errorf("tile %d/%d is not tlog's (%v)", tile.Level, tile.N, err)
		}
	}
	if levels[0] != 257 || levels[1] != 1 || len(levels) != 2 {
		t.Errorf("full tiles by level: %v, want 257 and 1", levels)
	}
}

func TestGrownRefusesWhatIsNoEdge(t *testing.T) {
	for name, open := range map[string][][]byte{
		"too few": {make([]byte, 2*32)}, "too many": {make([]byte, 4*32)}, "none": nil, "half": {make([]byte, 3*32-1)},
	} {
		if _, ok := proof.Grown(3, open); ok {
			t.Errorf("Grown(3, %s) was taken", name)
		}
	}
}

// A clone and its original do not touch each other's tiles.
func TestCloneIsApart(t *testing.T) {
	var a proof.Edge
	for n := range 255 {
		a.Append(line(n))
	}
	b := a.Clone()
	a.Append([]byte("a"))
	b.Append([]byte("b"))
	ta, tb := a.Full(), b.Full()
	if len(ta) != 1 || len(tb) != 1 || ta[0].Root() != a.Root() || tb[0].Root() != b.Root() || a.Root() == b.Root() {
		t.Errorf("the clone's tile is the original's")
	}
	b.Set(&a)
	if b.Root() != a.Root() || len(b.Full()) != 0 {
		t.Errorf("Set() gives %v with %d tiles, want %v and none", b.Root(), len(b.Full()), a.Root())
	}
}

func TestAppendAllocatesOnlyTiles(t *testing.T) {
	var e proof.Edge
	l := line(400)
	e.Append(l)
	got := testing.AllocsPerRun(200, func() { e.Append(l) })
	if got != 0 {
		t.Errorf("Append() allocates %v times, want 0", got)
	}
}

func BenchmarkEdge(b *testing.B) {
	var e proof.Edge
	l := line(400)
	for b.Loop() {
		e.Append(l)
		e.Full()
	}
}
