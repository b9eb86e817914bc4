package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// bounded is a server that holds four connections; a request for /held is
// answered when the test lets it.
type bounded struct {
	*testing.T
	at      string
	entered chan struct{}
	let     chan struct{}
}

func openBounded(t *testing.T) *bounded {
	b := &bounded{T: t, entered: make(chan struct{}), let: make(chan struct{})}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/held" {
			b.entered <- struct{}{}
			<-b.let
		}
		_, _ = io.WriteString(w, "ok")
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.at = l.Addr().String()
	corked := Cork(srv, l)
	Bound(srv, 4)
	go func() { _ = srv.Serve(corked) }()
	t.Cleanup(func() { _ = srv.Close() })
	return b
}

func (b *bounded) dial() (net.Conn, *bufio.Reader) {
	b.Helper()
	c, err := net.Dial("tcp", b.at)
	if err == nil {
		err = c.SetDeadline(time.Now().Add(20 * time.Second))
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	return c, bufio.NewReader(c)
}

func (b *bounded) ask(c net.Conn, path string) {
	b.Helper()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		b.Fatal(err)
	}
}

func (b *bounded) answered(in *bufio.Reader) {
	b.Helper()
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		b.Fatalf("no answer: %v", err)
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err != nil || string(text) != "ok" {
		b.Fatalf("the answer is %q, %v", text, err)
	}
}

func (b *bounded) ended(in *bufio.Reader) {
	b.Helper()
	if _, err := in.ReadByte(); err == nil || isTimeout(err) {
		b.Errorf("the connection reads %v, want it ended", err)
	}
}

func isTimeout(err error) bool {
	n, ok := err.(net.Error)
	return ok && n.Timeout()
}

// TestBound holds that of more connections than there may be those end that
// say nothing, the longest first, and none that has a request under way.
func TestBound(t *testing.T) {
	b := openBounded(t)
	busy, busyIn := b.dial()
	b.ask(busy, "/held")
	<-b.entered
	idle, idleIn := b.dial()
	b.ask(idle, "/")
	b.answered(idleIn)
	var silent []*bufio.Reader
	for range 2 {
		_, in := b.dial()
		silent = append(silent, in)
	}
	for range 40 { // each ends one of those that came before it
		c, in := b.dial()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost"); err != nil {
			t.Fatal(err)
		}
		silent = append(silent, in)
	}
	b.ended(idleIn)
	for _, in := range silent[:len(silent)-3] {
		b.ended(in)
	}
	last, lastIn := b.dial()
	b.ask(last, "/")
	b.answered(lastIn)
	close(b.let)
	b.answered(busyIn)
}

// TestBoundAllBusy holds that where each connection has a request under way the
// new one is ended, and that those answer and go on.
func TestBoundAllBusy(t *testing.T) {
	b := openBounded(t)
	type pair struct {
		net.Conn
		in *bufio.Reader
	}
	var busy []pair
	for range 4 {
		c, in := b.dial()
		b.ask(c, "/held")
		<-b.entered
		busy = append(busy, pair{c, in})
	}
	_, in := b.dial()
	b.ended(in)
	close(b.let)
	for _, p := range busy {
		b.answered(p.in)
		b.ask(p, "/")
		b.answered(p.in)
	}
}
