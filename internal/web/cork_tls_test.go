package web

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestCorkUnderTLS holds that a page arrives whole over TLS too, in one piece on
// a connection that is kept, on one that is not, and by HTTP/2, where others go
// on meanwhile.
func TestCorkUnderTLS(t *testing.T) {
	var writes atomic.Int64
	first := make(chan struct{})
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			_, _ = io.WriteString(w, "first\n")
			w.(http.Flusher).Flush()
			<-first
			return
		}
		w.Header().Set("Content-Length", "9000")
		hold(r)
		_, _ = io.WriteString(w, strings.Repeat("x", 9000))
	})
	ts := httptest.NewUnstartedServer(page)
	ts.EnableHTTP2 = true
	srv := ts.Config
	ts.Listener = Cork(srv, counting{ts.Listener, &writes})
	ts.StartTLS()
	defer ts.Close()
	pool := x509.NewCertPool()
	pool.AddCert(ts.Certificate())
	client := func(h2, keep bool) *http.Client {
		return &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: h2, DisableKeepAlives: !keep,
		}}
	}
	whole := func(c *http.Client, proto int) {
		t.Helper()
		res, err := c.Get(ts.URL + "/page")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err != nil || len(body) != 9000 || res.ProtoMajor != proto {
			t.Fatalf("by HTTP/%d a page of 9000 bytes came with %d, %v", res.ProtoMajor, len(body), err)
		}
	}
	kept := client(false, true)
	whole(kept, 1)
	before := writes.Load()
	whole(kept, 1)
	if n := writes.Load() - before; n != 1 {
		t.Errorf("a page over TLS went out in %d pieces, want 1", n)
	}
	for range 300 { // the farewell of TLS may come before what is held
		whole(client(false, false), 1)
	}
	newer := client(true, true)
	stream, err := newer.Get(ts.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	line := make([]byte, 6)
	if _, err := io.ReadFull(stream.Body, line); err != nil || string(line) != "first\n" {
		t.Fatalf("the stream says %q, %v", line, err)
	}
	for range 3 {
		whole(newer, 2)
	}
	close(first)
	if rest, err := io.ReadAll(stream.Body); err != nil || len(rest) > 0 {
		t.Errorf("the stream ends with %q, %v", fmt.Sprint(rest), err)
	}
}
