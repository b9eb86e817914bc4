package app_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
)

const gib = 1 << 30

// shrinking is a disk whose free room the test decides.
func shrinking(free *atomic.Int64) func(*house.Setup) {
	return func(s *house.Setup) {
		s.Space = func(string) (app.Space, error) { return app.Space{Free: free.Load(), Total: 8 * gib}, nil }
	}
}

// TestDiskLow holds the order of refusal: changes first, while signing in,
// looking and refusing are recorded from the reserve; and both edges.
func TestDiskLow(t *testing.T) {
	var free atomic.Int64
	free.Store(4 * gib)
	house.Both(t, func(h *house.House) {
		free.Store(4 * gib)
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		ballast := filepath.Join(h.Dir(), "ballast")
		h.Tick(time.Second)
		h.Wrote()
		if info, err := os.Stat(ballast); err != nil || info.Size() != 32<<20 {
			h.Fatalf("the ballast is %v, %v, want 32 MiB", info, err)
		}
		free.Store(64<<20 - 1)
		h.Tick(time.Second)
		if _, err := os.Stat(ballast); !os.IsNotExist(err) {
			h.Errorf("the ballast is there (%v), want it given back", err)
		}
		h.Tick(time.Second)
		h.Wrote("sys_disk_low level=CRITICAL outcome=failure actor=system:log target=node:test data.free=67108863 data.reserve=33554432")

		alice.Post(cardForm, cardFields(mastercard)...).Is(503, "Nothing was changed").Wrote()
		alice.Post(path+"/delete").Is(503, "Nothing was changed").Wrote()
		h.Browser(far).Post("/signup", "username", "carol", "password", house.Password).Is(503, "Nothing was changed").Wrote()
		h.Browser(far).Get("/readyz").Is(503).Wrote()
		h.Browser(far).Get("/healthz").Is(200).Wrote()
		alice.Get(path).Is(200, "4242").Wrote("sensitive_read")
		again := h.Browser(office)
		again.Post("/login", "username", "alice", "password", "not this one").Is(401).Wrote("authn_login_fail")
		again.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_successafterfail", "session_created")
		again.Post("/logout").To("/login").Wrote("session_logout")
		h.Browser(far).Get(path).To("/login?next=" + "%2Fview_credit_card%2F" + filepath.Base(path)).Wrote("authz_fail")

		h.Stop() // an edge is told once, whoever runs
		h.Start()
		h.Wrote("sys_startup")
		h.Tick(time.Second)
		h.Tick(time.Second)
		h.Wrote()
		alice.Post(cardForm, cardFields(mastercard)...).Is(503).Wrote()
		free.Store(96<<20 - 1) // not enough for the reserve and what must be left beside it
		h.Tick(time.Second)
		alice.Post(cardForm, cardFields(mastercard)...).Is(503).Wrote()
		free.Store(96 << 20)
		h.Tick(time.Second)
		h.Tick(time.Second)
		h.Wrote("sys_disk_recovered level=INFO target=node:test data.free=67108864 data.reserve=33554432")
		if info, err := os.Stat(ballast); err != nil || info.Size() != 32<<20 {
			h.Errorf("the ballast is %v, %v, want 32 MiB again", info, err)
		}
		alice.Post(cardForm, cardFields(mastercard)...).Is(303).Wrote("sensitive_create")
		h.Browser(far).Get("/readyz").Is(200).Wrote()
		free.Store(1 << 20) // full, at once
		h.Tick(time.Second)
		h.Browser(far).Get("/readyz").Is(503).Wrote()
		h.Tick(time.Second)
		h.Wrote("sys_disk_low")
		free.Store(4 * gib)
		h.Tick(time.Second)
		h.Tick(time.Second)
		h.Wrote("sys_disk_recovered")
	}, shrinking(&free))
}
