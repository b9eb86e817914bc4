package seclog

import (
	"sync/atomic"

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

// Ready says why nothing can be written now, or nil.
func (l *Log) Ready() error { return l.gate.check() }
