package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// slow are connections to one address that never finish what they say.
type slow struct {
	*testing.T
	conns []net.Conn
}

// openSlow opens n connections that begin to speak, and then say one byte more
// each half second for as long as ctx lasts: nobody takes a client for dead that
// does.
func openSlow(ctx context.Context, t *testing.T, n int, address, begin string) *slow {
	t.Helper()
	s := &slow{t, make([]net.Conn, n)}
	var all sync.WaitGroup
	for k := range 8 {
		all.Go(func() {
			for i := k; i < n; i += 8 {
				c, err := net.Dial("tcp", address)
				if err == nil {
					_, err = io.WriteString(c, begin)
				}
				if s.conns[i] = c; err != nil {
					t.Errorf("connection %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
	t.Cleanup(func() {
		for _, c := range s.conns {
			if c != nil {
				c.Close()
			}
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	go s.dribble(ctx)
	return s
}

func (s *slow) dribble(ctx context.Context) {
	tick := time.NewTicker(time.Second / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, c := range s.conns {
			_, _ = io.WriteString(c, "x") // it may have been ended, which ended tells
		}
	}
}

// ended fails unless the server ends every one of them in time.
func (s *slow) ended(within time.Duration) {
	s.Helper()
	end := time.Now().Add(within)
	for i, c := range s.conns {
		if err := c.SetReadDeadline(end); err != nil {
			s.Fatal(err)
		}
		_, err := io.Copy(io.Discard, c) // what it is told on the way out
		if n, ok := err.(net.Error); ok && n.Timeout() {
			s.Fatalf("connection %d of %d is still open after %v", i, len(s.conns), within)
		}
	}
}

// TestSlowRequests holds that a thousand connections which dribble their header,
// or say next to nothing to HTTPS, leave the rest served, cost little, and end.
func TestSlowRequests(t *testing.T) {
	for _, c := range []struct {
		name, begin string
		set         func(*house.Setup)
		secure      bool
	}{
		{"plain HTTP", "GET /login HTTP/1.1\r\nHost: coffer.test\r\nX-Slow: ", func(*house.Setup) {}, false},
		// The first bytes of a handshake whose record is said to be 512 bytes long.
		{"HTTPS", "\x16\x03\x01\x02\x00\x01\x00", func(s *house.Setup) { s.SelfSigned, s.URL = true, secureURL }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := house.Open(t, "sqlite", c.set, func(s *house.Setup) { s.Limits = "request=off" })
			h.Rest() // the limit that is off
			ask := asking(h, c.secure)
			ask()
			before := inUse()
			attack := openSlow(t.Context(), t, 1000, h.Address(), c.begin)
			began := time.Now()
			var longest time.Duration
			for range 200 {
				longest = max(longest, ask())
			}
			if longest > 2*time.Second {
				t.Errorf("while 1000 connections dribble, a page took %v, want 2 s at most", longest)
			}
			if more := inUse() - before; more > 64<<20 {
				t.Errorf("1000 connections took %d bytes more, want at most 64 MiB", more)
			}
			attack.ended(20*time.Second - time.Since(began))
			t.Logf("longest page %v; all ended after %v", longest, time.Since(began))
			h.Wrote()
		})
	}
}

// asking gives what asks for a page on a new connection and says how long it took.
func asking(h *house.House, secure bool) func() time.Duration {
	return func() time.Duration {
		h.Helper()
		began := time.Now()
		status := 0
		if secure {
			status = insecure(h)
		} else {
			status, _ = raw(h, "GET /login HTTP/1.1\r\nHost: coffer.test\r\nConnection: close\r\n\r\n")
		}
		if status != 200 {
			h.Errorf("a page = %d, want 200", status)
		}
		return time.Since(began)
	}
}

// inUse is the memory that the program holds, garbage left out.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// TestMoreThanMayConnect holds that whoever opens more connections than there
// may be ends their own.
func TestMoreThanMayConnect(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Connections = 32 })
	attack := openSlow(t.Context(), t, 200, h.Address(), "GET /login HTTP/1.1\r\nHost: coffer.test\r\nX-Slow: ")
	for range 10 {
		if status, _ := raw(h, "GET /login HTTP/1.1\r\nHost: coffer.test\r\n\r\n"); status != 200 {
			t.Errorf("a page = %d, want 200", status)
		}
	}
	attack.ended(20 * time.Second)
	h.Wrote()
}

// TestLargeHeaders holds that headers of more than 16 KiB (and the 4 KiB that
// net/http allows on top) are refused at once, in whatever shape: long values,
// many names, or a line that never ends; and before HTTPS too.
func TestLargeHeaders(t *testing.T) {
	h := house.Open(t, "sqlite", redirecting)
	const begin = "GET /login HTTP/1.1\r\nHost: coffer.test\r\n"
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, "X-%d: y\r\n", i)
	}
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"within", begin + "X: " + strings.Repeat("x", 15<<10) + "\r\n\r\n", 308},
		{"a long value", begin + "X: " + strings.Repeat("x", 21<<10) + "\r\n\r\n", 431},
		{"many", begin + many.String() + strings.Repeat("X: y\r\n", 1000) + "\r\n", 431},
		{"a line that never ends", begin + "X: " + strings.Repeat("x", 21<<10), 431},
		{"a long address", "GET /" + strings.Repeat("x", 21<<10) + " HTTP/1.1\r\nHost: coffer.test\r\n\r\n", 431},
		{"a long cookie", begin + "Cookie: coffer=" + strings.Repeat("x", 21<<10) + "\r\n\r\n", 431},
	} {
		if res, _ := plain(h, c.request); res.StatusCode != c.status {
			t.Errorf("over plain HTTP, %s = %d, want %d", c.name, res.StatusCode, c.status)
		}
		want := map[int]int{308: 200, 431: 431}[c.status]
		if got := insecureAsk(h, c.request); got != want {
			t.Errorf("over HTTPS, %s = %d, want %d", c.name, got, want)
		}
	}
	h.Wrote()
}
