package app

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog/seal"
)

// The server's times: what a slow client may hold.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	idleTime   = 60 * time.Second
	stopTime   = 5 * time.Second
	copyTime   = 2 * time.Second
	maxHeader  = 16 << 10
)

// Heartbeat is how long the log may be without a line: a log that is older
// belongs to a server that is stopped or frozen.
const Heartbeat = 5 * time.Minute

// Pulse is how often that is looked at.
const Pulse = time.Second / 2

// every makes a job a task: an error is the operator's, told once until it is
// over, and the next time tries again.
func (a *App) every(d time.Duration, name string, fn func(context.Context) error) func(context.Context) error {
	var failing atomic.Bool
	loop := a.Every(d, func(ctx context.Context) {
		err := fn(event.System(ctx, name))
		switch {
		case ctx.Err() != nil:
		case err != nil && !failing.Swap(true):
			slog.Error("a background job failed; it is tried again", "job", name, "err", err)
		case err == nil && failing.Swap(false):
			slog.Info("a background job goes on", "job", name)
		}
	})
	return func(ctx context.Context) error { loop(ctx); return nil }
}

// ticking runs fn at each tick.
func ticking(d time.Duration, fn func(context.Context)) func(context.Context) {
	return func(ctx context.Context) {
		tick := time.NewTicker(d)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				fn(ctx)
			}
		}
	}
}

// errNews is a heartbeat that is not needed: another node was faster.
var errNews = fault.New(fault.Conflict, "The log has a newer line.")

// heartbeat writes a line when none came for Heartbeat. The database is asked
// only once the newest line that is known here is so old.
func (a *App) heartbeat(ctx context.Context) error {
	due := a.Now().Add(-Heartbeat)
	if a.newest.Load() > due.UnixMicro() {
		return nil
	}
	head, err := a.sealer.Head(ctx)
	if err != nil {
		return err
	}
	if a.newest.Store(head.At); head.At > due.UnixMicro() {
		return nil
	}
	err = a.log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		quiet, err := seal.Quiet(tx, due)
		if err == nil && !quiet {
			err = errNews
		}
		return []event.Event{event.LogHeartbeat{}}, err
	})
	if errors.Is(err, errNews) {
		return nil
	}
	return err
}

// clock watches for steps of the wall clock against the monotonic one. Steps of
// a second or less are what keeping time looks like.
type clock struct {
	wall   time.Time
	passed time.Duration
}

// step gives how far the wall clock moved beyond the time that passed.
func (c *clock) step(wall time.Time, passed time.Duration) time.Duration {
	step := wall.Sub(c.wall) - (passed - c.passed)
	c.wall, c.passed = wall, passed
	return step
}

func (a *App) watchClock() func(context.Context) error {
	c := &clock{wall: a.Now().Round(0), passed: a.Passed()} // without the wall's monotonic part
	asked := false
	return func(ctx context.Context) error {
		step := c.step(a.Now().Round(0), a.Passed())
		if !asked {
			back, err := a.setBack(ctx)
			if err != nil {
				return err
			}
			if asked = true; back > time.Second {
				step = -back // as it is now: a step since the start is part of it
			}
		}
		if step.Abs() > time.Second {
			return a.log.Record(ctx, event.ClockStepped{Milliseconds: step.Milliseconds()})
		}
		return nil
	}
}

const selectNode = `SELECT at FROM event WHERE target = $1 AND event IN ('sys_startup', 'sys_shutdown') AND ` + seal.Asked + `
	AND seq < $2 ORDER BY seq DESC LIMIT 1`

// setBack is by how much the clock is behind the newest line about this node
// from before this start: what was set back while nobody watched. How far it was
// set forward nobody can tell.
func (a *App) setBack(ctx context.Context) (back time.Duration, err error) {
	var at int64
	err = a.read.QueryRow(ctx, selectNode, "node:"+a.node, a.from).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return max(0, time.UnixMicro(at).Sub(a.Now())), err
}
