// Package ledger serves the log to those who judge it: the newest checkpoint,
// hash tiles and bundles of lines, as c2sp.org/tlog-tiles has them, so that
// programs that know nothing of Coffer can read them, and the public key. It gives no line to
// anybody but an auditor, and never without a line that says so. It judges
// nothing itself.
package ledger

import (
	"context"
	"errors"
	"time"

	"coffer/internal/cache"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
	"coffer/internal/web"
)

// Config is what New needs.
type Config struct {
	Sealer *seal.Sealer
	Log    *seclog.Log
	// Keys reads the log's public keys, one a line; none are there before the
	// log is signed.
	Keys func() (string, error)
	// Public opens checkpoint, keys and hash tiles to everyone. They hold no
	// line, but their growth tells how much is going on.
	Public bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Ledger is the room.
type Ledger struct {
	Config
	// noted says when it was last written down that a session reads the log.
	noted cache.Cache[string, time.Time]
}

// New makes the room.
func New(c Config) *Ledger {
	if c.Now == nil {
		c.Now = time.Now
	}
	l := &Ledger{Config: c}
	l.noted.Size = 256
	return l
}

// Routes are this room's lines of the one route table.
func (l *Ledger) Routes() []web.Route {
	hashes := web.Auditor
	if l.Public {
		hashes = web.Blind
	}
	return []web.Route{
		{Pattern: "GET /log/checkpoint", Guard: hashes, Handle: l.checkpoint},
		{Pattern: "GET /log/log.pub", Guard: hashes, Handle: l.keys},
		{Pattern: "GET /log/tile/{path...}", Guard: hashes, Handle: l.tile},
		{Pattern: "GET /log/tile/entries/{path...}", Guard: web.Auditor, Handle: l.entries},
	}
}

// failed says what the reader gets for an error of the sealer's.
func failed(err error) error {
	switch {
	case errors.Is(err, seal.ErrNoTile):
		return fault.New(fault.NotFound, "The log has no such part.")
	case errors.Is(err, seal.ErrUnsigned):
		f := fault.Wrap(fault.Unavailable, "No checkpoint is signed yet. Nothing was changed.", err)
		f.Retry = time.Second
		return f
	}
	return fault.Wrap(fault.Unavailable, "The log cannot be read now. Nothing was changed.", err)
}

// note writes down that an auditor reads lines, once a minute for each session,
// since a log is read bundle by bundle. If it cannot be written, none is shown.
func (l *Ledger) note(ctx context.Context, session string) error {
	last, version, known := l.noted.Get(session)
	now := l.Now()
	if known && now.Sub(last) < time.Minute {
		return nil
	}
	err := l.Log.Record(ctx, event.LogRead{Tool: "entries", Format: "tiles"})
	if err == nil {
		l.noted.Put(version, session, now)
	}
	return err
}
