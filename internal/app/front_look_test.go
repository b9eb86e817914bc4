package app_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// TestForwardedUnbelieved holds that the operator is told, once for each peer
// and with the network to add, of forwarding headers that are not believed; and
// that strangers cannot fill the log with it.
func TestForwardedUnbelieved(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.TrustedProxies, s.MetricsListen = "10.0.0.0/24", "127.0.0.1:0" })
	send := func(peer, header, value string) (told string) {
		t.Helper()
		before := house.Told()
		b := h.Browser(peer)
		b.Header[header] = []string{value}
		b.Get("/login").Is(200).Wrote()
		return toldSince(before)
	}
	if told := send("10.0.0.7", "X-Forwarded-For", "198.51.100.1"); told != "" {
		t.Errorf("of a trusted proxy the operator is told %q", told)
	}
	if h.Browser("10.0.1.7").Get("/login").Is(200).Wrote(); len(h.Findings()) > 0 {
		t.Errorf("Findings() = %v of requests without such a header", h.Findings())
	}
	for i, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"} {
		peer := fmt.Sprintf("10.0.1.%d", i+1)
		told := send(peer, name, "for=198.51.100.1")
		for _, want := range []string{peer + " sends " + name + " ", "add it to --trusted-proxies as " + peer + "/32", "made the header up"} {
			if strings.Count(told, want) != 1 {
				t.Errorf("of %s the operator is told %q, want %q once", name, told, want)
			}
		}
		if told := send(peer, name, "for=198.51.100.1"); told != "" {
			t.Errorf("of %s again the operator is told %q", name, told)
		}
	}
	if told := send("2001:db8::1", "X-Forwarded-For", "\r\n"); !strings.Contains(told, "2001:db8::1/128") {
		t.Errorf("of a peer by IPv6 the operator is told %q", told)
	}
	for range 50 {
		send("10.0.1.1", "X-Forwarded-For", "198.51.100.1")
	}
	lines := 0
	for i := range 250 {
		lines += strings.Count(send(fmt.Sprintf("203.0.113.%d", i+1), "X-Forwarded-For", "198.51.100.1"), "--trusted-proxies")
	}
	if lines > 16 {
		t.Errorf("of 250 strangers the operator is told %d times, want at most 16", lines)
	}
	if told := send("192.168.7.7", "X-Forwarded-For", "198.51.100.1"); !strings.Contains(told, "192.168.7.7/32") {
		t.Errorf("after them, of a proxy in a private network the operator is told %q", told)
	}
	all := h.Findings()
	if len(all) != 16 || all[0].Network != netip.MustParsePrefix("10.0.1.1/32") || all[0].Requests != 52 || all[0].Header != "X-Forwarded-For" {
		t.Errorf("Findings() = %v, want 16, and first the peer that sent 52", all)
	}
	if got := scraped(h); !bytes.Contains(got, []byte("\ncoffer_forwarded_unbelieved_total 310\n")) {
		t.Error("the figures lack the 310 requests")
	}
}

// TestManyPeopleOneAddress holds that ten people at one address within an hour
// are told, once, as what a proxy that nobody named looks like.
func TestManyPeopleOneAddress(t *testing.T) {
	house.Both(t, func(h *house.House) {
		sign := func(n int, address string) (told string) {
			h.Helper()
			before := house.Told()
			h.Person(fmt.Sprint("person-", n), address).Get("/").Is(200).Wrote()
			return toldSince(before)
		}
		for n := range 9 {
			if told := sign(n, home); told != "" {
				h.Errorf("of %d people the operator is told %q", n+1, told)
			}
		}
		if told := sign(9, far); told != "" {
			h.Errorf("of a tenth elsewhere the operator is told %q", told)
		}
		told := sign(10, home)
		for _, want := range []string{"10 people or more were signed in at " + home, "add it to --trusted-proxies as " + home + "/32", "nothing is wrong"} {
			if strings.Count(told, want) != 1 {
				h.Errorf("of ten people the operator is told %q, want %q once", told, want)
			}
		}
		if told := sign(11, home); told != "" {
			h.Errorf("of one more the operator is told %q again", told)
		}
		if all := h.Findings(); len(all) != 1 || all[0].People != 10 || all[0].Header != "" {
			h.Errorf("Findings() = %v, want the one place", all)
		}
	})
}

// TestFewPeopleOneAddress holds who is not a crowd: ten people over a day, one
// person with many browsers, and visitors of a proxy that is named.
func TestFewPeopleOneAddress(t *testing.T) {
	h := house.Open(t, "sqlite")
	for n := range 10 {
		h.Person(fmt.Sprint("slow-", n), home).Get("/").Is(200).Wrote()
		h.Pass(7 * time.Minute)
	}
	alice := h.Person("alice", far)
	for range 12 {
		alice.Again().Get("/").Is(200).Wrote()
	}
	if all := h.Findings(); len(all) > 0 {
		t.Errorf("Findings() = %v, want none", all)
	}
	named := house.Open(t, "sqlite", func(s *house.Setup) { s.TrustedProxies = "10.0.0.1" })
	for n := range 12 {
		named.Person(fmt.Sprint("person-", n), home).Get("/").Is(200).Wrote()
	}
	if all := named.Findings(); len(all) > 0 {
		t.Errorf("Findings() with a proxy = %v, want none", all)
	}
}

// TestWarnedOfNoProxy holds that HTTPS which is somebody else's, with nobody
// named, is warned of at the start.
func TestWarnedOfNoProxy(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.URL = secureURL })
	if got := strings.Join(h.Warnings(), "\n"); !strings.Contains(got, "--trusted-proxies") {
		t.Errorf("Warnings() = %q, want the missing proxy named", got)
	}
	for _, set := range []func(*house.Setup){
		func(s *house.Setup) { s.URL, s.TrustedProxies = secureURL, "127.0.0.1" },
		func(s *house.Setup) { s.URL, s.SelfSigned = secureURL, true },
		func(*house.Setup) {},
	} {
		if got := strings.Join(house.Open(t, "sqlite", set).Warnings(), "\n"); strings.Contains(got, "--trusted-proxies") {
			t.Errorf("Warnings() = %q, want none of a proxy", got)
		}
	}
}
