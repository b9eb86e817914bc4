package deliver_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"coffer/internal/deliver"
)

// collector is a syslog receiver: it reads messages behind their lengths, and
// serve may do otherwise with a connection.
type collector struct {
	*sink
	net.Listener
	serve func(n int, c net.Conn, messages *bufio.Reader)
	all   sync.WaitGroup

	open  sync.Mutex
	conns []net.Conn
}

// newCollector listens; with a configuration it speaks TLS.
func newCollector(tb testing.TB, secure *tls.Config, serve func(n int, c net.Conn, messages *bufio.Reader)) *collector {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	c := &collector{sink: newSink(), Listener: l, serve: serve}
	c.all.Go(c.accept)
	tb.Cleanup(c.close)
	return c
}

func (c *collector) accept() {
	for n := 1; ; n++ {
		conn, err := c.Accept()
		if err != nil {
			return
		}
		c.open.Lock()
		c.conns = append(c.conns, conn)
		c.open.Unlock()
		c.all.Go(func() {
			defer conn.Close()
			if c.serve != nil {
				c.serve(n, conn, bufio.NewReader(conn))
				return
			}
			c.read(bufio.NewReader(conn), -1)
		})
	}
}

func (c *collector) close() {
	c.Listener.Close()
	c.open.Lock()
	for _, conn := range c.conns {
		conn.Close()
	}
	c.open.Unlock()
	c.all.Wait()
}

// read takes so many messages, or all.
func (c *collector) read(r *bufio.Reader, messages int) {
	for ; messages != 0; messages-- {
		m, err := message(r)
		if err != nil {
			return
		}
		c.take(m)
	}
}

// message reads one as RFC 6587 3.4.1 frames it: its length in bytes without a
// leading zero, a blank, the message.
func message(r *bufio.Reader) ([]byte, error) {
	length, err := r.ReadString(' ')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
	if err != nil || n <= 0 || length[0] == '0' {
		return nil, fmt.Errorf("%q is no length", length)
	}
	m := make([]byte, n)
	_, err = io.ReadFull(r, m)
	if err == nil && (m[0] != '<' || m[n-1] != '}') {
		err = fmt.Errorf("%q is no message", m)
	}
	return m, err
}

func (c *collector) target(tb testing.TB, scheme string, roots *x509.CertPool) deliver.Target {
	tb.Helper()
	return must(tb)(deliver.Syslog(scheme+"://"+c.Addr().String(), roots))
}

// identity is a certificate for 127.0.0.1 and who vouches for it.
func identity(tb testing.TB) (*tls.Config, *x509.CertPool) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	tb.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, roots
}
