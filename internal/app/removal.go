package app

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog/seal"
)

// errLess is a range that shrank between looking and deciding.
var errLess = fault.New(fault.Conflict, "There is nothing to prune any more.")

// announce is the change that says what goes, decided once more where nobody
// can interfere.
func (a *App) announce(ctx context.Context, p *Pruning) func(*db.Tx) ([]event.Event, error) {
	return func(tx *db.Tx) (events []event.Event, err error) {
		if *p, err = a.due(tx.QueryRow); err != nil {
			return nil, err
		}
		if p.Lines == 0 {
			return nil, errLess
		}
		if p.Edge, err = a.sealer.PeaksAt(ctx, p.Last+1); err != nil {
			return nil, err
		}
		return []event.Event{p.LogPruned}, nil
	}
}

// announced is the newest log_pruned line.
func (a *App) announced(ctx context.Context) (e event.LogPruned, seq uint64, at time.Time, err error) {
	var micros int64
	var text seal.Text
	err = a.asks(ctx)(selectPruned).Scan(&seq, &micros, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return e, 0, at, nil
	}
	if err != nil {
		return e, 0, at, err
	}
	line, err := event.Parse(text)
	if err != nil {
		return e, 0, at, err
	}
	what, err := line.Decode()
	e, _ = what.(event.LogPruned)
	return e, seq, time.UnixMicro(micros), err
}

// remove removes what the newest log_pruned line announced, once that line is
// signed: after a crash between the two it goes on here.
func (a *App) remove(ctx context.Context) (done bool, err error) {
	e, seq, at, err := a.announced(ctx)
	if err != nil || at.IsZero() {
		return err == nil, err
	}
	if _, c, _, err := a.sealer.Checkpoint(ctx); err != nil || c.Size <= seq {
		return false, err
	}
	for removed := false; ; removed = true {
		gone, err := a.removeSome(ctx, e.Last)
		if err == nil && gone == 0 && removed {
			err = a.forget(ctx, (e.Last+1)/seal.Block)
		}
		if err != nil || gone == 0 {
			return err == nil, err
		}
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-time.After(10 * time.Millisecond): // for others
		}
	}
}

// removeSome moves the mark and removes a portion of what is below it.
func (a *App) removeSome(ctx context.Context, last uint64) (gone int64, err error) {
	err = a.write.Apart(ctx, func(tx *db.Tx) (err error) {
		if a.write.Engine() == db.Postgres {
			return tx.QueryRow(db.SelectPrune, last, portion).Scan(&gone)
		}
		if _, err := tx.Exec(updatePruned, last+1); err != nil {
			return err
		}
		gone, err = tx.Exec(deletePortion, portion)
		return err
	})
	return gone, err
}

const (
	selectForgotten = `SELECT name, block FROM mention WHERE (name, block) > ($1, $2) AND block < $3 ORDER BY name, block LIMIT $4`
	deleteForgotten = `DELETE FROM mention WHERE name = $1 AND block = $2`
)

// forget takes the names that only removed lines mention out of the index, in
// portions, since it is in the order of names. On PostgreSQL the owner's
// function did.
func (a *App) forget(ctx context.Context, below uint64) error {
	name, block := "", int64(-1)
	for a.write.Engine() == db.SQLite {
		keys, err := a.forgotten(ctx, name, block, below)
		if err != nil || len(keys) == 0 {
			return err
		}
		last := keys[len(keys)-1]
		name, block = last.name, last.block
		err = a.write.Apart(ctx, func(tx *db.Tx) error {
			for _, k := range keys {
				if _, err := tx.Exec(deleteForgotten, k.name, k.block); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

type mentionKey struct {
	name  string
	block int64
}

func (a *App) forgotten(ctx context.Context, name string, block int64, below uint64) (keys []mentionKey, err error) {
	rows, err := a.read.Query(ctx, selectForgotten, name, block, below, portion)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var k mentionKey
		if err := rows.Scan(&k.name, &k.block); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// retain is serve's part: a day at most, and once a day.
func (a *App) retain(ctx context.Context) error {
	if done, err := a.remove(ctx); err != nil || !done {
		return err
	}
	_, _, at, err := a.announced(ctx)
	if err != nil || a.Now().Sub(at) < pause {
		return err
	}
	p, err := a.due(a.asks(ctx))
	if err != nil || p.Lines == 0 {
		return err
	}
	signed, err := a.log.CommitSealed(ctx, a.announce(ctx, &p))
	if errors.Is(err, errLess) {
		return nil // another node was faster
	}
	if err != nil || !signed {
		return err // signed or not, the next look goes on from the line
	}
	if _, err := a.remove(ctx); err != nil {
		return err
	}
	slog.Info("retention removed lines from the log", "first", p.First, "last", p.Last, "before", p.Before)
	return nil
}
