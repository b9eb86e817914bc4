package main

import (
	"os"
	"syscall"
)

// datasync writes the file's bytes, and not its times, to the disk.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
