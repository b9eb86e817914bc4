package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"coffer/internal/event"
)

// evict sets aside what stands under a name of the log and is no file: a link,
// which would lead the log elsewhere and is never followed, a directory, or a
// pipe, which would take lines and keep none. Where the active file stood, its
// segment begins anew.
func (f *Follower) evict(ctx context.Context, name string) error {
	path := filepath.Join(f.Dir, name)
	info, err := f.Disk.Lstat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	kept := aside(name)
	if err := f.away(path, filepath.Join(f.Dir, kept)); err != nil {
		return fmt.Errorf("%s is %s and no file: %w", name, kind(info), err)
	}
	slog.Error("what stood in the place of the log's file was no file; it is kept aside, and the file is written again from the database",
		"name", name, "was", kind(info), "kept", kept, "segment", f.segment)
	if f.Altered != nil {
		f.Altered(ctx, event.LogFileAltered{Segment: f.segment, Offset: f.size, Kept: kept})
	}
	if name == Name {
		f.next, f.size = f.segment, 0
	}
	return synced(f.Disk.SyncDir(f.Dir))
}

// away renames what must not stay where it is. If that cannot be done, somebody
// has to, and is told how.
func (c *Config) away(from, to string) error {
	err := c.Disk.Rename(from, to)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		return err
	}
	return fmt.Errorf("it cannot be set aside (%w); give the directory to the user that Coffer runs as, or move it away yourself: mv %s %s",
		cause(err), from, to)
}

// cause is an error without the paths, which the message has.
func cause(err error) error {
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}

// kind is what people call a thing in a directory.
func kind(info fs.FileInfo) string {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return "a symbolic link"
	case info.IsDir():
		return "a directory"
	case info.Mode()&fs.ModeNamedPipe != 0:
		return "a pipe"
	}
	return "something else"
}
