package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// verifiedSetting is when the newest round ended that found nothing, and
// brokenSetting how much has been found since; so a verdict outlives a restart,
// and every node knows it.
const verifiedSetting, brokenSetting = "verified", "verify_failures"

// lateRound is how old that may be.
const lateRound = 48 * time.Hour

// verified is the change that records such a round.
func verified(e event.LogVerified) seclog.Change {
	return func(tx *db.Tx) ([]event.Event, error) {
		_, err := tx.Exec(upsertSetting, verifiedSetting, strconv.FormatInt(tx.Now.UnixMicro(), 10))
		if err == nil {
			_, err = tx.Exec(upsertSetting, brokenSetting, "0")
		}
		return []event.Event{e}, err
	}
}

// broken is the change that records so many findings.
func broken(findings int, events ...event.Event) seclog.Change {
	return func(tx *db.Tx) ([]event.Event, error) {
		_, err := tx.Exec(upsertSetting, brokenSetting, strconv.Itoa(findings))
		return events, err
	}
}

// verifiedAt is when the log was last found to be whole, by whichever node or
// command; zero if never.
func (a *App) verifiedAt(ctx context.Context) (at time.Time, err error) {
	micros, known, err := a.counted(ctx, verifiedSetting)
	if known {
		at = time.UnixMicro(micros)
	}
	return at, err
}

// counted is a setting that is a number.
func (a *App) counted(ctx context.Context, name string) (n int64, known bool, err error) {
	var text string
	err = a.read.QueryRow(ctx, selectSetting, name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err == nil {
		n, err = strconv.ParseInt(text, 10, 64)
	}
	return n, err == nil, err
}

// forged reports whether the newest checkpoint is not of the log's own key. That
// the tree leads to it, a round has seen.
func (a *App) forged(ctx context.Context) (yes bool, err error) {
	signed, c, _, err := a.sealer.Checkpoint(ctx)
	if errors.Is(err, seal.ErrUnsigned) || errors.Is(err, seal.ErrGarbled) {
		return false, nil // the round has told of the latter
	}
	if err != nil {
		return false, err
	}
	v, _, err := a.verifier(c.Origin)
	if err != nil {
		return true, nil // a name that no log of ours can have
	}
	_, _, err = proof.Open(signed, v)
	return err != nil, nil
}

// age is how long ago the log was last found to be whole; before the first
// time, how long this server has run.
func (c *selfcheck) age(ctx context.Context) (time.Duration, error) {
	at, err := c.verifiedAt(ctx)
	if at.IsZero() {
		at = c.began
	}
	return max(0, c.Now().Sub(at)), err
}

// mostStuck is how many errors may be another time's.
const mostStuck = 6

// note remembers that the look goes on, or why not.
func (c *selfcheck) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stuck++; err == nil {
		c.stuck = 0
	}
	c.why = err
}

// lateCheck says what is wrong with the log, or with looking through it. A server
// that was stopped for long has just begun to.
func (c *selfcheck) lateCheck(ctx context.Context) (out []string) {
	if n := c.failures(ctx); n > 0 {
		out = append(out, fmt.Sprintf("the log in the database is not what was sealed (%d findings): see log_verify_fail", n))
	}
	c.mu.Lock()
	stuck, why := c.stuck, c.why
	c.mu.Unlock()
	if stuck >= mostStuck {
		out = append(out, fmt.Sprintf("the log cannot be looked through (%v); coffer log verify says more", why))
	}
	age, err := c.age(ctx)
	if age = min(age, c.Now().Sub(c.began)); err == nil && age > lateRound {
		out = append(out, fmt.Sprintf("the log has not been verified for %d h", int(age.Hours())))
	}
	return out
}

// known is how much the round before found, or the one under way.
func (c *selfcheck) known() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.found, c.last)
}

// failures is how much is known to be wrong: to this process, or by what any
// has recorded since the log was last found to be whole. What this one found
// before that is past.
func (c *selfcheck) failures(ctx context.Context) int {
	n := c.known()
	at, err := c.verifiedAt(ctx)
	recorded, _, errRecorded := c.counted(ctx, brokenSetting)
	if err != nil || errRecorded != nil {
		return n // the database does not answer, which is told elsewhere
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.when) {
		n = c.found
	}
	return max(n, int(recorded))
}
