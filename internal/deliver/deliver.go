// Package deliver carries the sealed log to receivers elsewhere: syslog over
// TCP or TLS, an OTLP/HTTP collector, a webhook. Each delivery follows the log
// by index, and its position moves only when the receiver has acknowledged, so
// every line arrives at least once, in order; after a break some arrive twice,
// which their numbers show. A line that a receiver will not take is never
// stepped over: it holds the delivery up, and that is told.
//
// A delivery holds up nobody else: it reads what is sealed, in its own
// goroutine, one bounded batch at a time. Unsolved: plain syslog has no
// acknowledgement, so what a receiver's system took and its program lost is lost.
package deliver

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// What one batch holds at most.
const (
	maxLines = 512
	maxBytes = 1 << 20
)

// window is how many lines may be on their way without an acknowledgement.
const window = 64 * maxLines

// Config is what New needs.
type Config struct {
	Target Target
	Sealer *seal.Sealer
	Reader *db.Reader
	Log    *seclog.Log
	// Holder is this process among the nodes, and the same after a restart.
	Holder string
	// From is the line that a delivery begins with which has no position yet.
	From uint64
	// Pace is how patient it is; zero is Standard.
	Pace Pace
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Delivery is one receiver's.
type Delivery struct {
	Config
	to    receiver
	alone bool // no other process can deliver: the database is a file of this one
	lease lease

	next, stored, sent uint64 // acknowledged, of that stored, and on its way: all before it
	storedAt           time.Time
	limit              int // lines in a batch: fewer while one is refused
	trouble            trouble
	blind              bool // the log could not be read

	mu     sync.Mutex
	status Status
}

// New makes a delivery that Run carries out.
func New(c Config) *Delivery {
	if c.Pace == (Pace{}) {
		c.Pace = Standard
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	d := &Delivery{Config: c, limit: maxLines, alone: c.Reader.Engine() == db.SQLite}
	d.to = c.Target.open(c.Pace, c.Now)
	d.status = Status{Name: c.Target.Name, Receiver: c.Target.Receiver, Next: c.From}
	return d
}

// Run delivers until ctx ends. What is under way then is given a moment; what
// comes after is Finish's.
func (d *Delivery) Run(ctx context.Context) error {
	ctx = event.System(ctx, "deliver")
	for ctx.Err() == nil {
		if held, err := d.hold(ctx); err != nil || !held {
			d.see("the position cannot be read", err)
			wait(ctx, nil, d.Pace.Lease/30)
			continue
		}
		d.blind = false
		d.follow(ctx)
	}
	return nil
}

// follow delivers while this process holds the lease.
func (d *Delivery) follow(ctx context.Context) {
	for ctx.Err() == nil {
		more := d.Sealer.More()
		idle, err := d.step(ctx)
		d.note()
		switch {
		case errors.Is(err, errLost):
			d.to.reset()
			return
		case err != nil:
			d.see("the log cannot be followed", err)
			wait(ctx, nil, d.Pace.Store)
		case d.trouble.attempts > 0:
			if err := d.hesitate(ctx); err != nil {
				d.to.reset()
				return
			}
		case idle && d.sent > d.next:
			wait(ctx, more, d.Pace.Settle/4) // for the acknowledgement
		case idle:
			wait(ctx, more, d.Pace.Store)
		}
	}
}

// step makes one attempt. An error is of the log or the lease, not the
// receiver's: that is trouble's. idle says that there was nothing to send.
func (d *Delivery) step(ctx context.Context) (idle bool, err error) {
	if err := d.keep(ctx); err != nil {
		return false, err
	}
	began := time.Now()
	idle, err = d.send(ctx)
	if failed, ok := errors.AsType[*failure](err); ok {
		return false, d.failed(ctx, began, failed)
	}
	if err != nil {
		return false, err
	}
	d.blind = false
	next, err := d.to.confirmed()
	if next > d.next {
		d.next = next
		if err == nil {
			return idle, d.went(ctx)
		}
	}
	if err != nil {
		return false, d.failed(ctx, began, fail(err))
	}
	return idle, d.recover(ctx)
}

// send hands over one batch, if there is one and the window has room.
func (d *Delivery) send(ctx context.Context) (idle bool, err error) {
	if d.sent >= d.next+window {
		return true, nil
	}
	lines, err := d.Sealer.Lines(ctx, d.sent, d.limit)
	if err != nil {
		return true, d.skip(ctx, err)
	}
	if len(lines) == 0 {
		return true, nil
	}
	lines = upTo(lines, maxBytes)
	attempt, done := d.attempt(ctx)
	defer done()
	if err := d.to.send(attempt, lines); err != nil {
		return false, fail(err)
	}
	d.sent = lines[len(lines)-1].Seq + 1
	return false, nil
}

// upTo cuts a batch to so many bytes, but never to nothing.
func upTo(lines []seal.Line, bytes int) []seal.Line {
	for i, l := range lines {
		if bytes -= len(l.Text) + 1; bytes < 0 && i > 0 {
			return lines[:i]
		}
	}
	return lines
}

// see tells the operator once of an error that is not the receiver's.
func (d *Delivery) see(what string, err error) {
	if err != nil && !d.blind {
		d.blind = true
		slog.Warn("a delivery waits", "delivery", d.Target.Name, "what", what, "err", err)
	}
}
