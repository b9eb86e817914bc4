package file

import (
	"os"
	"syscall"
)

// datasync makes what was appended durable, the new length included.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
