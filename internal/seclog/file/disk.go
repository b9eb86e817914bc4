package file

import (
	"io"
	"os"
)

// Disk is the little of a file system that the log's files need. The tests have
// a second one, which fails on demand.
type Disk interface {
	// Open opens as os.OpenFile does and follows no link at the path's end.
	Open(path string, flag int, mode os.FileMode) (Handle, error)
	// Lstat looks at a path, following no link.
	Lstat(path string) (os.FileInfo, error)
	// Rename replaces what has the new name.
	Rename(from, to string) error
	// Remove removes a file.
	Remove(path string) error
	// SyncDir makes the names in a directory durable.
	SyncDir(dir string) error
}

// Handle is an open file.
type Handle interface {
	io.ReaderAt
	io.Writer
	io.Closer
	// Name is the path it was opened by.
	Name() string
	// Stat looks at the file itself, whatever its path leads to by now.
	Stat() (os.FileInfo, error)
	// Chmod sets the mode.
	Chmod(mode os.FileMode) error
	// Truncate cuts.
	Truncate(size int64) error
	// Sync makes content and length durable.
	Sync() error
}

// machine is the system's own files.
type machine struct{}

// Open opens a file of the system.
func (machine) Open(path string, flag int, mode os.FileMode) (Handle, error) {
	f, err := os.OpenFile(path, flag|noFollow, mode)
	if err != nil {
		return nil, err // not the nil file in an interface that is none
	}
	return opened{f}, nil
}

// Lstat is os.Lstat.
func (machine) Lstat(path string) (os.FileInfo, error) { return os.Lstat(path) }

// Rename is os.Rename.
func (machine) Rename(from, to string) error { return os.Rename(from, to) }

// Remove is os.Remove.
func (machine) Remove(path string) error { return os.Remove(path) }

// SyncDir opens the directory and syncs it.
func (machine) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// opened is a file of the system.
type opened struct{ *os.File }

// Sync spares what nobody reads, the time of the last change.
func (o opened) Sync() error { return datasync(o.File) }
