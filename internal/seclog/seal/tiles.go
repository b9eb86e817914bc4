package seal

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"coffer/internal/proof"
)

var (
	// ErrNoTile is a tile or bundle that the signed log does not have, or whose
	// lines are pruned.
	ErrNoTile = errors.New("there is no such tile")
	// ErrGarbled is a checkpoint in the database that is none.
	ErrGarbled = errors.New("the checkpoint in the log's head is garbled")
	// ErrUnsigned is a line that no checkpoint covers yet.
	ErrUnsigned = errors.New("no checkpoint covers that yet")
)

// RootAt computes the root of the tree of the first size lines, from tiles and
// lines.
func (s *Sealer) RootAt(ctx context.Context, size uint64) (proof.Hash, error) {
	e, err := edgeAt(s.query(ctx), size)
	if err != nil {
		return proof.Hash{}, err
	}
	return e.Root(), nil
}

// EdgeAt gives the edge of the tree of the first size lines, from tiles and
// lines, to grow it by lines from elsewhere.
func (s *Sealer) EdgeAt(ctx context.Context, size uint64) (*proof.Edge, error) {
	return edgeAt(s.query(ctx), size)
}

// PeaksAt are the roots of the full subtrees of the first size lines, in base64,
// the largest first: what a verifier needs to go on from there without them.
func (s *Sealer) PeaksAt(ctx context.Context, size uint64) (texts []string, err error) {
	e, err := edgeAt(s.query(ctx), size)
	if err != nil {
		return nil, err
	}
	for _, h := range e.Peaks() {
		texts = append(texts, h.String())
	}
	return texts, nil
}

// Tile gives a tile of the signed log, full for a width of 0: as stored, or a
// partial one as computed. It is ErrNoTile if that is not all signed.
func (s *Sealer) Tile(ctx context.Context, level int, n uint64, width int) ([]byte, error) {
	width, err := s.covered(ctx, level, n, width)
	if err != nil {
		return nil, err
	}
	return tileOf(s.query(ctx), level, n, width)
}

// Entries gives a bundle of signed lines, full for a width of 0.
func (s *Sealer) Entries(ctx context.Context, n uint64, width int) ([]byte, error) {
	width, err := s.covered(ctx, 0, n, width)
	if err != nil {
		return nil, err
	}
	lines := make([][]byte, 0, width)
	from := n * proof.Width
	keep := func(line []byte) { lines = append(lines, append([]byte(nil), line...)) }
	err = eachLine(s.query(ctx), from, from+uint64(width), keep)
	if err == nil && len(lines) != width {
		err = ErrNoTile
	}
	return proof.Bundle(lines), err
}

// covered checks that the newest checkpoint covers a tile, and gives its width.
func (s *Sealer) covered(ctx context.Context, level int, n uint64, width int) (int, error) {
	if width == 0 {
		width = proof.Width
	}
	if level < 0 || level > 6 || width < 0 || width > proof.Width || n > 1<<48 {
		return 0, ErrNoTile
	}
	signed, err := s.newest(ctx)
	if err != nil {
		return 0, err
	}
	if signed.c.Size>>(8*level) < n*proof.Width+uint64(width) {
		return 0, ErrNoTile
	}
	return width, nil
}

// Proof proves that a line is in the log, against the newest checkpoint. The
// line is ErrUnsigned while that does not cover it, ErrNoTile once it is pruned.
func (s *Sealer) Proof(ctx context.Context, seq uint64) (proof.ProofFile, error) {
	signed, c, _, err := s.Checkpoint(ctx)
	if err != nil {
		return proof.ProofFile{}, err
	}
	if seq >= c.Size {
		return proof.ProofFile{}, ErrUnsigned
	}
	hashes, err := tlog.ProveRecord(int64(c.Size), int64(seq), s.hashes(ctx, c))
	if err != nil {
		return proof.ProofFile{}, fmt.Errorf("prove line %d: %w", seq, err)
	}
	stored, err := one(s.query(ctx), selectLine, seq)
	if err == nil && stored == nil {
		err = ErrNoTile
	}
	return proof.ProofFile{Extra: Unpack(nil, stored), Index: seq, Hashes: hashes, Checkpoint: signed}, err
}

const selectLine = `SELECT line FROM event WHERE seq = $1`

// ConsistencyProof proves that the log of next lines begins with the log of old
// lines; both are signed by now.
func (s *Sealer) ConsistencyProof(ctx context.Context, old, next uint64) ([]proof.Hash, error) {
	signed, err := s.newest(ctx)
	if err != nil {
		return nil, err
	}
	if old > next || next > signed.c.Size {
		return nil, ErrUnsigned
	}
	if old == 0 || old == next {
		return nil, nil
	}
	root, err := s.RootAt(ctx, next)
	if err != nil {
		return nil, err
	}
	c := proof.Checkpoint{Origin: signed.c.Origin, Size: next, Root: root}
	hashes, err := tlog.ProveTree(int64(next), int64(old), s.hashes(ctx, c))
	if err != nil {
		return nil, fmt.Errorf("prove %d lines within %d: %w", old, next, err)
	}
	return hashes, nil
}

// hashes reads the tree of a checkpoint; what does not lead to its root is an
// error, so a proof is never made of what was changed.
func (s *Sealer) hashes(ctx context.Context, c proof.Checkpoint) tlog.HashReader {
	return proof.Tree(c, func(level int, n uint64, width int) ([]byte, error) {
		return tileOf(s.query(ctx), level, n, width)
	})
}
