package web

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// A page and its headers are more than the 4 KiB that net/http collects before
// it writes, so each would go out in two pieces: two calls of the system here,
// and two more on the other side. A corked connection holds the pieces of a page
// together until net/http says that the answer is complete.

// maxHeld is how much a connection holds back: more goes out as it comes.
const maxHeld = 64 << 10

type corkKey struct{}

// Cork gives srv connections that hold a page together. Call it before Serve,
// and serve what it returns.
func Cork(srv *http.Server, l net.Listener) net.Listener {
	srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, corkKey{}, beneath(c))
	}
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		if c, ok := beneath(c).(*corked); ok && state == http.StateIdle {
			c.release()
		}
	}
	return corking{l}
}

// beneath is the connection under TLS, which is what is corked: pages are held
// together after they were encrypted.
func beneath(c net.Conn) net.Conn {
	if over, ok := c.(*tls.Conn); ok {
		return over.NetConn()
	}
	return c
}

type corking struct{ net.Listener }

// Accept waits for the next connection.
func (l corking) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &corked{Conn: c}, nil
}

// corked is a connection that may hold back what is written.
type corked struct {
	net.Conn
	mu      sync.Mutex
	holding bool
	held    []byte
}

// hold keeps what is written from now on until the answer is complete. Only
// what comes as a whole may ask for it: a stream would never arrive. Nor would
// HTTP/2's other answers on the same connection, which net/http puts together
// by itself.
func hold(r *http.Request) {
	if c, ok := r.Context().Value(corkKey{}).(*corked); ok && r.ProtoMajor == 1 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.holding = true
	}
}

// Write holds p back, or sends it after what was held.
func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holding && len(c.held)+len(p) <= maxHeld {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	if err := c.send(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// release sends what is held. An answer that nobody takes any more shows when
// the connection is used next.
func (c *corked) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.send()
}

func (c *corked) send() error {
	c.holding = false
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.held)
	c.held = c.held[:0]
	return err
}

// SetWriteDeadline sends what is held while there is time to: TLS says farewell
// and then forbids all writing, before it closes.
func (c *corked) SetWriteDeadline(t time.Time) error {
	if !t.IsZero() && !t.After(time.Now()) {
		c.release()
	}
	return c.Conn.SetWriteDeadline(t)
}

// Close sends what is held first: a connection that is not kept alive never
// becomes idle.
func (c *corked) Close() error {
	c.release()
	return c.Conn.Close()
}
