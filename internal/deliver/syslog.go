package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"coffer/internal/format"
	"coffer/internal/seclog/seal"
)

// syslog writes RFC 5424 messages to a connection, each behind its length.
//
// Nothing comes back on it. Lines count as taken once the other system has
// acknowledged every byte and the connection has stayed good for a while after;
// what was not taken by then is written again on the next connection.
type syslog struct {
	address string
	tls     *tls.Config // nil is plain TCP
	pace    Pace

	conn    net.Conn
	tcp     *net.TCPConn // under conn
	gone    chan struct{}
	why     error // of gone
	pending []written
	next    uint64

	buf, msg []byte
}

// written is a batch on its way.
type written struct {
	next uint64
	at   time.Time
}

var errClosed = errors.New("the receiver closed the connection")

func (s *syslog) send(ctx context.Context, lines []seal.Line) error {
	if err := s.frame(lines); err != nil {
		return err
	}
	if s.broken() && len(s.pending) > 0 {
		return s.why
	}
	if s.conn == nil || s.broken() {
		s.reset()
		if err := s.dial(ctx); err != nil {
			return err
		}
	}
	if err := s.write(ctx); err != nil {
		return err
	}
	s.pending = append(s.pending, written{lines[len(lines)-1].Seq + 1, time.Now()})
	return nil
}

// frame writes the batch into buf, each message as its length, a blank, itself.
func (s *syslog) frame(lines []seal.Line) error {
	s.buf = s.buf[:0]
	for _, l := range lines {
		parsed, err := read(l)
		if err != nil {
			return err
		}
		if s.msg, err = format.Syslog(s.msg[:0], parsed, l.Text); err != nil {
			return &failure{reason: unreadable, lines: true, err: err}
		}
		s.buf = append(strconv.AppendInt(s.buf, int64(len(s.msg)), 10), ' ')
		s.buf = append(s.buf, s.msg...)
	}
	return nil
}

func (s *syslog) write(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	if err := s.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Unix(1, 0)) }) // long ago: at once
	defer stop()
	_, err := conn.Write(s.buf)
	if err != nil && s.broken() && s.why != nil {
		return s.why
	}
	return err
}

func (s *syslog) dial(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	s.tcp = conn.(*net.TCPConn) // what "tcp" gives
	if s.tls != nil {
		secure := tls.Client(conn, s.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close() // it failed already
			return err
		}
		conn = secure
	}
	s.conn, s.gone = conn, make(chan struct{})
	go s.watch(conn, s.gone)
	return nil
}

// watch reads, since the end of a connection shows only there.
func (s *syslog) watch(conn net.Conn, gone chan struct{}) {
	_, err := io.Copy(io.Discard, conn)
	if err == nil {
		err = errClosed
	}
	s.why = err
	close(gone)
}

// broken reports whether the connection has ended.
func (s *syslog) broken() (ended bool) {
	if s.conn == nil {
		return false
	}
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

func (s *syslog) confirmed() (next uint64, err error) {
	if len(s.pending) == 0 {
		return s.next, nil
	}
	waiting, err := unacknowledged(s.tcp)
	if err == nil && waiting > 0 && time.Since(s.pending[0].at) > s.pace.Timeout {
		err = errSlow
	}
	if s.broken() {
		err = s.why
	}
	if err != nil || waiting > 0 {
		return s.next, err
	}
	for len(s.pending) > 0 && time.Since(s.pending[0].at) >= s.pace.Settle {
		s.next, s.pending = s.pending[0].next, s.pending[1:]
	}
	return s.next, nil
}

// finish says that nothing more comes and waits for the receiver to close as
// well, which it does when it has read all.
func (s *syslog) finish(ctx context.Context) {
	if s.conn == nil || s.conn.(interface{ CloseWrite() error }).CloseWrite() != nil {
		return
	}
	select {
	case <-ctx.Done():
		return
	case <-s.gone:
	}
	if n := len(s.pending); n > 0 && errors.Is(s.why, errClosed) {
		s.next, s.pending = s.pending[n-1].next, nil
	}
}

// reset drops the connection. What was pending on it is not confirmed any more.
func (s *syslog) reset() {
	if s.conn != nil {
		_ = s.tcp.Close() // at once, and nothing is lost with it: what counts is sent again
		<-s.gone
	}
	s.conn, s.tcp, s.pending = nil, nil, nil
}
