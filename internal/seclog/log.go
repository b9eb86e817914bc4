// Package seclog is the log's front and the only room that commits: a change of
// state and its events go into one transaction, or neither does. It holds the
// flood control that keeps strangers from filling the log, and the gate that
// stops all writing while security.log cannot follow. It does not know what
// happened; the events say so.
package seclog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog/seal"
)

// Deadline is how long a commit may take. It starts when the commit does and
// does not end with the visitor's connection: hanging up erases nothing.
const Deadline = 2 * time.Second

// Sorry is what the visitor reads when nothing could be written.
const Sorry = "Nothing was changed. Please try again in a moment."

var (
	errNoEvent  = errors.New("a change without an event")
	errNoOrigin = errors.New("no origin in the context: a background job must name itself")
	errTouch    = errors.New("a silent write that is not on the list")
)

// touchable are the writes that are nobody's business: they change nothing that
// anybody could be accountable for.
var touchable = []string{"session.seen", "session.purge", "session.half", "session.pending", "factor.forget", "throttle.forget", "log.probe", "deliver.cursor", "query.rolled", "witness.old"}

// Config is what New needs.
type Config struct {
	Writer *db.Writer
	// Sealer says when a commit is signed; nil, and none ever is.
	Sealer *seal.Sealer
	Maker  event.Maker
	Flood  Flood
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Log takes changes together with their events.
type Log struct {
	write  *db.Writer
	sealer *seal.Sealer
	maker  event.Maker
	flood  *flood
	gate   gate
	stuck  atomic.Pointer[error] // the write that failed, if none succeeded since
	short  atomic.Pointer[error] // why only records are taken, if so
	now    func() time.Time

	// Witnessed waits until witnesses vouch for so many lines, or ctx ends; nil,
	// and CommitSealed waits for the log's own signature only. Set it before the
	// first commit.
	Witnessed func(ctx context.Context, size uint64) error
}

// New makes the log's front.
func New(c Config) *Log {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Log{write: c.Writer, sealer: c.Sealer, maker: c.Maker, now: c.Now, flood: newFlood(c.Flood, c.Now)}
}

// Change is the work of a commit: it changes rows through tx and says which
// events that makes. It must be pure apart from tx, for it may run twice.
type Change func(tx *db.Tx) ([]event.Event, error)

// Commit makes the change and its events durable together. An error means that
// nothing was changed, apart from the rare Unavailable that says the outcome is
// unknown. A change without an event is refused.
func (l *Log) Commit(ctx context.Context, change Change) error {
	_, err := l.do(ctx, change, l.whole)
	return err
}

// CommitSealed commits and waits until a checkpoint covers the events, and where
// a quorum of witnesses is set until they signed it too, for what nobody may
// deny later. Where a signature is late, that is reported, and the change is
// made all the same.
func (l *Log) CommitSealed(ctx context.Context, change Change) (signed bool, err error) {
	st, err := l.do(ctx, change, l.whole)
	if err != nil || l.sealer == nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Deadline)
	defer cancel()
	if !l.sealer.Await(ctx, st) {
		return false, nil
	}
	if l.Witnessed == nil {
		return true, nil
	}
	size, _ := l.sealer.Signed()
	return l.Witnessed(ctx, size) == nil, nil
}

func atLeastOne(recs []event.Record) ([]event.Record, error) {
	if len(recs) == 0 {
		return nil, errNoEvent
	}
	return recs, nil
}

// Refuse makes a refusal durable with the counter that it moves. Flood control
// may sum its events up instead; the counter moves all the same.
func (l *Log) Refuse(ctx context.Context, change Change) error {
	sieve := l.flood.sieve()
	_, err := l.do(ctx, change, func(recs []event.Record) ([]event.Record, error) { return sieve(recs), nil })
	return err
}

// Record makes a refusal durable that moves no counter. What flood control sums
// up costs no transaction.
func (l *Log) Record(ctx context.Context, events ...event.Event) error {
	if err := l.gate.check(); err != nil {
		return err
	}
	recs, err := l.records(ctx, events)
	if err != nil {
		return err
	}
	if recs = l.flood.sieve()(recs); len(recs) == 0 {
		return nil
	}
	_, err = l.write1(ctx, func(*db.Tx) (any, error) { return staged(recs), nil })
	return err
}

// Touch writes what makes no event; what names it in the list of such writes.
func (l *Log) Touch(ctx context.Context, what string, fn func(*db.Tx) error) error {
	if !slices.Contains(touchable, what) {
		return fmt.Errorf("%w: %s", errTouch, what)
	}
	_, err := l.write1(ctx, func(tx *db.Tx) (any, error) { return nil, fn(tx) })
	return err
}

type filter func([]event.Record) ([]event.Record, error)

func (l *Log) do(ctx context.Context, change Change, keep filter) (*seal.Staged, error) {
	if err := l.gate.check(); err != nil {
		return nil, err
	}
	return l.write1(ctx, func(tx *db.Tx) (any, error) {
		events, err := change(tx)
		if err != nil {
			return nil, err
		}
		recs, err := l.records(ctx, events)
		if err != nil {
			return nil, err
		}
		if recs, err = keep(recs); err != nil {
			return nil, err
		}
		return staged(recs), nil
	})
}

// write1 runs one transaction to its end, whatever becomes of the visitor, and
// gives what it staged.
func (l *Log) write1(ctx context.Context, fn func(*db.Tx) (any, error)) (last *seal.Staged, err error) {
	receipt := receiptOf(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Deadline)
	defer cancel()
	if l.sealer != nil {
		l.sealer.Yield(ctx)
	}
	err = l.noted(l.write.Do(ctx, func(tx *db.Tx) (any, error) {
		res, err := fn(tx)
		last, _ = res.(*seal.Staged)
		return res, err
	}))
	if err == nil && receipt != nil && last != nil {
		receipt.Commit, receipt.First, receipt.Numbered = last.Commit, last.First, last.Sealed
	}
	return last, err
}

func (l *Log) records(ctx context.Context, events []event.Event) ([]event.Record, error) {
	origin, ok := event.From(ctx)
	if !ok {
		return nil, errNoOrigin
	}
	recs, at := make([]event.Record, len(events)), l.now() // one commit, one time
	for i, e := range events {
		rec, err := l.maker.Record(origin, at, e)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, Sorry, err)
		}
		recs[i] = rec
	}
	return recs, nil
}

func staged(recs []event.Record) *seal.Staged {
	return &seal.Staged{Commit: seal.NewCommit(), Records: recs}
}
