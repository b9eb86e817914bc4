package seal

import (
	"context"

	"coffer/internal/proof"
)

const (
	countHeld    = `SELECT COUNT(*) FROM event WHERE seq >= $1 AND seq < $2`
	selectHeld   = `SELECT seq FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq`
	selectPoints = `SELECT line FROM event WHERE event = 'log_checkpoint' AND ` + Asked + ` ORDER BY seq`
)

// Missing looks whether the database has every line from one number up to, not
// including, another: how many it lacks, and the first of them.
func (s *Sealer) Missing(ctx context.Context, from, to uint64) (first, count uint64, err error) {
	var held uint64
	if err := s.read.QueryRow(ctx, countHeld, from, to).Scan(&held); err != nil || held == to-from {
		return 0, 0, err
	}
	rows, err := s.read.Query(ctx, selectHeld, from, to)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	for first = from; rows.Next(); first++ {
		var seq uint64
		if err := rows.Scan(&seq); err != nil {
			return 0, 0, err
		}
		if seq != first {
			break
		}
	}
	return first, to - from - held, rows.Err()
}

// Pruned is the tree of the lines that retention has removed: what the held
// ones go on from.
func (s *Sealer) Pruned(ctx context.Context) (*proof.Edge, error) {
	var first uint64
	if err := s.read.QueryRow(ctx, selectPruned).Scan(&first); err != nil {
		return nil, err
	}
	return edgeAt(s.query(ctx), first)
}

// LeafTile is the full tile n of the lines' hashes as it is stored, whatever
// the lines are by now; nil if there is none.
func (s *Sealer) LeafTile(ctx context.Context, n uint64) ([]byte, error) {
	hashes, err := one(s.query(ctx), selectTile, 0, n)
	if len(hashes) != proof.Width*len(proof.Hash{}) {
		hashes = nil
	}
	return hashes, err
}

// Points gives the lines that carry a checkpoint.
func (s *Sealer) Points(ctx context.Context) (lines [][]byte, err error) {
	rows, err := s.read.Query(ctx, selectPoints)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line []byte
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}
