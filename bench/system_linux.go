package main

import (
	"os"
	"os/exec"
	"syscall"
)

// datasync writes the file's bytes, and not its times, to the disk.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// peakOf is the most memory that a process held which has ended, in MB.
func peakOf(p *exec.Cmd) (mb float64, known bool) {
	used, known := p.ProcessState.SysUsage().(*syscall.Rusage)
	if !known {
		return 0, false
	}
	return float64(used.Maxrss) * 1024 / 1e6, true
}
