//go:build !linux

package deliver

import "net"

// unacknowledged cannot be asked here: time alone decides.
func unacknowledged(*net.TCPConn) (n int, err error) { return 0, nil }
