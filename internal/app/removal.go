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
	var text []byte
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
	for {
		gone, err := a.removeSome(ctx, e.Last)
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
