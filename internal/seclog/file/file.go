// Package file is the projection: it follows the sealed lines into security.log
// and keeps the file exactly what the database says. The database is the source
// of truth; a file that lacks lines gets them, none twice, and a file that was
// changed below the mark is set aside and written again. It does not judge
// whether the log as a whole is genuine: that is verification's work.
package file

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// Name is the active segment's file name.
const Name = "security.log"

// portion is how many lines are written before one sync.
const portion = 2048

// Check is how often the file is compared with what was written, and how soon
// a file that cannot be written shuts the gate.
const Check = 500 * time.Millisecond

// ErrSync is a failed sync of the file: trying again would report success
// falsely, so the process ends.
var ErrSync = errors.New("sync of security.log failed")

// Config is what Open needs.
type Config struct {
	Dir    string
	Sealer *seal.Sealer
	Reader *db.Reader
	Writer *db.Writer
	// Shut is called with the reason while the file cannot follow, and with nil
	// once it has caught up.
	Shut func(why error)
	// Altered is told of a file that was changed below the mark. It must not
	// commit: the gate may be shut until the file is whole again.
	Altered func(ctx context.Context, e event.LogFileAltered)
}

// Follower writes the file. One per data directory.
type Follower struct {
	Config
	id string

	f       *os.File
	segment uint64 // number of the open segment's first line
	next    uint64 // number of the next line to write
	size    int64  // length of the open segment, all of it synced
	mark    marks
	running int64
	looks   appearance // of the open file, as it was left
	known   bool       // the mark says something about this directory
	suspect bool       // somebody else touched the file
	broken  bool       // the file cannot follow; the gate is shut
	behind  bool       // the database does not answer
}

// Open finds where the file stands and brings it up to what the mark and the
// database say. It reports whether the run before this one ended cleanly.
func Open(ctx context.Context, c Config) (f *Follower, unclean bool, err error) {
	f = &Follower{Config: c, running: time.Now().UnixMicro()}
	if f.id, err = directoryID(c.Dir); err != nil {
		return nil, false, err
	}
	m, found, err := f.load(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("read how far security.log is right: %w", err)
	}
	f.segment, f.next, f.size, f.known = m.segment, m.seq, m.bytes, found
	f.mark.saved = m
	f.Sealer.OnSeal(f.ridealong)
	return f, found && m.running != 0, f.attach(ctx)
}

// Run follows the log until ctx ends, then writes what is sealed and marks the
// stop as a clean one.
func (f *Follower) Run(ctx context.Context) error {
	work := context.WithoutCancel(ctx)
	tick := time.NewTicker(Check)
	defer tick.Stop()
	f.keepUp(work) // that this run has begun is known before its first line
	for {
		more := f.Sealer.More()
		if err := f.step(work); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return f.stop(work)
		case <-more:
		case <-tick.C:
			f.keepUp(work)
		}
	}
}

// step writes what is sealed. A file that cannot be written shuts the gate and
// is tried again; a failed sync ends the process.
func (f *Follower) step(ctx context.Context) error {
	err := f.catchUp(ctx)
	switch {
	case errors.Is(err, ErrSync):
		f.Shut(err)
		return err
	case err != nil && !f.broken:
		f.broken = true
		slog.Error("security.log cannot be written; refusing all changes until it can", "err", err)
		f.Shut(err)
	case err == nil && f.broken:
		f.broken = false
		slog.Info("security.log is written again and has caught up", "next", f.next)
		f.Shut(nil)
	}
	return nil
}

func (f *Follower) catchUp(ctx context.Context) error {
	f.compare()
	if f.f == nil {
		if err := f.attach(ctx); err != nil {
			return err
		}
	}
	for {
		lines, err := f.Sealer.Lines(ctx, f.next, portion)
		if err != nil || len(lines) == 0 {
			return err
		}
		if err := f.write(lines); err != nil {
			f.detach() // what it holds now is found out when it is opened again
			return err
		}
	}
}

// write appends lines up to the end of a segment, then syncs once.
func (f *Follower) write(lines []seal.Line) error {
	for len(lines) > 0 {
		n, ends := untilRotation(lines)
		if err := f.append(lines[:n]); err != nil {
			return err
		}
		if ends {
			if err := f.rotate(); err != nil {
				return err
			}
		}
		lines = lines[n:]
	}
	return nil
}

func (f *Follower) append(lines []seal.Line) error {
	size := 0
	for _, l := range lines {
		size += len(l.Text) + 1
	}
	buf := make([]byte, 0, size)
	for _, l := range lines {
		buf = append(append(buf, l.Text...), '\n')
	}
	if _, err := f.f.Write(buf); err != nil {
		return err
	}
	if err := datasync(f.f); err != nil {
		return fmt.Errorf("%w: %w", ErrSync, err)
	}
	f.next += uint64(len(lines))
	f.size += int64(size)
	f.mark.set(f.segment, f.size, f.next, f.running)
	return f.remember()
}

func (f *Follower) detach() {
	if f.f != nil {
		_ = f.f.Close() // all that counts is synced
		f.f = nil
	}
}

// stop writes the last lines, marks the clean end and closes the file.
func (f *Follower) stop(ctx context.Context) error {
	if err := f.catchUp(ctx); err != nil {
		return err
	}
	f.mark.set(f.segment, f.size, f.next, 0)
	defer f.detach()
	return f.save(ctx)
}
