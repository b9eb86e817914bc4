package app_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/event"
	"coffer/internal/factor"
)

// TestLoginsAtOnce is many logins in one moment, from as many addresses, at the
// cost that a password has in earnest: memory stays that of a few hashes, each is
// answered and counted, a person signs in among them, and who is signed in goes
// on. LOGINS says how many; make test-slow takes 500.
func TestLoginsAtOnce(t *testing.T) {
	many := 100
	if n, err := strconv.Atoi(os.Getenv("LOGINS")); err == nil {
		many = n
	}
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Hash, s.Limits = factor.Default, "request=off" })
	quiet(h)
	alice := h.Person("alice", home)
	path := addCard(alice, visa)
	before := heap()
	var strangers sync.WaitGroup
	for i := range many {
		strangers.Go(func() {
			h.Browser(network(i)).Send(house.Request{Method: "POST", Path: "/login", Body: fmt.Sprintf("username=at-once-%d&password=spring-2026", i)}).Is(401)
		})
	}
	in := make(chan *house.Answer, 1)
	go func() {
		in <- h.Browser(office).Send(house.Request{Method: "POST", Path: "/login", Body: h.Form("username", "alice", "password", house.Password)})
	}()
	done := make(chan struct{})
	go func() { strangers.Wait(); close(done) }()
	peak, views, slowest := int64(0), 0, time.Duration(0)
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(5 * time.Millisecond): // how often memory is looked at
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, int64(m.HeapAlloc)-before)
			began := time.Now()
			alice.Send(house.Request{Method: "GET", Path: path}).Is(200, "4242")
			views, slowest = views+1, max(slowest, time.Since(began))
		}
	}
	(<-in).To("/")
	h.Tick(time.Minute)
	failed, seen := 0, map[string]int{}
	for _, l := range h.Rest() {
		switch seen[l.Event]++; l.Event {
		case "authn_login_fail":
			failed++
		case "log_events_aggregated":
			failed += summed(h, l, "authn_login_fail")
		}
	}
	if failed != many || seen["authn_login_success"] != 1 || seen["session_created"] != 1 || seen["sensitive_read"] != views {
		t.Errorf("%d failures are in the log, want %d; beside them %v, want one sign-in and %d views", failed, many, seen, views)
	}
	// Each hash takes 19 MiB and leaves it as garbage until the collector comes.
	if limit := int64(19<<20) * int64(8*runtime.GOMAXPROCS(0)+8); peak > limit {
		t.Errorf("%d logins took %.0f MiB, want at most %.0f", many, mib(peak), mib(limit))
	}
	t.Logf("%d logins at once: %.0f MiB more at the most, %d card views meanwhile, the slowest in %v", many, mib(peak), views, slowest.Round(time.Millisecond))
}

// summed is how many of an event a sum stands for.
func summed(h *house.House, l event.Line, name string) int {
	h.Helper()
	e, err := l.Decode()
	if err != nil {
		h.Fatal(err)
	}
	if sum, ok := e.(event.EventsAggregated); ok && sum.Event == name {
		return sum.Count
	}
	return 0
}

// TestIdleConnections holds that a thousand connections which begin a request
// and go on with none of it leave the rest served, and are hung up on.
func TestIdleConnections(t *testing.T) {
	h := house.Open(t, "sqlite")
	alice := h.Person("alice", home)
	path := addCard(alice, visa)
	began := time.Now()
	idle := make([]net.Conn, 1000)
	for i := range idle {
		idle[i] = dial(h)
		if _, err := io.WriteString(idle[i], []string{"", "GET / HTTP/1.1\r\n", "POST /login HTTP/1.1\r\nHost: coffer.test\r\nX: "}[i%3]); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		status, _, body := exchange(h, getting(path, ourHost, "Cookie: coffer="+alice.Cookie("coffer")+"\r\n"))
		if status != http.StatusOK || !strings.Contains(body, "4242") {
			t.Errorf("a card beside idle connections = %d, want it shown", status)
		}
		h.Wrote("sensitive_read data.part=masked")
	}
	for i, c := range idle {
		if answer, err := io.ReadAll(bufio.NewReader(c)); err != nil && !isReset(err) || len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.1 4") {
			t.Fatalf("idle connection %d ends with %q, %v, want it closed", i, answer, err)
		}
	}
	// Five seconds are the time to send a head in; a machine under load may take more.
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("idle connections are held for %v, want about five seconds", took)
	}
	h.Wrote()
}

func isReset(err error) bool {
	return strings.Contains(err.Error(), "connection reset") // the system's word, on every system that has one
}
