package file

import (
	"context"
	"fmt"
	"os"

	"coffer/internal/db"
	"coffer/internal/seclog/seal"
)

const (
	selectPruned = `SELECT pruned FROM head WHERE id = 1`
	selectEnds   = `SELECT seq FROM event WHERE event = $1 AND ` + seal.Asked + ` AND seq >= $2 AND seq < $3 ORDER BY seq`
	selectKnown  = `SELECT first, inode, bytes, changed FROM segment_file WHERE id = $1`
	upsertKnown  = `INSERT INTO segment_file (id, first, inode, bytes, changed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id, first) DO UPDATE SET inode = excluded.inode, bytes = excluded.bytes, changed = excluded.changed`
	deleteKnown = `DELETE FROM segment_file WHERE id = $1 AND first < $2`
)

// pruned is the number of the first line that retention has left.
func (k *keeper) pruned(ctx context.Context) (first uint64, err error) {
	return first, k.Reader.QueryRow(ctx, selectPruned).Scan(&first)
}

// load finds the finished segments between two lines that begin one, and what
// they looked like when their content was last known to be right.
func (k *keeper) load(ctx context.Context, from, to uint64) error {
	if err := k.leftover(from); err != nil {
		return err
	}
	rows, err := k.Reader.Query(ctx, selectEnds, rotated, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var last uint64
		if err := rows.Scan(&last); err != nil {
			return err
		}
		k.add(from, last)
		from = last + 1
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return k.recall(ctx)
}

// leftover finds the files whose lines were pruned while nobody looked.
func (k *keeper) leftover(pruned uint64) error {
	entries, err := os.ReadDir(k.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		var first uint64
		if _, err := fmt.Sscanf(e.Name(), segmentFormat, &first); err == nil && e.Name() == segmentName(first) && first < pruned {
			k.add(first, first)
		}
	}
	return nil
}

func (k *keeper) recall(ctx context.Context) error {
	rows, err := k.Reader.Query(ctx, selectKnown, k.id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var first uint64
		var looks lasting
		if err := rows.Scan(&first, &looks.inode, &looks.size, &looks.changed); err != nil {
			return err
		}
		if s := k.kept[first]; s != nil {
			s.looks = looks
		}
	}
	return rows.Err()
}

// store remembers what a segment looks like beyond this run.
func (k *keeper) store(ctx context.Context, s *finished) error {
	return k.Writer.Apart(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(upsertKnown, k.id, s.first, s.looks.inode, s.looks.size, s.looks.changed)
		return err
	})
}

// forget drops what is remembered of the segments before a line.
func (k *keeper) forget(ctx context.Context, before uint64) error {
	return k.Writer.Apart(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(deleteKnown, k.id, before)
		return err
	})
}
