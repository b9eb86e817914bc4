package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// Retention is how often serve looks whether a day is due; pause is how long
// after one the next may go.
const (
	Retention = time.Hour
	pause     = 23 * time.Hour
)

// portion is how many lines go at once: nobody waits long for the database.
const portion = 500

const (
	selectHeld   = `SELECT pruned FROM head WHERE id = 1`
	selectBegan  = `SELECT at FROM event WHERE seq = $1`
	selectEnd    = `SELECT seq FROM event WHERE event = 'log_rotated' AND ` + seal.Asked + ` AND seq >= $1 AND at < $2 ORDER BY seq LIMIT 1`
	selectTiles  = `SELECT COUNT(*) FROM tile WHERE level = 0 AND n <= $1`
	selectPruned = `SELECT seq, at, line FROM event WHERE event = 'log_pruned' AND ` + seal.Asked + ` ORDER BY seq DESC LIMIT 1`
	// A step that is staged will be a line in a moment; it has no number yet.
	selectStep = `SELECT COALESCE(MIN(step.seq), -1), (SELECT COUNT(*) FROM staged WHERE event = 'sys_clock_step')
		FROM (SELECT seq FROM event WHERE event = 'sys_clock_step' AND ` + seal.Asked + `) AS step
		WHERE 'line:' || CAST(step.seq AS TEXT) NOT IN (
			SELECT target FROM event WHERE event = 'alert_acknowledged' AND ` + seal.Asked + `)`
	updatePruned  = `UPDATE head SET pruned = $1 WHERE id = 1 AND pruned < $1`
	deletePortion = `DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE seq < (SELECT pruned FROM head WHERE id = 1) ORDER BY seq LIMIT $1)`
)

// Pruning is what retention may remove now, or did: at most a day, in whole
// segments.
type Pruning struct {
	event.LogPruned
	// Lines is how many that are; 0, and Why says why none are.
	Lines uint64
	Why   string
	// Standing is how far the line that says so is vouched for, once it is there.
	Standing Standing
}

// asks reads rows, in a transaction or through the reader.
type asks func(q string, args ...any) *sql.Row

func (a *App) asks(ctx context.Context) asks {
	return func(q string, args ...any) *sql.Row { return a.read.QueryRow(ctx, q, args...) }
}

// due finds what retention may remove.
func (a *App) due(ask asks) (p Pruning, err error) {
	if a.keep == 0 {
		return Pruning{Why: "lines are kept for ever (--retention is off)"}, nil
	}
	if p.Why, err = stepped(ask); err != nil || p.Why != "" {
		return p, err
	}
	bound, err := a.bound(ask)
	if err != nil {
		return p, err
	}
	p.Before = event.Stamp(bound)
	last, found, err := p.oneDay(ask, bound)
	if err != nil || !found {
		p.Why = "no whole segment of the log is older than " + p.Before
		return p, err
	}
	// The hashes stay for ever, but those of a tile that is not full are
	// computed from its lines.
	var full uint64
	if err := ask(selectTiles, last/proof.Width).Scan(&full); err != nil {
		return p, err
	}
	if full <= last/proof.Width {
		p.Why = fmt.Sprintf("the hash tile of line %d is not full yet; its lines are still needed", last)
		return p, nil
	}
	p.Last, p.Lines = last, last-p.First+1
	return p, nil
}

// bound is the time before which lines may go: by the setting, and on
// PostgreSQL by what the owner of the tables demands.
func (a *App) bound(ask asks) (time.Time, error) {
	keep := a.keep
	if a.db.Engine() == db.Postgres {
		var micros int64
		if err := ask(db.SelectRetention).Scan(&micros); err != nil {
			return time.Time{}, err
		}
		keep = max(keep, time.Duration(micros)*time.Microsecond)
	}
	return a.Now().Add(-keep), nil
}

// stepped says so if a jump of the clock waits for somebody: a clock that was
// set forward must not remove anything.
func stepped(ask asks) (why string, err error) {
	var seq, staged int64
	if err := ask(selectStep).Scan(&seq, &staged); err != nil {
		return "", err
	}
	switch {
	case seq >= 0:
		return fmt.Sprintf("the clock jumped (line %d); when it is right, say so with: coffer log acknowledge %d", seq, seq), nil
	case staged > 0:
		return "the clock jumped a moment ago", nil
	}
	return "", nil
}

// oneDay finds the last line of the segments that began on the first one's day,
// as far as they ended before the bound.
func (p *Pruning) oneDay(ask asks, bound time.Time) (last uint64, found bool, err error) {
	if err := ask(selectHeld).Scan(&p.First); err != nil {
		return 0, false, err
	}
	day := ""
	for begins := p.First; ; begins = last + 1 {
		var end uint64
		err := ask(selectEnd, begins, bound.UnixMicro()).Scan(&end)
		if errors.Is(err, sql.ErrNoRows) {
			return last, found, nil
		}
		var at int64
		if err == nil {
			err = ask(selectBegan, begins).Scan(&at)
		}
		if err != nil {
			return 0, false, err
		}
		began := time.UnixMicro(at).UTC().Format(time.DateOnly)
		if found && began != day {
			return last, found, nil
		}
		last, found, day = end, true, began
	}
}

// retentionChanged compares the retention with the last start's: that lines go
// sooner is something to know of.
func (a *App) retentionChanged(tx *db.Tx) ([]event.Event, error) {
	now, before := "off", defaultRetention
	if a.keep > 0 {
		now = fmt.Sprint(int(a.keep.Hours()/24), "d")
	}
	err := tx.QueryRow(selectSetting, "retention").Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if now == before {
		return nil, nil
	}
	if _, err := tx.Exec(upsertSetting, "retention", now); err != nil {
		return nil, err
	}
	return []event.Event{event.ConfigChanged{Setting: "retention", From: before, To: now}}, nil
}
