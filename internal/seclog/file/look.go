package file

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// appearance is what the file looks like from outside. Nobody but root can
// change its content and leave all of it as it was.
type appearance struct {
	device, inode, links uint64
	size                 int64
	changed              time.Time
}

func look(info os.FileInfo) appearance {
	a := appearance{size: info.Size(), changed: changed(info)}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		a.device, a.inode, a.links = uint64(sys.Dev), uint64(sys.Ino), uint64(sys.Nlink) // of other types on other systems
	}
	return a
}

// remember notes what the file looks like after a write of ours.
func (f *Follower) remember() error {
	info, err := f.f.Stat()
	if err == nil {
		f.looks = look(info)
	}
	return err
}

// compare looks whether the path still leads to the file as it was left, before
// each write and from time to time. If not, the file is opened anew and compared
// with the database from its segment's beginning.
func (f *Follower) compare() {
	if f.f == nil {
		return
	}
	info, err := os.Lstat(filepath.Join(f.Dir, Name))
	if err == nil && look(info) == f.looks && f.looks.size == f.size {
		return
	}
	slog.Warn("security.log was touched by somebody else; comparing it with the database")
	f.suspect = true
	f.detach()
}

// keepUp asks whether another process sealed, and stores the mark if no commit
// took it along.
func (f *Follower) keepUp(ctx context.Context) {
	err := f.Sealer.Refresh(ctx)
	if err == nil {
		err = f.save(ctx)
	}
	if (err != nil) == f.behind {
		return // each edge is told once: a database may be gone for hours
	}
	if f.behind = err != nil; f.behind {
		slog.Warn("the log in the database cannot be followed", "err", err)
		return
	}
	slog.Info("the log in the database is followed again")
}
