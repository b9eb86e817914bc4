package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"coffer/internal/event"
)

// The server's times: what a slow client may hold.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	idleTime   = 60 * time.Second
	stopTime   = 5 * time.Second
	maxHeader  = 16 << 10
)

// Heartbeat is how long the log may be without a line: a log that is older
// belongs to a server that is stopped or frozen.
const Heartbeat = 5 * time.Minute

func (a *App) serve(ctx context.Context) error {
	srv := &http.Server{
		Handler: a.web, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(a.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := srv.Shutdown(down); err != nil {
		return errors.Join(err, srv.Close())
	}
	return nil
}

// every runs fn at each tick until ctx ends; an error is the operator's, and
// the next tick tries again.
func (a *App) every(d time.Duration, name string, fn func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		tick := a.Tick(d)
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick:
				if err := fn(event.System(ctx, name)); err != nil && ctx.Err() == nil {
					slog.Error("a background job failed", "job", name, "err", err)
				}
			}
		}
	}
}

// heartbeat writes a line when none came for Heartbeat.
func (a *App) heartbeat(ctx context.Context) error {
	head, err := a.sealer.Head(ctx)
	if err != nil || a.Now().Sub(time.UnixMicro(head.At)) < Heartbeat {
		return err
	}
	return a.log.Record(ctx, event.LogHeartbeat{})
}

// clock watches for steps of the wall clock against the monotonic one. Steps of
// a second or less are what keeping time looks like.
type clock struct{ last time.Time }

// step gives how far the wall clock moved beyond the time that passed.
func (c *clock) step(now time.Time) time.Duration {
	if c.last.IsZero() {
		c.last = now
	}
	passed := now.Sub(c.last)                  // monotonic
	shown := now.Round(0).Sub(c.last.Round(0)) // wall
	c.last = now
	return shown - passed
}

func (a *App) watchClock() func(context.Context) error {
	c := &clock{last: time.Now()}
	return func(ctx context.Context) error {
		if step := c.step(time.Now()); step.Abs() > time.Second {
			return a.log.Record(ctx, event.ClockStepped{Milliseconds: step.Milliseconds()})
		}
		return nil
	}
}
