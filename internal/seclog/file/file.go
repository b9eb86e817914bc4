// Package file is the projection: it follows the sealed lines into security.log
// and keeps the files exactly what the database says. The database is the source
// of truth; a file that lacks lines gets them, none twice, and a file that was
// changed below the mark is set aside and written again: the active one while it
// is followed (Follower), the finished ones beside that (keeper).
//
// It does not judge whether the log as a whole is genuine: that is
// verification's work. A finished segment that looks as it was left is not read
// again, so what root changed under a set-back clock is left to that, too.
package file

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
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
	// Guest is a command that writes the files because no server runs. What the
	// mark says about the server's last run is not its to change.
	Guest bool
	// Disk is where the files are; nil is the system's.
	Disk Disk
}

// Follower writes the file. One per data directory.
type Follower struct {
	Config
	id string

	f       Handle
	segment uint64       // number of the open segment's first line
	next    uint64       // number of the next line to write
	size    int64        // length of the open segment, all of it synced
	sum     maphash.Hash // of that much of it; the seed is this process's secret
	mark    marks
	running int64
	clean   int64      // what running is after a clean stop
	looks   appearance // of the open file, as it was left
	unread  bool       // it was written to since it was last read through
	read    time.Time  // when that was
	keeper  *keeper
	known   bool // the mark says something about this directory
	suspect bool // somebody else touched the file
	broken  bool // the file cannot follow; the gate is shut
	behind  bool // the database does not answer
}

// Open finds where the file stands and brings it up to what the mark and the
// database say. It reports whether the run before this one ended cleanly.
func Open(ctx context.Context, c Config) (f *Follower, unclean bool, err error) {
	if c.Disk == nil {
		c.Disk = machine{}
	}
	f = &Follower{Config: c, running: time.Now().UnixMicro()}
	if f.id, err = directoryID(c.Dir); err != nil {
		return nil, false, err
	}
	m, found, err := f.load(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("read how far security.log is right: %w", err)
	}
	if f.known, f.mark.saved = found, m; c.Guest {
		f.running, f.clean = m.running, m.running
	}
	f.keeper = &keeper{Config: c, id: f.id, kept: map[uint64]*finished{}}
	pruned, err := f.keeper.pruned(ctx)
	if err != nil {
		return nil, false, err
	}
	if f.segment, f.next, f.size = m.segment, m.seq, m.bytes; m.segment < pruned {
		f.segment, f.next, f.size = pruned, pruned, 0 // what the mark speaks of is gone
	}
	f.Sealer.OnSeal(f.ridealong)
	if err := f.attach(ctx); err != nil {
		return f, false, err
	}
	return f, found && m.running != 0, f.keeper.load(ctx, pruned, f.segment)
}

// Run follows the log until ctx ends, then writes what is sealed and marks the
// stop as a clean one.
func (f *Follower) Run(ctx context.Context) error {
	work := context.WithoutCancel(ctx)
	tick := time.NewTicker(Check)
	defer tick.Stop()
	keeping, failed := f.keeper.start(ctx)
	defer keeping()
	f.keepUp(work) // that this run has begun is known before its first line
	for {
		more := f.Sealer.More()
		if err := f.step(work); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			keeping()
			return f.stop(work)
		case err := <-failed:
			f.Shut(err)
			return err
		case <-more:
		case <-tick.C:
			f.readThrough()
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
		if err := f.write(ctx, lines); err != nil {
			f.detach() // what it holds now is found out when it is opened again
			return err
		}
	}
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
	f.mark.set(f.segment, f.size, f.next, f.clean)
	defer f.detach()
	return errors.Join(f.save(ctx), f.keeper.tidy(ctx))
}
