package file

import (
	"context"
	"hash/maphash"
	"io"
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
	info, err := f.Disk.Lstat(filepath.Join(f.Dir, Name))
	if err == nil && look(info) == f.looks && f.looks.size == f.size {
		return
	}
	f.doubt("security.log was touched by somebody else; comparing it with the database")
}

func (f *Follower) doubt(why string) {
	slog.Warn(why)
	f.suspect = true
	f.detach()
}

// readAgain is how soon a file that is written to is read through: at every
// second tick.
const readAgain = Check + Check/2

// stretch is how much is read at a time.
const stretch = 256 << 10

// readThrough reads what was written once more. Under load it is the only way
// to notice a change in place: between our look at the file and the end of our
// own next write, somebody else's leaves no trace in its appearance. A few
// milliseconds for each 64 MiB; nothing while nothing is written.
func (f *Follower) readThrough() {
	if f.f == nil || !f.unread || time.Since(f.read) < readAgain {
		return
	}
	f.unread, f.read = false, time.Now()
	var sum maphash.Hash
	sum.SetSeed(f.sum.Seed())
	_, err := io.CopyBuffer(struct{ io.Writer }{&sum}, struct{ io.Reader }{io.NewSectionReader(f.f, 0, f.size)}, make([]byte, stretch))
	if err != nil || sum.Sum64() != f.sum.Sum64() {
		f.doubt("security.log does not read as it was written; comparing it with the database")
	}
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
