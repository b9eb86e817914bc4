package seal

import (
	"context"
	"encoding/binary"
	"hash/maphash"
)

// selectIndex reads the index in the order of its key, which is cheap; by block
// it would have to be read whole for each.
const selectIndex = `SELECT name, block, lines FROM mention WHERE (name, block) > ($1, $2) ORDER BY name, block LIMIT $3`

// indexRows is how many rows of the index are read at once.
const indexRows = 1000

// sums compare the index with the lines without holding either: for each block,
// the sum of its rows' hashes under a key that nobody knows, as the lines would
// have it and as it is.
type sums struct {
	seed       maphash.Seed
	want, have []uint64
	skip       []bool // blocks that cannot be judged
	name       any    // the row that was read last, in the classes it is stored in
	block      any
	done       bool
}

func (x *sums) size(blocks uint64) {
	x.want, x.have, x.skip = make([]uint64, blocks), make([]uint64, blocks), make([]bool, blocks)
	x.name, x.block = "", -1
}

// expect takes in what the index must hold of a block's lines.
func (x *sums) expect(n uint64, held []names, trusted bool) {
	if x.skip[n] = !trusted; !trusted {
		return
	}
	x.want[n] = 0
	for name, lines := range postings(held) {
		x.want[n] += x.hash(name, lines)
	}
}

func (x *sums) hash(name string, lines []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(x.seed)
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(name)))
	_, _ = h.Write(length[:]) // it cannot fail, and neither can the next
	_, _ = h.WriteString(name)
	_, _ = h.Write(lines)
	return h.Sum64()
}

// readIndex reads on in the index, and at its end compares.
func (r *Round) readIndex(ctx context.Context) error {
	x := &r.index
	if len(x.want) == 0 {
		x.done = true
		return nil
	}
	rows, err := r.s.read.Query(ctx, selectIndex, x.name, x.block, indexRows)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var lines any
		if err := rows.Scan(&x.name, &x.block, &lines); err != nil {
			return err
		}
		x.take(x.name, x.block, lines)
	}
	if err := rows.Err(); err != nil || n == indexRows {
		return err
	}
	return r.compareIndex(ctx)
}

// take adds a row of the index to its block's sum. One that is stored as
// something else than Coffer stores makes it wrong, where it names a block.
func (x *sums) take(name, block, lines any) {
	n, numbered := block.(int64)
	if !numbered || n < 0 || uint64(n) >= uint64(len(x.have)) {
		return
	}
	text, isText := name.(string)
	held, isBytes := lines.([]byte)
	if !isText || !isBytes {
		text, held = "", nil // as no line is named
	}
	x.have[n] += x.hash(text, held)
}

func (r *Round) compareIndex(ctx context.Context) error {
	if err := r.removed(ctx); err != nil {
		return err
	}
	x := &r.index
	for n := range x.want {
		if first := uint64(n) * Block; first >= r.pruned && !x.skip[n] && x.want[n] != x.have[n] {
			r.add(Index, first, Block)
		}
	}
	x.done = true
	return nil
}
