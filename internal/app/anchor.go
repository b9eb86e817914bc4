package app

import (
	"context"
	"errors"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// Anchor is how often it is looked at whether log_checkpoint is due, and
// anchorLines after how many lines it is, within the hour.
const (
	Anchor      = 2 * time.Second
	anchorLines = 10_000
)

const selectAnchor = `SELECT seq, COALESCE(CAST(at AS BIGINT), 0) FROM event WHERE event = 'log_checkpoint' AND ` + seal.Asked + ` ORDER BY seq DESC LIMIT 1`

// anchor writes the newest checkpoint into the log itself when it is due: at
// the first lines of an hour, and after many. One node does it.
func (a *App) anchor() func(context.Context) error {
	var last struct {
		seq uint64
		at  time.Time
	}
	known := false
	return func(ctx context.Context) error {
		if !a.sealer.Holds() {
			known = false
			return nil
		}
		if !known {
			seq, at, err := a.lastAnchor(ctx)
			if err != nil {
				return err
			}
			last.seq, last.at, known = seq, at, true
		}
		size, _ := a.sealer.Signed()
		hour := a.Now().Truncate(time.Hour).After(last.at)
		if size <= last.seq+1 || !hour && size-last.seq < anchorLines {
			return nil
		}
		if err := a.writeAnchor(ctx); err != nil {
			return err
		}
		last.seq, last.at = size, a.Now()
		return nil
	}
}

// lastAnchor finds the newest log_checkpoint; before the first, the log's
// beginning counts, which is this run's.
func (a *App) lastAnchor(ctx context.Context) (seq uint64, at time.Time, err error) {
	rows, err := a.read.Query(ctx, selectAnchor)
	if err != nil {
		return 0, at, err
	}
	defer rows.Close()
	at = a.Now()
	if rows.Next() {
		var micro int64
		err = rows.Scan(&seq, &micro)
		at = time.UnixMicro(micro)
	}
	return seq, at, errors.Join(err, rows.Err())
}

func (a *App) writeAnchor(ctx context.Context) error {
	signed, c, _, err := a.sealer.Checkpoint(ctx)
	if err != nil {
		return err
	}
	e := event.LogCheckpoint{Size: c.Size, Origin: c.Origin, Root: c.Root.String(), Signature: proof.Signature(signed)}
	return a.log.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return []event.Event{e}, nil })
}
