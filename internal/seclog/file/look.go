package file

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
)

// look compares the file on the disk with the one that was written, stores the
// mark if no commit took it along, and asks whether another process sealed.
func (f *Follower) look(ctx context.Context) error {
	if f.f != nil && !f.untouched() {
		slog.Warn("security.log is not the file that was written; comparing it with the database")
		f.detach()
	}
	if err := f.Sealer.Refresh(ctx); err != nil {
		slog.Warn("cannot ask the database for new lines", "err", err)
		return nil
	}
	if err := f.save(ctx); err != nil {
		slog.Warn("cannot store how far security.log is right", "err", err)
	}
	return nil
}

// untouched reports whether the path still leads to the open file, with one
// name and the length that was written.
func (f *Follower) untouched() bool {
	there, err := os.Lstat(filepath.Join(f.Dir, Name))
	if err != nil {
		return false
	}
	mine, err := f.f.Stat()
	if err != nil {
		return false
	}
	sys, ok := mine.Sys().(*syscall.Stat_t)
	return os.SameFile(there, mine) && mine.Size() == f.size && (!ok || sys.Nlink == 1)
}
