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

// dial opens a connection to the listening application.
func dial(h *house.House) net.Conn {
	h.Helper()
	c, err := net.Dial("tcp", h.Address())
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		h.Fatal(err)
	}
	return c
}

// raw sends bytes and reads the answer's status, or 0 if there is none.
func raw(h *house.House, request string) (status int, body string) {
	h.Helper()
	c := dial(h)
	// The server may answer and hang up before it has read all of it.
	go func() { _, _ = io.WriteString(c, request) }()
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, ""
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body) // cut short is as good
	return r.StatusCode, string(text)
}

// TestOnTheWire holds what only a real connection shows.
func TestOnTheWire(t *testing.T) {
	h := house.Open(t, "sqlite")
	const host = "Host: coffer.test\r\n"
	const form = host + "Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://coffer.test\r\n"
	tenMegabytes := strings.Repeat("a", 10<<20)
	for _, c := range []struct {
		name, request string
		status        int
		events        []string
	}{
		{"a page", "GET /login HTTP/1.1\r\n" + host + "\r\n", 200, nil},
		{"an old client", "GET /login HTTP/1.0\r\n\r\n", 200, nil},
		{"signed out", "GET /activity HTTP/1.1\r\n" + host + "\r\n", 303, []string{"authz_fail source_ip=127.0.0.1 peer_ip=127.0.0.1"}},
		{"headers beyond 16 KiB", "GET /login HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 40<<10) + "\r\n\r\n", 431, nil},
		{"no host", "GET /login HTTP/1.1\r\n\r\n", 400, nil},
		{"two hosts", "GET /login HTTP/1.1\r\n" + host + host + "\r\n", 400, nil},
		{"a line in a header", "GET /login HTTP/1.1\r\n" + host + "X: a\x00b\r\n\r\n", 400, nil},
		{"no HTTP", "\x16\x03\x01\x02\r\n\r\n", 400, nil},
		{"length and chunks", "POST /login HTTP/1.1\r\n" + form + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 401, []string{"authn_login_fail"}},
		{"two lengths", "POST /login HTTP/1.1\r\n" + form + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400, nil},
		{"10 MB", fmt.Sprintf("POST /login HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", form, len(tenMegabytes), tenMegabytes), 413, []string{"input_validation_fail reason=too_large"}},
		{"10 MB in chunks", fmt.Sprintf("POST /login HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", form, len(tenMegabytes), tenMegabytes), 413, []string{"input_validation_fail reason=too_large"}},
		{"whole address", "GET http://evil.example/login HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200, nil},
		{"asterisk", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 200, nil},
		{"connect", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", 405, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := raw(h, c.request)
			if status != c.status {
				t.Errorf("%.40q = %d, want %d", c.request, status, c.status)
			}
			if strings.Contains(body, "evil.example") {
				t.Errorf("%.40q is answered with the other host's name in it", c.request)
			}
			h.Wrote(c.events...)
		})
	}
}

// TestBrokenOff holds that a form whose connection breaks is nobody's attack.
func TestBrokenOff(t *testing.T) {
	h := house.Open(t, "sqlite")
	c := dial(h)
	if _, err := io.WriteString(c, "POST /login HTTP/1.1\r\nHost: coffer.test\r\nOrigin: http://coffer.test\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nusername=al"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || r.StatusCode != http.StatusBadRequest {
		t.Fatalf("half a form = %v, %v, want %d", r, err, http.StatusBadRequest)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil || !strings.Contains(string(text), "did not arrive whole") {
		t.Errorf("the page says %q, %v", text, err)
	}
	h.Wrote()
}

// TestHangingUp holds that a visitor who does not wait for the answer is in the
// log all the same.
func TestHangingUp(t *testing.T) {
	h := house.Open(t, "sqlite")
	c := dial(h)
	if _, err := io.WriteString(c, "GET /view_credit_card/1 HTTP/1.1\r\nHost: coffer.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	c.Close()
	for deadline := time.Now().Add(20 * time.Second); len(h.Lines(5)) == 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	h.Wrote("authz_fail reason=signed_out target=card:1")
}
