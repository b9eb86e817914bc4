package file

import (
	"os"
	"syscall"
	"time"
)

// noFollow keeps a link from leading the log elsewhere.
const noFollow = syscall.O_NOFOLLOW

// datasync makes what was appended durable, the new length included.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// changed is when content, mode or links last changed; unlike the time of
// modification, nobody sets it at will.
func changed(info os.FileInfo) time.Time {
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(sys.Ctim.Unix())
	}
	return info.ModTime()
}
