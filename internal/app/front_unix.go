//go:build linux || darwin

package app

import "syscall"

// fitting is n, or fewer where the system gives this process too few files: the
// database and the log need theirs, however many connections there are.
func fitting(n int) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil && files.Cur/3 < uint64(n) {
		return max(1, int(files.Cur/3))
	}
	return n
}
