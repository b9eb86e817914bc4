package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/query"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// Desk is where a command works, on the data of a Coffer that may be running at
// the same time: the database, the log, and a pen to write into it. It makes no
// directory, no keys and no schema. security.log it leaves to whoever serves;
// where nobody does, it writes the file itself.
type Desk struct {
	Lines  *query.Reader
	Sealer *seal.Sealer
	// Slow is told, once, what a command waits for; nil, and nobody is.
	Slow func(what string)

	app *App
}

// OpenDesk opens what the settings name.
func OpenDesk(ctx context.Context, c Config, o Options) (*Desk, error) {
	s, err := c.read()
	if err != nil {
		return nil, err
	}
	d := &Desk{app: &App{settings: s, Options: o.filled(), started: time.Now()}}
	d.app.settings.db.Now = o.Now
	for _, step := range []func(context.Context) error{d.found, d.current, d.open, d.app.openLog} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(d.explained(err), d.app.close())
		}
	}
	d.Sealer = d.app.sealer
	d.Lines = query.New(d.app.read)
	d.Lines.Now = d.app.Now
	return d, nil
}

// found demands that there is a Coffer: a command on a mistyped directory must
// not begin an empty one.
func (d *Desk) found(context.Context) error {
	a := d.app
	if a.db.Engine() != db.SQLite {
		return nil
	}
	_, err := os.Stat(a.db.File)
	if errors.Is(err, fs.ErrNotExist) {
		return wrong("data", a.Data, "there is no Coffer in it (no %s); name the directory that coffer serve has", filepath.Base(a.db.File))
	}
	return err
}

// current demands the schema that this program knows.
func (d *Desk) current(ctx context.Context) error {
	from, to, err := db.Pending(ctx, d.app.db)
	switch {
	case errors.Is(err, db.ErrNewer):
		return refused("the database was written by a newer Coffer: %v; use that version", err)
	case err != nil:
		return err
	case from != to:
		return refused("the database's schema is at version %d and this Coffer's at %d; bring it up with coffer migrate", from, to)
	}
	return nil
}

func (d *Desk) open(ctx context.Context) (err error) {
	a := d.app
	a.read, a.write, err = db.Open(ctx, a.db)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Err != nil {
		return a.unusable(f.Err)
	}
	return err
}

// explained adds why a command that only reads wants to write.
func (d *Desk) explained(err error) error {
	err = d.app.explained(err)
	if w, ok := errors.AsType[*Wrong](err); ok && strings.Contains(w.Want, "cannot be written") {
		return wrong(w.Flag, w.Value, "%s; even reading the log is written into it, and what cannot be recorded is not done", w.Want)
	}
	return err
}

// Close lets everything go.
func (d *Desk) Close() error { return d.app.close() }

// Origin is who works at a desk: the user of the operating system, by its own
// list and not by a variable that anyone can set.
func Origin() event.Origin {
	name := strconv.Itoa(os.Getuid())
	if u, err := user.LookupId(name); err == nil && u.Username != "" {
		name = u.Username
	}
	return event.Origin{Actor: "system:cli:" + name}
}

// Record writes events of the command into the log.
func (d *Desk) Record(ctx context.Context, events ...event.Event) error {
	return d.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return events, nil })
}

// Commit makes a change with its events durable, gives them their place in the
// log, and, where nobody serves, has them in security.log before it returns.
func (d *Desk) Commit(ctx context.Context, change seclog.Change) (err error) {
	ctx = event.With(ctx, Origin())
	a := d.app
	release, err := d.takeOver(ctx)
	if err != nil {
		return d.explained(err)
	}
	defer func() { err = errors.Join(err, release()) }()
	err = a.log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		events, err := change(tx)
		// The findings are about a file that this command had to write again.
		return append(slices.Clone(a.findings), events...), err
	})
	if err != nil {
		return err
	}
	a.findings = nil
	return a.sealer.Drain(context.WithoutCancel(ctx))
}
