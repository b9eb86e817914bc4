package proof

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

var (
	errOdd   = errors.New("it is no ordinary file")
	errLarge = errors.New("it is larger than it can be")
)

// Ordinary opens a file of a directory, or one that a link there points to. What
// is copied from a machine that somebody else held may be a pipe or a device:
// opening such a thing can wait for ever, and reading it can go on for ever.
func Ordinary(dir fs.FS, file string) (fs.File, error) {
	info, err := fs.Stat(dir, file)
	if err = ordinary(info, err); err != nil {
		return nil, err
	}
	return dir.Open(file)
}

// OpenFile is Ordinary for a file that somebody names.
func OpenFile(path string) (fs.File, error) {
	info, err := os.Stat(path)
	if err = ordinary(info, err); err != nil {
		return nil, err
	}
	return os.Open(path)
}

func ordinary(info fs.FileInfo, err error) error {
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	case !info.Mode().IsRegular():
		return errOdd
	}
	return nil
}

// ReadFile reads a small file that somebody names: a key, a checkpoint, a policy
// or a proof. A larger one than any of them can be is refused.
func ReadFile(path string) ([]byte, error) { return small(OpenFile(path)) }

func readSmall(dir fs.FS, file string) ([]byte, error) { return small(Ordinary(dir, file)) }

func small(f fs.File, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f, maxCheckpoint)
}

// limited reads all of it, up to what it can be.
func limited(f io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		return nil, errLarge
	}
	return b, err
}
