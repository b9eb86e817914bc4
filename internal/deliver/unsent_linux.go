package deliver

import (
	"net"

	"golang.org/x/sys/unix"
)

// unacknowledged is how many bytes the other system has not acknowledged yet.
func unacknowledged(c *net.TCPConn) (n int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ) })
	if failed != nil {
		return 0, failed
	}
	return n, err
}
