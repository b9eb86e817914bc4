package seal

import (
	"context"
	"fmt"

	"coffer/internal/db"
	"coffer/internal/proof"
)

const (
	clearRoot      = `UPDATE head SET root = '' WHERE id = 1`
	deleteBeyond   = `DELETE FROM tile WHERE (n + 1) * $1 > $2 AND level = $3`
	upsertTile     = `INSERT INTO tile (level, n, root, hashes) VALUES ($1, $2, $3, $4) ON CONFLICT (level, n) DO UPDATE SET root = excluded.root, hashes = excluded.hashes`
	selectExtent   = `SELECT COUNT(*), COALESCE(MAX(seq), -1) + 1, COALESCE(MAX(at), 0) FROM event WHERE seq >= $1`
	selectPruned   = `SELECT pruned FROM head WHERE id = 1`
	selectRotated  = `SELECT COALESCE(MAX(seq), -1) + 1 FROM event WHERE event = 'log_rotated' AND ` + Asked
	selectBegun    = `SELECT COALESCE(MIN(at), 0) FROM event WHERE seq = $1`
	rebaseHead     = `UPDATE head SET size = $1, at = $2, segment = $3, segment_bytes = $4, segment_day = $5, root = $6 WHERE id = 1`
	deleteCosigned = `DELETE FROM cosignature WHERE size > $1`
	renameHead     = `UPDATE head SET origin = $1, checkpoint_size = 0, checkpoint_at = 0, checkpoint = '' WHERE id = 1`
)

// Rebase makes head and tree what the lines at hand are, whatever they were:
// a step of a new epoch, with nobody else at work. Whether they are what was
// signed is not its question. Lines that are missing from the middle cannot be
// gone on from.
func (s *Sealer) Rebase(ctx context.Context) (head Head, err error) {
	err = s.write.Apart(ctx, func(tx *db.Tx) error {
		var r rebase
		if err := r.measure(tx); err != nil {
			return err
		}
		if _, err := tx.Exec(clearRoot); err != nil { // lets the tree be written again
			return err
		}
		for level := range 7 {
			if _, err := tx.Exec(deleteBeyond, int64(1)<<(8*(level+1)), r.head.Size, level); err != nil {
				return err
			}
		}
		if err := r.grow(tx); err != nil {
			return err
		}
		head = r.head
		_, err := tx.Exec(rebaseHead, head.Size, head.At, head.Segment, head.Bytes, head.Day, head.Root[:])
		return err
	})
	return head, err
}

// rebase is a head in the making.
type rebase struct {
	head  Head
	first uint64 // line that is still held
}

// measure reads what the lines say about the head.
func (r *rebase) measure(tx *db.Tx) error {
	var count uint64
	if err := tx.QueryRow(selectPruned).Scan(&r.first); err != nil {
		return err
	}
	h := &r.head
	if err := tx.QueryRow(selectExtent, r.first).Scan(&count, &h.Size, &h.At); err != nil {
		return err
	}
	if h.Size = max(h.Size, r.first); count != h.Size-r.first {
		return fmt.Errorf("lines are missing from the middle of the log: of those from number %d to %d the database has %d", r.first, h.Size, count)
	}
	if err := tx.QueryRow(selectRotated).Scan(&h.Segment); err != nil {
		return err
	}
	h.Segment = max(h.Segment, r.first)
	var at int64
	if err := tx.QueryRow(selectBegun, h.Segment).Scan(&at); err != nil {
		return err
	}
	if at > 0 {
		h.Day = day(at)
	}
	return eachLine(tx.Query, h.Segment, h.Size, func(line []byte) { h.Bytes += int64(len(line)) + 1 })
}

// grow writes the tree again, from the tiles of what is pruned and the lines
// that are held.
func (r *rebase) grow(tx *db.Tx) error {
	edge, err := edgeAt(tx.Query, r.first-r.first%proof.Width)
	if err != nil {
		return err
	}
	for edge.Size() < r.head.Size {
		hashes, err := r.leaves(tx, edge.Size())
		if err != nil {
			return err
		}
		for ; len(hashes) > 0; hashes = hashes[len(proof.Hash{}):] {
			edge.AppendHash(proof.Hash(hashes[:len(proof.Hash{})]))
		}
		for _, t := range edge.Full() {
			root := t.Root()
			if _, err := tx.Exec(upsertTile, t.Level, t.N, root[:], t.Hashes); err != nil {
				return err
			}
		}
	}
	r.head.Root = edge.Root()
	return nil
}

// leaves gives the next leaf hashes, at most a tile of them. Where a tile is
// pruned in part, that part is taken as it is stored.
func (r *rebase) leaves(tx *db.Tx, from uint64) (hashes []byte, err error) {
	to := min(from+proof.Width, r.head.Size)
	if from < r.first {
		if hashes, err = tileOf(tx.Query, 0, from/proof.Width, int(r.first-from)); err != nil {
			return nil, err
		}
		hashes, from = append([]byte(nil), hashes...), r.first
	}
	err = eachLine(tx.Query, from, to, func(line []byte) {
		h := proof.Leaf(line)
		hashes = append(hashes, h[:]...)
	})
	return hashes, err
}

// Rename gives the log the name of a new epoch, within the transaction that
// says so. What was signed under the old name is the newest no more, but for
// the last good checkpoint, which is kept; and what witnesses signed beyond that
// is not of the checkpoints that will have those sizes.
func Rename(tx *db.Tx, origin string, last proof.Checkpoint, signed []byte) error {
	if _, err := tx.Exec(renameHead, origin); err != nil {
		return err
	}
	if _, err := tx.Exec(deleteCosigned, last.Size); err != nil {
		return err
	}
	if len(signed) == 0 {
		return nil
	}
	_, err := tx.Exec(insertKept, last.Size, tx.Now.UnixMicro(), keptEpoch, string(signed))
	return err
}
