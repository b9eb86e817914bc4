package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// counting counts the writes of the connections it accepts.
type counting struct {
	net.Listener
	writes *atomic.Int64
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return counted{c, l.writes}, err
}

type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// TestCork holds that a page goes out in one piece whatever its size, that one
// beyond what is held arrives all the same, that a stream arrives as it comes,
// and that a connection that is not kept alive gets its answer too.
func TestCork(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var writes atomic.Int64
	next := make(chan struct{})
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var size int
		if _, err := fmt.Sscanf(r.URL.Path, "/page/%d", &size); err == nil {
			w.Header().Set("Content-Length", fmt.Sprint(size))
			hold(r)
			_, _ = io.WriteString(w, strings.Repeat("x", size))
			return
		}
		for _, piece := range []string{"first\n", "second\n"} { // the second waits until the first has arrived
			_, _ = io.WriteString(w, piece)
			w.(http.Flusher).Flush()
			<-next
		}
	})}
	go func() { _ = srv.Serve(Cork(srv, counting{tcp, &writes})) }()
	t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
	conn, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	ask := func(path, more string) *http.Response {
		t.Helper()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, more)
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return res
	}
	page := func(size int, more string) int64 {
		t.Helper()
		before := writes.Load()
		res := ask(fmt.Sprint("/page/", size), more)
		if body, err := io.ReadAll(res.Body); err != nil || len(body) != size {
			t.Fatalf("a page of %d bytes came with %d, %v", size, len(body), err)
		}
		return writes.Load() - before
	}
	for _, size := range []int{0, 1, 3900, 4096, 5000, 8192, 60_000} {
		if n := page(size, ""); n != 1 {
			t.Errorf("a page of %d bytes went out in %d pieces, want 1", size, n)
		}
	}
	page(300_000, "")
	stream := bufio.NewReader(ask("/stream", "").Body)
	for _, want := range []string{"first\n", "second\n"} {
		if line, err := stream.ReadString('\n'); err != nil || line != want {
			t.Fatalf("the stream says %q, %v, want %q", line, err, want)
		}
		next <- struct{}{}
	}
	if _, err := stream.ReadString('\n'); err != io.EOF {
		t.Fatalf("the stream ends with %v", err)
	}
	page(5000, "Connection: close\r\n")
}
