package app_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// plain sends bytes to where plain HTTP leads to HTTPS, says no more, and reads
// the answer.
func plain(h *house.House, request string) (res *http.Response, body string) {
	h.Helper()
	c, err := net.Dial("tcp", h.PlainAddress())
	if err != nil {
		h.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		h.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		h.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	res, err = http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		h.Fatalf("%.40q: %v", request, err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body) // cut short is as good: who sent too much is hung up on
	return res, string(text)
}

// redirecting is a house with HTTPS and a port that leads there.
func redirecting(s *house.Setup) {
	s.SelfSigned, s.HttpListen, s.URL = true, "127.0.0.1:0", secureURL
}

// TestPlainLeadsToHTTPS holds that who asks for a page over plain HTTP is led to
// the same page on HTTPS, and nowhere else, whatever they write.
func TestPlainLeadsToHTTPS(t *testing.T) {
	h := house.Open(t, "sqlite", redirecting)
	for _, c := range []struct{ request, to string }{
		{"GET / HTTP/1.1\r\nHost: coffer.test", "/"},
		{"HEAD /login HTTP/1.1\r\nHost: coffer.test", "/login"},
		{"GET /login?next=%2Factivity HTTP/1.1\r\nHost: coffer.test", "/login?next=%2Factivity"},
		{"GET /view_credit_card/c_1 HTTP/1.1\r\nHost: coffer.test:80", "/view_credit_card/c_1"},
		{"GET /nowhere HTTP/1.1\r\nHost: coffer.test", "/nowhere"},
		{"GET /login HTTP/1.0", "/login"},
		{"GET /login HTTP/1.1\r\nHost: evil.example", "/login"},
		{"GET /login HTTP/1.1\r\nHost: coffer.test\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example", "/login"},
		{"GET http://evil.example/login HTTP/1.1\r\nHost: evil.example", "/login"},
		{"GET http://evil.example HTTP/1.1\r\nHost: evil.example", "/"},
		{"GET //evil.example/ HTTP/1.1\r\nHost: coffer.test", "//evil.example/"},
		{"GET /\\evil HTTP/1.1\r\nHost: coffer.test", "/%5Cevil"},
		{"GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: coffer.test", "/%0d%0aSet-Cookie:%20a=b"},
		{"GET /.well-known/acme-challenge/x HTTP/1.1\r\nHost: coffer.test", "/.well-known/acme-challenge/x"},
	} {
		res, _ := plain(h, c.request+"\r\n\r\n")
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusPermanentRedirect || got != secureURL+c.to {
			t.Errorf("%.60q = %d to %q, want 308 to %q", c.request, res.StatusCode, got, secureURL+c.to)
		}
		if len(res.Header.Values("Set-Cookie")) > 0 || res.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%.60q is answered in clear with a cookie or HSTS: %v", c.request, res.Header)
		}
	}
	h.Wrote()
}

// TestPlainRefuses holds that what is sent over plain HTTP is refused before it
// is read: the answer comes though the body does not, and the connection ends.
// What only programs ask for is refused too, so that they notice.
func TestPlainRefuses(t *testing.T) {
	h := house.Open(t, "sqlite", redirecting)
	const form = "Host: coffer.test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for _, c := range []struct{ name, request, to string }{
		{"a form whose body is not sent", "POST /login HTTP/1.1\r\n" + form + "Content-Length: 60\r\n\r\n", "/login"},
		{"a long one", "POST /login HTTP/1.1\r\n" + form + "Content-Length: 100000000\r\n\r\nusername=a", "/login"},
		{"one in chunks", "POST /signup HTTP/1.1\r\n" + form + "Transfer-Encoding: chunked\r\n\r\n5\r\nuser", "/signup"},
		{"one that asks first", "POST /login HTTP/1.1\r\n" + form + "Expect: 100-continue\r\nContent-Length: 60\r\n\r\n", "/login"},
		{"one to elsewhere", "POST //evil.example HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 60\r\n\r\n", "/"},
		{"one without a page", "POST /logout HTTP/1.1\r\n" + form + "\r\n", "/"},
		{"a page asked for with a form", "GET /login HTTP/1.1\r\n" + form + "Content-Length: 60\r\n\r\n", "/login"},
		{"another method", "DELETE /login HTTP/1.1\r\n" + form + "Content-Length: 60\r\n\r\n", "/login"},
		{"a tunnel", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "/"},
		{"all of it", "OPTIONS /login HTTP/1.1\r\n" + form + "\r\n", "/login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, body := plain(h, c.request)
			if res.StatusCode != http.StatusForbidden || !strings.Contains(body, "<h1>That was not sent safely</h1>") || !strings.Contains(body, `href="`+secureURL+c.to+`"`) {
				t.Errorf("%d, want 403 and the way to %s\n%s", res.StatusCode, c.to, body)
			}
			if !res.Close {
				t.Error("the connection stays open, and what follows would be read")
			}
			if strings.Contains(body, "evil.example") {
				t.Errorf("another host's name is in the page:\n%s", body)
			}
		})
	}
	for _, path := range []string{"/healthz", "/readyz", "/log/checkpoint", "/static/x/coffer.css", "/activity/1.tlog-proof", "/activity.json"} {
		res, body := plain(h, "GET "+path+" HTTP/1.1\r\nHost: coffer.test\r\n\r\n")
		if res.StatusCode != http.StatusForbidden || body != "Only over HTTPS: "+secureURL+path+"\n" {
			t.Errorf("GET %s = %d %q, want 403 and the address", path, res.StatusCode, body)
		}
	}
	h.Wrote()
}

// TestPlainReadsNoBody holds that a body is not so much as taken off the
// network: of one that never ends, the sender gets rid of what the system
// buffers and no more.
func TestPlainReadsNoBody(t *testing.T) {
	h := house.Open(t, "sqlite", redirecting)
	c, err := net.Dial("tcp", h.PlainAddress())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c, "POST /login HTTP/1.1\r\nHost: coffer.test\r\nContent-Length: %d\r\n\r\n", 1<<40); err != nil {
		t.Fatal(err)
	}
	if res, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || res.StatusCode != http.StatusForbidden {
		t.Fatalf("the answer is %v, %v, want 403", res, err)
	}
	sent, piece := 0, make([]byte, 1<<20)
	for err == nil && sent < 1<<30 {
		var n int
		n, err = c.Write(piece)
		sent += n
	}
	if err == nil || sent > 64<<20 {
		t.Errorf("%d bytes were sent, %v, want the connection ended long before", sent, err)
	}
	h.Wrote()
}
