//go:build !linux

package file

import (
	"os"
	"syscall"
	"time"
)

// noFollow keeps a link from leading the log elsewhere.
const noFollow = syscall.O_NOFOLLOW

func datasync(f *os.File) error { return f.Sync() }

func changed(info os.FileInfo) time.Time { return info.ModTime() }
