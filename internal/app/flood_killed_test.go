package app_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/event"
)

// minuteHere makes the server's minutes end when it gets SIGUSR1.
const minuteHere = "COFFER_TEST_MINUTE"

// signalled drives the jobs of each minute by a signal and leaves all others out.
func signalled(d time.Duration, fn func(context.Context)) func(context.Context) {
	over := make(chan os.Signal, 1)
	if d == time.Minute {
		signal.Notify(over, syscall.SIGUSR1)
	}
	return func(ctx context.Context) {
		for {
			select {
			case <-ctx.Done():
				return
			case <-over:
				fn(ctx)
			}
		}
	}
}

// TestFloodKilled kills a server in a flood: the counts of the running minute
// are lost, and nothing else is.
func TestFloodKilled(t *testing.T) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			c, dir := db.Config{}, t.TempDir()
			if e == db.Postgres {
				c.Postgres = apptest.Postgres(t)
			}
			t.Setenv(minuteHere, "signal")
			address, process, kill := startProcess(t, dir, c)
			knock(t, address, 300)
			if err := process.Signal(syscall.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool {
				raw, err := os.ReadFile(filepath.Join(dir, "security.log"))
				return err == nil && bytes.Contains(raw, []byte(`"log_events_aggregated"`))
			})
			knock(t, address, 150)
			kill()
			h := house.On(t, dir, c, func(s *house.Setup) { s.Limits, s.Now = "signup=off,request=off", time.Now })
			singles, counted := 0, 0
			for _, l := range h.Rest() {
				e, err := l.Decode()
				if err != nil {
					t.Fatal(err)
				}
				switch e := e.(type) {
				case event.AuthzFailed:
					singles++
				case event.EventsAggregated:
					counted += e.Count
				}
			}
			if singles != 20+20 || counted != 280 {
				t.Errorf("%d lines and %d counted are left of 300 and 150, want 40 and the 280 of the first minute", singles, counted)
			}
		})
	}
}

// knock asks for a card so many times, signed out.
func knock(t *testing.T, address string, times int) {
	t.Helper()
	b := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for i := range times {
		a, err := b.Get("http://" + address + "/view_credit_card/" + strconv.Itoa(i))
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusSeeOther {
			t.Fatalf("a stranger's request = %d, want 303", a.StatusCode)
		}
	}
}
