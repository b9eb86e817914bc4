package seal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"coffer/internal/db"
	"coffer/internal/proof"
)

const (
	selectNewest     = `SELECT checkpoint, checkpoint_at FROM head WHERE id = 1`
	updateCheckpoint = `UPDATE head SET checkpoint_size = $1, checkpoint_at = $2, checkpoint = $3
		WHERE id = 1 AND checkpoint_size < $4 AND size >= $5 AND origin = $6`
	insertKept     = `INSERT INTO checkpoint (size, at, kept, note) VALUES ($1, $2, $3, $4) ON CONFLICT (size) DO NOTHING`
	selectKept     = `SELECT size, at, kept, note FROM checkpoint ORDER BY size`
	selectBefore   = `SELECT size, at, kept, note FROM checkpoint WHERE at <= $1 ORDER BY size DESC LIMIT 1`
	selectLastKept = `SELECT (SELECT at FROM checkpoint ORDER BY size DESC LIMIT 1)`

	selectCosignatures = `SELECT line FROM cosignature WHERE size = $1 ORDER BY witness`
	insertCosignature  = `INSERT INTO cosignature (size, witness, at, line) VALUES ($1, $2, $3, $4) ON CONFLICT (size, witness) DO NOTHING`
)

// Kept is a checkpoint that is kept for ever.
type Kept struct {
	Size uint64
	At   time.Time
	// Why is hour for the first of its hour, segment for the end of one, and
	// epoch for the last one under its key.
	Why string
	// Signed is the note, without cosignatures.
	Signed []byte
}

// Why a checkpoint is kept.
const (
	keptHour    = "hour"
	keptSegment = "segment"
	keptEpoch   = "epoch"
)

// newest is the newest checkpoint.
type newest struct {
	signed []byte
	c      proof.Checkpoint
	at     time.Time
}

func (s *Sealer) newest(ctx context.Context) (n newest, err error) {
	var at int64
	if err := s.read.QueryRow(ctx, selectNewest).Scan(&n.signed, &at); err != nil {
		return n, err
	}
	if len(n.signed) == 0 {
		return n, ErrUnsigned
	}
	n.at = time.UnixMicro(at).UTC()
	if n.c, err = proof.Peek(n.signed); err != nil {
		err = ErrGarbled
	}
	return n, err
}

// Checkpoint gives the newest one, with the cosignatures that it has, and when
// it was signed. Before the first it is ErrUnsigned.
func (s *Sealer) Checkpoint(ctx context.Context) (signed []byte, c proof.Checkpoint, at time.Time, err error) {
	n, err := s.newest(ctx)
	if err != nil {
		return nil, c, at, err
	}
	signed, err = s.withCosignatures(ctx, n.c.Size, n.signed)
	return signed, n.c, n.at, err
}

func (s *Sealer) withCosignatures(ctx context.Context, size uint64, signed []byte) ([]byte, error) {
	rows, err := s.read.Query(ctx, selectCosignatures, size)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		signed = append(append(signed, line...), '\n')
	}
	return signed, rows.Err()
}

// Cosigned keeps what a witness signed: its line of the note, without newline.
func (s *Sealer) Cosigned(ctx context.Context, size uint64, witness string, at time.Time, line string) error {
	return s.aside(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertCosignature, size, witness, at.UnixMicro(), line)
		return err
	})
}

// Kept lists the kept checkpoints, the oldest first.
func (s *Sealer) Kept(ctx context.Context) (all []Kept, err error) {
	rows, err := s.read.Query(ctx, selectKept)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		k, err := scanKept(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

// CheckpointBefore gives the newest kept one that was signed by then, with its
// cosignatures; if there is none, ErrUnsigned.
func (s *Sealer) CheckpointBefore(ctx context.Context, at time.Time) (Kept, error) {
	k, err := scanKept(s.read.QueryRow(ctx, selectBefore, at.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return k, ErrUnsigned
	}
	if err != nil {
		return k, err
	}
	k.Signed, err = s.withCosignatures(ctx, k.Size, k.Signed)
	return k, err
}

func scanKept(row scanner) (k Kept, err error) {
	var at int64
	err = row.Scan(&k.Size, &at, &k.Why, &k.Signed)
	k.At = time.UnixMicro(at).UTC()
	return k, err
}

// aside runs a write of the log's own. On SQLite it joins the batch; on
// PostgreSQL it is not SERIALIZABLE, since it would lose to every sealing.
func (s *Sealer) aside(ctx context.Context, fn func(*db.Tx) error) error {
	if s.write.Engine() == db.Postgres {
		return s.write.Apart(ctx, fn)
	}
	return s.write.Do(ctx, func(tx *db.Tx) (any, error) { return nil, fn(tx) })
}
