package proof

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Edge is the right edge of a tree: all that is needed to append to it and to
// know its root, at about two hashes a line. It also keeps the tiles that are
// not full yet. The zero value is the empty tree.
type Edge struct {
	size  uint64
	nodes [64]Hash // nodes[h] is the full subtree of height h, where size has bit h
	open  [8][]byte
	full  []Tile
}

// empty is the root of the tree without lines: SHA-256 of nothing.
var empty = tlog.Hash{
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
}

// Append adds a line, given without its newline.
func (e *Edge) Append(line []byte) { e.AppendHash(Leaf(line)) }

// AppendHash adds a leaf by its hash.
func (e *Edge) AppendHash(h Hash) {
	height := 0
	for ; ; height++ {
		if height%tileHeight == 0 {
			e.put(height/tileHeight, &h)
		}
		if e.size>>height&1 == 0 {
			break
		}
		h = node(&e.nodes[height], &h)
	}
	e.nodes[height] = h
	e.size++
}

// put adds a node to the open tile of a level.
func (e *Edge) put(level int, h *Hash) {
	if e.open[level] == nil {
		e.open[level] = make([]byte, 0, Width*tlog.HashSize)
	}
	e.open[level] = append(e.open[level], h[:]...)
	if len(e.open[level]) == cap(e.open[level]) {
		n := e.size >> (tileHeight * (level + 1))
		e.full = append(e.full, Tile{level, n, e.open[level]})
		e.open[level] = nil
	}
}

// Size is the number of leaves.
func (e *Edge) Size() uint64 { return e.size }

// Root is the tree's hash.
func (e *Edge) Root() Hash {
	if e.size == 0 {
		return empty
	}
	height := bits.TrailingZeros64(e.size)
	root := e.nodes[height]
	for height++; e.size>>height != 0; height++ {
		if e.size>>height&1 == 1 {
			root = node(&e.nodes[height], &root)
		}
	}
	return root
}

// Full gives the tiles that became full since the last call.
func (e *Edge) Full() []Tile {
	full := e.full
	e.full = nil
	return full
}

// Clone gives a copy that grows apart from the original.
func (e *Edge) Clone() *Edge {
	c := &Edge{}
	c.Set(e)
	return c
}

// Set makes e a copy of another edge, in the memory that it has.
func (e *Edge) Set(from *Edge) {
	e.size, e.nodes = from.size, from.nodes
	for i, open := range from.open {
		if len(open) == 0 {
			e.open[i] = e.open[i][:0]
			continue
		}
		if e.open[i] == nil {
			e.open[i] = make([]byte, 0, Width*tlog.HashSize)
		}
		e.open[i] = append(e.open[i][:0], open...)
	}
	e.full = append(e.full[:0:0], from.full...)
}

// Grown gives the edge of a tree from its tiles: each level's hashes to the
// right of its last full tile, as Open would give them, leaves first. It
// reports false where they are no edge.
func Grown(size uint64, open [][]byte) (e *Edge, ok bool) {
	e = &Edge{size: size}
	for level := 0; level < len(e.open) && size>>(tileHeight*level) > 0; level++ {
		count := int(size >> (tileHeight * level) % Width)
		var hashes []byte
		if level < len(open) {
			hashes = open[level]
		}
		if len(hashes) != count*tlog.HashSize {
			return nil, false
		}
		if count > 0 {
			e.open[level] = append(make([]byte, 0, Width*tlog.HashSize), hashes...)
		}
		e.seat(level)
	}
	return e, true
}

// seat fills in the nodes that stand on one level's open tile.
func (e *Edge) seat(level int) {
	hashes := e.open[level]
	for height := tileHeight - 1; height >= 0; height-- {
		if n := tlog.HashSize << height; e.size>>(tileHeight*level+height)&1 == 1 {
			e.nodes[tileHeight*level+height] = subtree(hashes[:n])
			hashes = hashes[n:]
		}
	}
}

// Open is the tile of a level that is not full yet: its hashes so far.
func (e *Edge) Open(level int) []byte { return e.open[level] }

// subtree is the root over 1, 2, 4 … hashes.
func subtree(hashes []byte) Hash {
	if len(hashes) == tlog.HashSize {
		return Hash(hashes)
	}
	left, right := subtree(hashes[:len(hashes)/2]), subtree(hashes[len(hashes)/2:])
	return node(&left, &right)
}
