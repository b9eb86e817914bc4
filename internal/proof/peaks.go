package proof

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// peaks is the judge's own tree: the full subtrees of a tree's lines so far.
// It is not the writer's Edge on purpose, so that a mistake made there would
// show here.
type peaks struct {
	size  uint64
	nodes [64]Hash
}

// add appends a leaf.
func (p *peaks) add(h Hash) {
	height := 0
	for ; p.size>>height&1 == 1; height++ {
		h = node(&p.nodes[height], &h)
	}
	p.nodes[height] = h
	p.size++
}

// root is the hash of the tree so far.
func (p *peaks) root() Hash {
	root, begun := empty, false
	for rest := p.size; rest != 0; rest &= rest - 1 {
		height := bits.TrailingZeros64(rest)
		if begun {
			root = node(&p.nodes[height], &root)
		} else {
			root, begun = p.nodes[height], true
		}
	}
	return root
}

// from sets the tree to the given peaks, the largest first, and reports
// whether they are as many as the size has.
func (p *peaks) from(size uint64, hashes []Hash) (ok bool) {
	if len(hashes) != bits.OnesCount64(size) {
		return false
	}
	*p = peaks{size: size}
	for rest := size; rest != 0; rest &= rest - 1 {
		p.nodes[bits.TrailingZeros64(rest)] = hashes[len(hashes)-1]
		hashes = hashes[:len(hashes)-1]
	}
	return true
}

// PeakIndexes are the places of a tree's peaks among the stored hashes of tlog,
// the largest first.
func PeakIndexes(size uint64) (indexes []int64) {
	begin := uint64(0)
	for height := 63; height >= 0; height-- {
		if size>>height&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(height, int64(begin>>height)))
			begin += 1 << height
		}
	}
	return indexes
}

const (
	stride = 1 << 10 // leaves between two snapshots
	window = 1 << 18 // leaves that a trail remembers
)

// trail remembers the newest leaves, so that the root of a size that has just
// been passed can still be known: a checkpoint in the log is of lines before
// its own, and seconds under load are many lines.
type trail struct {
	origin uint64 // where it began
	begin  uint64 // the first size that can be asked for
	leaves []Hash
	marks  []peaks
}

// reset forgets what was before the tree's present size.
func (t *trail) reset(p *peaks) {
	t.origin, t.begin = p.size, p.size
	t.leaves, t.marks = t.leaves[:0], t.marks[:0]
}

// add notes a leaf that p is about to take in.
func (t *trail) add(p *peaks, h Hash) {
	n := p.size - t.origin
	if n%stride == 0 {
		t.marks = ring(t.marks, n/stride, window/stride, *p)
		if n >= window {
			t.begin = p.size - window + stride
		}
	}
	t.leaves = ring(t.leaves, n, window, h)
}

// ring puts the nth value into a list that forgets the oldest.
func ring[T any](list []T, n uint64, most int, v T) []T {
	if i := int(n % uint64(most)); i < len(list) {
		list[i] = v
		return list
	}
	return append(list, v)
}

// root is the root at a size between begin and the size of p.
func (t *trail) root(p *peaks, size uint64) (root Hash, known bool) {
	if size < t.begin || size > p.size {
		return Hash{}, false
	}
	if size == p.size {
		return p.root(), true
	}
	back := t.marks[(size-t.origin)/stride%(window/stride)]
	for back.size < size {
		back.add(t.leaves[(back.size-t.origin)%window])
	}
	return back.root(), true
}

// Peaks are the roots of the full subtrees of which the tree consists, the
// largest first: whoever has them can go on from here.
func (e *Edge) Peaks() (hashes []Hash) {
	for height := 63; height >= 0; height-- {
		if e.size>>height&1 == 1 {
			hashes = append(hashes, e.nodes[height])
		}
	}
	return hashes
}
