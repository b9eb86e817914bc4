package seclog

import (
	"context"
	"sync/atomic"

	"coffer/internal/db"
	"coffer/internal/fault"
)

// gate is closed while security.log cannot follow the database: writing on
// would promise a line that nobody can read.
type gate struct{ why atomic.Pointer[error] }

func (g *gate) check() error {
	if why := g.why.Load(); why != nil {
		return fault.Wrap(fault.Unavailable, Sorry, *why)
	}
	return nil
}

// Shut refuses every commit from now on, for the reason given; nil opens again.
func (l *Log) Shut(why error) {
	if why == nil {
		l.gate.why.Store(nil)
		return
	}
	l.gate.why.Store(&why)
}

// Ready says why nothing can be changed now, or nil: the file cannot follow, the
// last write failed and none has succeeded since, or room is short.
func (l *Log) Ready() error {
	if err := l.gate.check(); err != nil {
		return err
	}
	for _, why := range []*error{l.stuck.Load(), l.short.Load()} {
		if why != nil {
			return *why
		}
	}
	return nil
}

// noted remembers whether writing works. A refusal by the change itself says
// nothing about that.
func (l *Log) noted(err error) error {
	switch {
	case err == nil:
		l.stuck.Store(nil)
	case fault.Is(err, fault.Unavailable):
		l.stuck.Store(&err)
	}
	return err
}

const probeHead = `UPDATE head SET size = size WHERE id = 1`

// Probe tries to write after a failed write, so that the log is ready again
// without a visitor who would have to find that out.
func (l *Log) Probe(ctx context.Context) error {
	if l.stuck.Load() == nil {
		return nil
	}
	_ = l.Touch(ctx, "log.probe", func(tx *db.Tx) error { // its failure is noted
		_, err := tx.Exec(probeHead)
		return err
	})
	return nil
}

// Statements lists the room's SQL, for the test that prepares each on both engines.
func Statements() []string { return []string{probeHead} }
