package proof

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// tileTrial holds the hash tiles against the lines. The tiles name the line
// that was changed, where a root only says that one was. They are believed
// only as far as they lead to a signed root themselves.
type tileTrial struct {
	*Tiles
	at     judged
	usable bool
	reader tlog.HashReader

	size  uint64 // lines so far
	begin int    // where the block at hand begins, if not at 0
	block [Width]Hash
	// above are the hashes of the levels over the lines; they are known only
	// where all lines before are.
	above [maxLevel + 1][]byte
	whole bool

	absent, untrue []string
}

// summon weighs the checkpoint that lies with the tiles.
func (x *tileTrial) summon(t *trial) {
	if t.Tiles == nil {
		return
	}
	x.Tiles, x.whole = t.Tiles, true
	x.at = t.judge(t.Tiles.At)
	x.at.role = tiled
	x.usable = x.at.standing == proven || x.at.standing == unjudged
	x.reader = Tree(x.at.Checkpoint, x.Read)
	if t.Own != nil && bytes.Equal(t.Own.Note, x.at.Note) {
		return
	}
	switch x.at.standing {
	case proven:
		t.fixed = append(t.fixed, x.at)
	case unjudged:
	default:
		t.r.find(Finding{
			Verdict: Incomplete, What: "checkpoint", Sentence: x.at.label() + " was not signed by the key you gave",
			Detail: "so the hash tiles beside it are worth nothing", Next: "Export the log again, or leave the tiles out.",
		})
	}
}

// peaks are the peaks of the tree of a size, out of the tiles.
func (x *tileTrial) peaks(size uint64) (hashes []Hash, known bool) {
	if !x.usable || size > x.at.Size {
		return nil, false
	}
	hashes, err := x.reader.ReadHashes(PeakIndexes(size))
	return hashes, err == nil
}

// root is the root of a size, out of the tiles.
func (x *tileTrial) root(size uint64) (root Hash, known bool) {
	hashes, known := x.peaks(size)
	var p peaks
	if !known || !p.from(size, hashes) {
		return Hash{}, false
	}
	return p.root(), true
}

// jump goes on behind lines that are not there.
func (x *tileTrial) jump() { x.whole, x.begin = false, -1 }

// add takes in the hash of the line before t.at.
func (x *tileTrial) add(t *trial, h Hash) {
	if !x.usable || t.at > x.at.Size {
		return
	}
	at := int((t.at - 1) % Width)
	if x.begin < 0 {
		x.begin = at
	}
	x.block[at], x.size = h, t.at
	switch {
	case at == Width-1:
		x.compare(t, Width)
		x.raise(0, x.bytes(0, Width))
		x.begin = 0
	case t.at == x.at.Size:
		x.compare(t, at+1)
	}
	if t.at == x.at.Size {
		x.finish()
	}
}

func (x *tileTrial) bytes(from, to int) []byte {
	b := make([]byte, 0, (to-from)*tlog.HashSize)
	for _, h := range x.block[from:to] {
		b = append(b, h[:]...)
	}
	return b
}

// compare holds the block at hand against its tile, of the given width.
func (x *tileTrial) compare(t *trial, width int) {
	n := (t.at - 1) / Width
	tile, err := x.Read(0, n, width)
	if err != nil || len(tile) != width*tlog.HashSize {
		x.absent = append(x.absent[:min(len(x.absent), few)], TilePath(0, n, width))
		return
	}
	lines := x.bytes(x.begin, width)
	if bytes.Equal(lines, tile[x.begin*tlog.HashSize:]) {
		return
	}
	if !x.name(t) {
		x.untrue = append(x.untrue[:min(len(x.untrue), few)], TilePath(0, n, width))
	}
}

// few is how many tiles are told by name.
const few = 8

// name finds the first line of the block at hand that is not the one that the
// tiles, led to by a signed root, have in its place.
func (x *tileTrial) name(t *trial) (found bool) {
	if !x.usable || x.size == 0 || x.begin < 0 || t.stopped || x.size != min(t.at, x.at.Size) {
		return t.stopped
	}
	last := int((x.size - 1) % Width)
	first := x.size - 1 - uint64(last)
	hashes, err := x.reader.ReadHashes(leaves(first+uint64(x.begin), x.size))
	if err != nil {
		return false
	}
	bad, differ := -1, 0
	for i, h := range hashes {
		if h != x.block[x.begin+i] {
			differ++
			if bad < 0 {
				bad = x.begin + i
			}
		}
	}
	if bad < 0 {
		return false
	}
	t.stop(x.named(t, first+uint64(bad), differ, len(hashes)))
	return true
}

// same reports whether all lines before seq are those that the tiles have.
func (x *tileTrial) same(seq uint64) (yes bool) {
	if !x.usable || x.size < seq || x.begin < 0 || len(x.absent)+len(x.untrue) > 0 {
		return false
	}
	last := x.size - 1
	first := last - last%Width
	places := leaves(first+uint64(x.begin), seq)
	if len(places) == 0 {
		return true
	}
	hashes, err := x.reader.ReadHashes(places)
	return err == nil && slices.Equal(hashes, x.block[x.begin:x.begin+len(hashes)])
}

// named is the finding about one line.
func (x *tileTrial) named(t *trial, seq uint64, differ, of int) Finding {
	f := Finding{
		Verdict: Tampered, What: "edited", Line: &seq, Where: t.where(seq), Next: keep,
		Sentence: fmt.Sprintf("line %d was changed after it was signed", seq),
		Detail:   fmt.Sprintf("one line changed in place; its neighbours are as signed (hash tile 0/%d, entry %d)", seq/Width, seq%Width),
	}
	if differ > 1 {
		f.Detail = fmt.Sprintf("%d of %d lines there are not those that were signed, this one is the first (hash tile 0/%d, entry %d)",
			differ, of, seq/Width, seq%Width)
	}
	if line, ok := t.lookup(seq); ok {
		f.Reads = brief(line)
	}
	return f
}
