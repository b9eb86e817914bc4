package seal

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"coffer/internal/proof"
)

// heldTiles bounds the memory of a Prover, 8 KB each.
const heldTiles = 64

// Prover proves many lines against one checkpoint, reading each tile once.
type Prover struct {
	c      proof.Checkpoint
	signed []byte
	hashes tlog.HashReader
}

type tileKey struct {
	level int
	n     uint64
	width int
}

// Prover gives one for the newest checkpoint. It is for one caller at a time,
// and for as long as ctx is good.
func (s *Sealer) Prover(ctx context.Context) (*Prover, error) {
	signed, c, _, err := s.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	held := map[tileKey][]byte{}
	hashes := proof.Tree(c, func(level int, n uint64, width int) ([]byte, error) {
		key := tileKey{level, n, width}
		if tile, known := held[key]; known {
			return tile, nil
		}
		tile, err := tileOf(s.query(ctx), level, n, width)
		if err != nil {
			return nil, err
		}
		if len(held) >= heldTiles {
			clear(held)
		}
		held[key] = tile
		return tile, nil
	})
	return &Prover{c, signed, hashes}, nil
}

// Prove proves that line is the one of this number. It is ErrUnsigned where the
// checkpoint does not cover it, or there is none.
func (p *Prover) Prove(seq uint64, line []byte) (proof.ProofFile, error) {
	if p == nil || seq >= p.c.Size {
		return proof.ProofFile{}, ErrUnsigned
	}
	hashes, err := tlog.ProveRecord(int64(p.c.Size), int64(seq), p.hashes)
	if err != nil {
		return proof.ProofFile{}, fmt.Errorf("prove line %d: %w", seq, err)
	}
	return proof.ProofFile{Extra: line, Index: seq, Hashes: hashes, Checkpoint: p.signed}, nil
}
