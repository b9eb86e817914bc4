package proof

import (
	"bytes"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// raise puts a full tile's root one level up, and compares what fills there.
func (x *tileTrial) raise(level int, full []byte) {
	if !x.whole {
		return
	}
	root := subtree(full)
	level++
	if level > maxLevel {
		return
	}
	x.above[level] = append(x.above[level], root[:]...)
	if len(x.above[level]) == Width*tlog.HashSize {
		n := x.size>>(tileHeight*(level+1)) - 1
		x.hold(level, n, Width)
		x.raise(level, x.above[level])
		x.above[level] = x.above[level][:0]
	}
}

// hold compares a tile above the lines.
func (x *tileTrial) hold(level int, n uint64, width int) {
	tile, err := x.Read(level, n, width)
	switch {
	case err != nil:
		x.absent = append(x.absent[:min(len(x.absent), few)], TilePath(level, n, width))
	case !bytes.Equal(tile, x.above[level]):
		x.untrue = append(x.untrue[:min(len(x.untrue), few)], TilePath(level, n, width))
	}
}

// finish compares the tiles that are not full at the checkpoint's size.
func (x *tileTrial) finish() {
	for level := 1; x.whole && level <= maxLevel; level++ {
		if width := len(x.above[level]) / tlog.HashSize; width > 0 {
			x.hold(level, x.size>>(tileHeight*(level+1)), width)
		}
	}
}

// conclude says what is wrong with the tiles themselves. The lines have been
// judged without them by then.
func (x *tileTrial) conclude(t *trial) {
	if len(x.untrue) > 0 {
		t.r.find(Finding{
			Verdict: Tampered, What: "tile", Sentence: "hash tile " + x.untrue[0] + " is not the one that was signed",
			Detail: x.place(len(x.untrue)), Next: keep,
		})
	}
	if len(x.absent) > 0 && x.Whole {
		t.r.find(Finding{
			Verdict: Incomplete, What: "missing", Sentence: "hash tile " + x.absent[0] + " is missing",
			Detail: x.place(len(x.absent)), Next: "Export or copy the log again, whole.",
		})
	}
}

// place says where, and that it is not one tile alone.
func (x *tileTrial) place(tiles int) string {
	says := "in " + Escape(x.Name)
	if tiles > 1 {
		says += fmt.Sprintf("; %d tiles or more", tiles)
	}
	return says
}

// knows reports whether the tiles have the hash of each of these lines.
func (x *tileTrial) knows(s Span) (yes bool) {
	if !x.usable || s.Last >= x.at.Size {
		return false
	}
	_, err := x.reader.ReadHashes(leaves(s.First, s.Last+1))
	return err == nil
}

// leaves are the places of lines among the stored hashes of tlog.
func leaves(from, to uint64) (places []int64) {
	for n := from; n < to; n++ {
		places = append(places, tlog.StoredHashIndex(0, int64(n)))
	}
	return places
}
