package db

import (
	"context"
	"errors"
)

// Writer is the right to change the database.
type Writer struct {
	engine Engine
	by     transactor
	hooks  *Hooks
}

// transactor is what differs between the engines.
type transactor interface {
	do(ctx context.Context, fn func(*Tx) (any, error)) error
	apart(ctx context.Context, fn func(*Tx) error) error
	close() error
}

// Hooks let the log take part in every transaction without db knowing it.
// They are set once, before the first Do.
type Hooks struct {
	// Before runs last in the transaction, with the results of its members
	// that succeeded, in order; on PostgreSQL that is one. committed, which may
	// be nil, is called after a successful commit and before the members are
	// answered. Like a closure, Before may run again after an attempt that failed.
	Before func(tx *Tx, results []any) (committed func(), err error)
	// Outcome tells whether a PostgreSQL transaction is there whose commit
	// got no answer. Its connection is gone when it is asked.
	Outcome func(ctx context.Context, r *Reader, results []any) (committed bool, err error)
	// Fatal is called when a sync failed. Nothing is written afterwards:
	// trying again would report success falsely.
	Fatal func(error)
}

// Engine is which database is behind.
func (w *Writer) Engine() Engine { return w.engine }

// SetHooks sets the hooks.
func (w *Writer) SetHooks(h Hooks) { *w.hooks = h }

// Do runs fn in a transaction that also runs the Before hook with fn's
// result. When it returns nil, all of it is on disk; else nothing is.
//
// fn is pure: it may run twice, on another goroutine, and its effects outside
// tx are its own affair. It returns or panics (t.Fatal in it does neither). An error of fn leaves nothing behind; a *fault.Error
// or a constraint error costs the others that share the sync nothing, any
// other makes each of them run again alone. A panic of fn reaches the caller
// as a *Panic. A ctx that is done before fn is admitted means that it does
// not run; afterwards the caller waits for the outcome.
func (w *Writer) Do(ctx context.Context, fn func(*Tx) (any, error)) error {
	return w.by.do(ctx, fn)
}

// Apart runs fn in a transaction of its own, without the hook: READ COMMITTED
// on PostgreSQL, between the batches on SQLite.
func (w *Writer) Apart(ctx context.Context, fn func(*Tx) error) error {
	return w.by.apart(ctx, fn)
}

// Close finishes what was admitted, refuses the rest and lets the database go.
func (w *Writer) Close() error { return w.by.close() }

// before runs the hook under recover: it runs where a panic would take the
// process with it.
func (h *Hooks) before(tx *Tx, results []any) (committed func(), err error) {
	if h.Before == nil {
		return nil, nil
	}
	o := guard(tx, func(tx *Tx) (any, error) {
		var err error
		committed, err = h.Before(tx, results)
		return nil, err
	})
	if o.panic != nil {
		return nil, o.panic
	}
	return committed, o.err
}

// beforeFunc is the hook as the engines call it.
type beforeFunc = func(*Tx, []any) (committed func(), err error)

// noHook is the hook of a transaction that has none.
func noHook(*Tx, []any) (func(), error) { return nil, nil }

// refused is the outcome where the hook or the commit may have failed.
func refused(o outcome, err error) outcome {
	if p, ok := errors.AsType[*Panic](err); ok {
		return outcome{panic: p}
	}
	switch {
	case err == nil:
		return o
	case syncFailed(err):
		return outcome{err: unknown(err)}
	}
	return outcome{err: unavailable(err)}
}
