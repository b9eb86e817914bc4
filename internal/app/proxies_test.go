package app_test

import (
	"net/http"
	"strings"
	"testing"

	"coffer/internal/apptest/house"
)

// TestForwarded holds whose address is believed: the peer's, unless it is a
// trusted proxy; then the first from the right that is none.
func TestForwarded(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.TrustedProxies = "10.0.0.0/8, fd00::/8,192.0.2.200" })
	for _, c := range []struct{ name, peer, forwarded, source string }{
		{"untrusted peer", "203.0.113.9", "198.51.100.1", "203.0.113.9"},
		{"untrusted peer, many", "203.0.113.9", "10.0.0.1, 10.0.0.2", "203.0.113.9"},
		{"trusted", "10.0.0.2", "198.51.100.1", "198.51.100.1"},
		{"single address trusted", "192.0.2.200", "198.51.100.1", "198.51.100.1"},
		{"its neighbour is not", "192.0.2.201", "198.51.100.1", "192.0.2.201"},
		{"trusted, none given", "10.0.0.2", "", "10.0.0.2"},
		{"what the client wrote stands left", "10.0.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1"},
		{"two proxies", "10.0.0.2", "1.1.1.1, 198.51.100.1, 10.0.0.3", "198.51.100.1"},
		{"proxies only", "10.0.0.2", "10.0.0.4, 10.0.0.3", "10.0.0.4"},
		{"garbage", "10.0.0.2", "garbage", "10.0.0.2"},
		{"garbage left of a client", "10.0.0.2", "<script>, 198.51.100.1", "198.51.100.1"},
		{"garbage right of a client", "10.0.0.2", "198.51.100.1, garbage", "10.0.0.2"},
		{"garbage between", "10.0.0.2", "198.51.100.1, garbage, 10.0.0.3", "10.0.0.3"},
		{"a line", "10.0.0.2", `198.51.100.1", "seq":1, "x":"`, "10.0.0.2"},
		{"with a port", "10.0.0.2", "198.51.100.1:80", "198.51.100.1"},
		{"IPv6 with a port", "10.0.0.2", "[2001:db8::1]:80", "2001:db8::1"},
		{"with no such port", "10.0.0.2", "198.51.100.1:http", "10.0.0.2"},
		{"a zone", "10.0.0.2", "fe80::1%eth0", "fe80::1"},
		{"IPv6", "fd00::1", "2001:db8::1", "2001:db8::1"},
		{"IPv4 in IPv6", "::ffff:10.0.0.2", "::ffff:198.51.100.1", "198.51.100.1"},
		{"empty hops", "10.0.0.2", "198.51.100.1,,", "10.0.0.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := h.Browser(c.peer)
			peer := c.peer
			if peer == "::ffff:10.0.0.2" {
				peer = "10.0.0.2"
			}
			head := http.Header{"X-Real-Ip": {"8.8.8.8"}, "Forwarded": {"for=8.8.8.8"}, "X-Client-Ip": {"8.8.8.8"}}
			if c.forwarded != "" {
				head.Set("X-Forwarded-For", c.forwarded)
			}
			b.Do(house.Request{Method: "GET", Path: "/activity", Header: head}).To("/login?next=%2Factivity").
				Wrote("authz_fail source_ip=" + c.source + " peer_ip=" + peer)
		})
	}
	// Several headers are one list, in their order.
	b := h.Browser("10.0.0.2")
	b.Header["X-Forwarded-For"] = []string{"1.1.1.1", "198.51.100.8, 10.0.0.3"}
	b.Get("/activity").Is(303).Wrote("authz_fail source_ip=198.51.100.8 peer_ip=10.0.0.2")
}

// TestWhatRequestsSay holds that what a request says about itself enters the
// line tamed.
func TestWhatRequestsSay(t *testing.T) {
	h := house.Open(t, "sqlite")
	b := h.Browser(far)
	long := "Mozilla\u202e\x01" + string(make([]byte, 300))
	for agent, check := range map[string]func(string) bool{
		`x","event":"y`: func(s string) bool { return s == `x","event":"y` },
		"\xff\xfe":      func(s string) bool { return s == "\ufffd\ufffd" },
		"":              func(s string) bool { return s == "" },
		long:            func(s string) bool { return len(s) <= 256 && s[:7] == "Mozilla" },
	} {
		b.Agent = agent
		l := b.Get("/activity").Is(303).Wrote("authz_fail reason=signed_out")[0]
		if !check(l.UserAgent) {
			t.Errorf("useragent %q is written as %q", agent, l.UserAgent)
		}
	}
	for path, uri := range map[string]string{
		"/view_credit_card/4242424242424242": "/view_credit_card/{id}", "/view_credit_card/a%0Ab": "/view_credit_card/{id}",
		"/view_credit_card/1?number=4242424242424242": "/view_credit_card/1", "/view_credit_card/1234567": "/view_credit_card/1234567",
		"/view_credit_card/12345678": "/view_credit_card/{id}",
	} {
		b.Get(path).Is(303).Wrote("authz_fail request_uri=" + uri)
	}
}

// TestForwardedScheme holds that a trusted proxy, and nobody else, says that
// the browser came by HTTPS; the cookie and HSTS follow it.
func TestForwardedScheme(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.TrustedProxies = "10.0.0.0/8" })
	for _, c := range []struct {
		peer, said string
		secure     bool
	}{
		{"10.0.0.2", "https", true},
		{"10.0.0.2", "HTTPS", true},
		{"10.0.0.2", "http", false},
		{"10.0.0.2", "", false},
		{"203.0.113.9", "https", false},
	} {
		b := h.Browser(c.peer)
		if c.said != "" {
			b.Header["X-Forwarded-Proto"] = []string{c.said}
		}
		a := b.Post("/create_credit_card").Is(303)
		a.Wrote("authz_fail peer_ip=" + c.peer)
		if got := a.Header.Get("Strict-Transport-Security") != ""; got != c.secure {
			t.Errorf("%s says %q: HSTS = %v, want %v", c.peer, c.said, got, c.secure)
		}
		set := a.Header.Get("Set-Cookie")
		if got := strings.HasPrefix(set, "__Host-coffer_visit=") && strings.Contains(set, "; Secure"); got != c.secure {
			t.Errorf("%s says %q: %s, want a secure cookie: %v", c.peer, c.said, set, c.secure)
		}
	}
}
