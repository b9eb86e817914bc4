package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// These are the attacks of somebody who knows no password. TestBruteForce,
// TestSpray, TestFailuresAtOnce and TestStrangerCannotLockTheOwnerOut stand in
// lock_test.go; TestFloodOfStrangers holds that sums of many still show them.

// proxy is the only one whose forwarding headers are believed here.
const proxy = "10.0.0.2"

func behindProxy(s *house.Setup) { s.TrustedProxies = proxy + "/32" }

// through is a browser at an address, behind the proxy.
func through(h *house.House, address string) *house.Browser {
	b := h.Browser(proxy)
	b.Header.Set("X-Forwarded-For", address)
	return b
}

// TestStuffing is a list of leaked names and passwords, each tried once and from
// an address of its own: nobody is locked, each try is a line that says from
// where, and the one who used the password again can see who came in.
func TestStuffing(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		h.Person("bob", home)
		for i := range 60 {
			from := fmt.Sprintf("198.51.100.%d", i+1)
			origin := " actor= source_ip=" + from + " peer_ip=" + proxy
			name, want := fmt.Sprint("leaked-", i), "authn_login_fail reason=unknown_name subject= target=account:unknown data.typed=*"
			if i%20 == 7 {
				name, want = "alice", "authn_login_fail reason=wrong_password subject=$alice data.attempt="+fmt.Sprint(i/20+1)
			}
			through(h, from).Post("/login", "username", name, "password", "leaked-elsewhere").
				Is(401, "Name or password is not right.").Wrote(want + origin)
		}
		thief := through(h, "203.0.113.99")
		thief.Post("/login", "username", "bob", "password", house.Password).To("/").
			Wrote("authn_login_success actor=$bob source_ip=203.0.113.99 peer_ip="+proxy, "session_created actor=$bob source_ip=203.0.113.99")
		thief.Get("/activity").Is(200, "203.0.113.99").Wrote()
		alice.Get("/activity").Is(200, "198.51.100.8", "198.51.100.28", "198.51.100.48").Not("198.51.100.9").Wrote()
		through(h, office).Post("/login", "username", "alice", "password", house.Password).To("/").
			Wrote("authn_login_successafterfail data.failures=3 source_ip="+office, "session_created")
	}, behindProxy)
}

// pretence is one client that would be taken for many.
type pretence struct {
	name string
	as   func(h *house.House, i int) *house.Browser
}

// planted gives a browser at an address a device cookie.
func planted(h *house.House, address, device string) *house.Browser {
	b := h.Browser(address)
	b.SetCookie("coffer_device", device)
	return b
}

func pretences(mallory *house.Browser) []pretence {
	return []pretence{
		{"left of what the proxy wrote", func(h *house.House, i int) *house.Browser { return through(h, fmt.Sprintf("9.9.9.%d, 203.0.113.1", i)) }},
		{"headers that no proxy wrote", func(h *house.House, i int) *house.Browser {
			b := h.Browser("203.0.113.2")
			for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip"} {
				b.Header.Set(name, fmt.Sprint("9.9.9.", i))
			}
			b.Header.Set("Forwarded", fmt.Sprint("for=9.9.9.", i))
			return b
		}},
		{"a network of one's own", func(h *house.House, i int) *house.Browser { return h.Browser(fmt.Sprintf("2001:db8:3:3::%x", i)) }},
		{"two spellings", func(h *house.House, i int) *house.Browser {
			return h.Browser([]string{"203.0.113.4", "::ffff:203.0.113.4"}[i%2])
		}},
		{"other browsers", func(h *house.House, i int) *house.Browser {
			b := h.Browser("203.0.113.5")
			b.Agent = fmt.Sprint("browser ", i)
			return b
		}},
		{"made-up devices", func(h *house.House, i int) *house.Browser {
			id := fmt.Sprintf("%022d", i)
			return planted(h, "203.0.113.6", id+".20514-"+strings.Repeat("A", 22))
		}},
		{"a device of another's", func(h *house.House, i int) *house.Browser {
			id, mark, _ := strings.Cut(mallory.Cookie("coffer_device"), ".")
			return planted(h, "203.0.113.7", []string{id + "." + mark, fmt.Sprintf("%022d.%s", i, mark), id}[i%3])
		}},
	}
}

// TestPretendingToBeMany holds that ten guesses are ten guesses, whatever else a
// request says about where it comes from: one client has one count.
func TestPretendingToBeMany(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		mallory := h.Person("mallory", far)
		for _, c := range pretences(mallory) {
			names := []string{"alice", "Alice", "ALICE"}
			for i := range 9 {
				c.as(h, i).Post("/login", "username", names[i%3], "password", "guess").Is(401).Wrote("authn_login_fail reason=wrong_password")
			}
			c.as(h, 9).Post("/login", "username", "alice", "password", "guess").Is(401, "Name or password is not right.").
				Wrote("authn_login_fail", "authn_login_fail_max data.client=address data.failures=10", "authn_login_lock data.client=address subject=$alice")
			locked := c.as(h, 10).Post("/login", "username", "aLICE", "password", house.Password).Is(429, "came from here").Has("Retry-After", "1800")
			if l := locked.Wrote("authn_login_fail reason=locked actor= subject=$alice"); strings.HasPrefix(l[0].SourceIP, "9.") {
				t.Errorf("%s: the line says %s, which the client made up", c.name, l[0].SourceIP)
			}
		}
	}, behindProxy)
}

// TestSprayFromOneAddress is one password for many names: the address is told
// to wait after twenty, and what comes beyond that is counted, not lost.
func TestSprayFromOneAddress(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		try := func(name string) *house.Answer {
			return h.Browser(far).Post("/login", "username", name, "password", "spring-2026")
		}
		for i := range 20 {
			try(fmt.Sprint("spray-", i)).Is(401).Wrote("authn_login_fail reason=unknown_name actor= subject= source_ip=" + far)
		}
		const limited = "excess_rate_limit_exceeded actor= subject= target=limit:login data.allowed=20/min source_ip=" + far
		for range 20 {
			try("alice").Is(429, "Please wait a moment").Has("Retry-After", "3").Wrote(limited)
		}
		for range 25 {
			try("alice").Is(429).Wrote()
		}
		h.Browser(office).Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_success", "session_created")
		h.Pass(time.Minute)
		h.Tick(time.Minute)
		h.Wrote("log_events_aggregated actor=system:flood target=event:excess_rate_limit_exceeded data.address=" + far + " data.count=25")
	})
}

// TestGuessingInTurn holds that a pause buys ten more guesses and no more, and
// that a hundred in all end it for every stranger.
func TestGuessingInTurn(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home).Post("/logout").To("/login").Wrote("session_logout")
		for range 9 {
			lock(h, far, "alice", "wrong_password")
			h.Pass(30 * time.Minute)
			h.Tick(time.Minute)
			h.Wrote("authn_login_unlock reason=expired actor=system:locks subject=$alice data.address=" + far)
		}
		for range 9 {
			guess(h, far, "alice").Is(401).Wrote("authn_login_fail reason=wrong_password")
		}
		lines := guess(h, far, "alice").Is(401, "Name or password is not right.").Wrote(
			"authn_login_fail data.attempt=100", "authn_login_fail_max data.client=address", "authn_login_lock data.client=address data.seconds=1800",
			"authn_login_fail_max data.client=strangers data.failures=100", "authn_login_lock reason=strangers data.client=strangers")
		if len(lines) == 5 && lines[4].Subject != h.ID("alice") {
			t.Errorf("the lock's subject is %q, want alice", lines[4].Subject)
		}
		h.Pass(time.Hour)
		guess(h, office, "alice").Is(http.StatusTooManyRequests, "devices that were never signed in with it").
			Wrote("authn_login_fail reason=locked subject=$alice actor= source_ip=" + office)
	})
}
