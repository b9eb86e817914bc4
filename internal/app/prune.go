package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog/seal"
)

const (
	selectLevel = `SELECT event, line FROM event WHERE seq = $1`
	selectSeen  = `SELECT COUNT(*) FROM event WHERE target = $1 AND event = 'alert_acknowledged' AND ` + seal.Asked
)

// ErrUnsigned is a removal that waits for a signature.
var ErrUnsigned = errors.New("the removal is announced in the log, and not signed yet; it goes on once coffer serve has signed it")

// Prunable says what Prune would remove.
func (d *Desk) Prunable(ctx context.Context) (Pruning, error) { return d.app.due(d.app.asks(ctx)) }

// Prune removes what is older than the retention, a day at most: the line that
// says so first, and when that is signed, the lines and their files.
func (d *Desk) Prune(ctx context.Context) (Pruning, error) {
	a := d.app
	if done, err := a.remove(ctx); err != nil || !done { // what an earlier one left
		return Pruning{}, errors.Join(err, unsigned(done || err != nil))
	}
	p, err := d.Prunable(ctx)
	if err != nil || p.Lines == 0 {
		return p, err
	}
	if err := d.Commit(ctx, a.announce(ctx, &p)); err != nil {
		return p, err
	}
	// Signed it must be; witnesses that are away keep no line from going.
	p.Standing = d.standing(ctx)
	done, err := a.remove(ctx)
	if err != nil || !done {
		return p, errors.Join(err, unsigned(done || err != nil))
	}
	release, err := d.takeOver(ctx) // where nobody serves, the files go now
	if err != nil {
		return p, err
	}
	return p, release()
}

func unsigned(signed bool) error {
	if signed {
		return nil
	}
	return ErrUnsigned
}

// Acknowledge writes down that somebody has seen to a line that waits for a
// person; again reports that this was said before.
func (d *Desk) Acknowledge(ctx context.Context, seq uint64) (what string, again bool, err error) {
	err = d.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		e := event.AlertAcknowledged{Line: seq}
		var line seal.Text
		err := tx.QueryRow(selectLevel, seq).Scan(&e.Event, &line)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil, fault.New(fault.NotFound, fmt.Sprintf("the log has no line %d", seq))
		case err != nil:
			return nil, err
		}
		switch l, err := event.Parse(line); {
		case err != nil:
			return nil, err
		case l.Level == string(event.Info):
			return nil, fault.New(fault.Invalid, fmt.Sprintf("line %d is %s, which waits for nobody", seq, e.Event))
		}
		what = e.Event
		var seen int
		if err := tx.QueryRow(selectSeen, fmt.Sprint("line:", seq)).Scan(&seen); err != nil {
			return nil, err
		}
		if seen > 0 {
			return nil, errSeen
		}
		return []event.Event{e}, nil
	})
	if errors.Is(err, errSeen) {
		return what, true, nil
	}
	return what, false, err
}

var errSeen = fault.New(fault.Conflict, "That line was acknowledged before.")
