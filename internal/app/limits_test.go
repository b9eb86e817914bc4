package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// TestRequestLimit holds that an address that asks too fast is told when to
// come back, that others are not held up, and that health checks never are.
func TestRequestLimit(t *testing.T) {
	h := house.Open(t, "sqlite")
	b := h.Browser(far)
	for range 200 {
		b.Get("/login").Is(200).Wrote()
	}
	limited := "excess_rate_limit_exceeded actor= subject= target=limit:request data.allowed=50/s source_ip=" + far
	b.Get("/login").Is(429, "asked for more pages").Has("Retry-After", "1").Wrote(limited)
	b.Post("/login", "username", "a", "password", "b").Is(429).Has("Retry-After", "1").Wrote(limited)
	b.Get("/healthz").Is(200, "ok").Wrote()
	b.Get("/readyz").Is(200, "ok").Wrote()
	h.Browser(home).Get("/login").Is(200).Wrote()
	h.Pass(time.Second)
	b.Get("/login").Is(200).Wrote()
}

// TestAddressGroups holds that who has an IPv6 network has one address.
func TestAddressGroups(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "login=1/min" })
	try := func(address string) *house.Answer {
		return h.Browser(address).Post("/login", "username", "a", "password", "b")
	}
	const refused = "excess_rate_limit_exceeded target=limit:login data.allowed=1/min actor="
	try("2001:db8:1:1::1").Is(401).Wrote("authn_login_fail source_ip=2001:db8:1:1::1")
	try("2001:db8:1:1:ffff::2").Is(429).Wrote(refused)
	try("2001:db8:1:2::1").Is(401).Wrote("authn_login_fail")
	try("192.0.2.7").Is(401).Wrote("authn_login_fail")
	try("::ffff:192.0.2.7").Is(429).Wrote(refused + " source_ip=192.0.2.7")
	try("192.0.2.8").Is(401).Wrote("authn_login_fail")
}

func TestLoginLimit(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		b := h.Browser(far)
		for n := range 20 {
			b.Post("/login", "username", "alice", "password", "guess").Is(401).Wrote(fmt.Sprint("authn_login_fail data.attempt=", n+1))
		}
		b.Post("/login", "username", "alice", "password", house.Password).Is(429, "Please wait a moment").Has("Retry-After", "3").
			Wrote("excess_rate_limit_exceeded actor= subject= target=limit:login data.allowed=20/min")
		h.Pass(3 * time.Second)
		b.Post("/login", "username", "alice", "password", house.Password).To("/").
			Wrote("authn_login_successafterfail data.failures=20", "session_created")
	}, func(s *house.Setup) { s.Limits = "lock=off" })
}

func TestSignupLimit(t *testing.T) {
	h := house.Open(t, "sqlite")
	for n := range 30 {
		h.Person(fmt.Sprint("person-", n), home)
	}
	h.Browser(home).Post("/signup", "username", "x", "password", "").Is(422).Wrote("input_validation_fail")
	h.Browser(home).Post("/signup", "username", "one-more", "password", house.Password).Is(429).Has("Retry-After", "120").
		Wrote("excess_rate_limit_exceeded actor= subject= target=limit:signup data.allowed=30/h")
	if n := count(h, "account"); n != 30 {
		t.Errorf("accounts = %d, want 30", n)
	}
}

// TestUnknownPaths holds that a path that is not there is no event, and that a
// list of them is.
func TestUnknownPaths(t *testing.T) {
	h := house.Open(t, "sqlite")
	b := h.Browser(far)
	paths := []string{
		"/wp-login.php", "/.env", "/admin", "//", "//login", "/login/", "/login/../activity", "/./login", "/%2e%2e/etc/passwd", "/a%00b",
		"/%E2%80%AE", "/" + strings.Repeat("a", 3000), "/view_credit_card", "/view_credit_card/", "/view_credit_card/1/2", "/view_credit_card/1/reveal/",
		"/static/", "/static/x", "/static/../../etc/passwd", "/reset/secret-token",
	}
	for _, p := range paths {
		b.Get(p).Is(404, "There is no such page").Not("passwd", "secret-token").Wrote()
	}
	b.Get("/robots.txt").Is(404, "There is no such page").
		Wrote("malicious_excess_404 actor= subject= target=limit:not_found source_ip=" + far + " request_uri=/{id}")
	h.Browser(home).Get("/robots.txt").Is(404).Wrote()
	h.Pass(time.Minute)
	b.Get("/robots.txt").Is(404).Wrote()
}

// TestUnknownPathsAreRequests holds that a path that is not there counts as a
// request like any other.
func TestUnknownPathsAreRequests(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "request=2/s,not_found=off" })
	b := h.Browser(far)
	for range 8 { // four times the limit may come at once
		b.Get("/nowhere").Is(404).Wrote()
	}
	b.Get("/nowhere").Is(429).Has("Retry-After", "1").
		Wrote("excess_rate_limit_exceeded actor= subject= target=limit:request data.allowed=2/s")
}

// TestFlood holds that noise beyond twenty lines a minute becomes one line with
// its count, and that what concerns a known account stays.
func TestFlood(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		b := h.Browser(far)
		const signedOut = "authz_fail reason=signed_out"
		for range 20 {
			b.Get("/activity").To("/login?next=%2Factivity").Wrote(signedOut)
		}
		for i := range 130 {
			b.Get(fmt.Sprint("/view_credit_card/", i)).Is(303).Wrote()
			if i%40 == 0 {
				h.Pass(time.Second)
			}
		}
		h.Browser(office).Get("/activity").Is(303).Wrote(signedOut)
		b.Post("/login", "username", "alice", "password", "guess").Is(401).Wrote("authn_login_fail subject=$alice")
		h.Tick(time.Minute)
		h.Wrote("log_events_aggregated actor=system:flood target=event:authz_fail subject= data.address=" + far + " data.count=130 data.addresses=1 data.subjects=0")
		h.Tick(time.Minute)
		h.Wrote()
		b.Get("/activity").Is(303).Wrote(signedOut)
	})
}

// TestFloodAtTheEnd holds that a clean stop writes what was only counted.
func TestFloodAtTheEnd(t *testing.T) {
	h := house.Open(t, "sqlite")
	for i := range 25 {
		h.Browser(far).Send(house.Request{Method: "GET", Path: fmt.Sprint("/view_credit_card/", i)}).Is(303)
	}
	h.Next(20)
	h.StopWriting("log_events_aggregated data.count=5 target=event:authz_fail", "sys_shutdown")
}

// TestFloodOfANetwork holds that the addresses of one IPv6 network are one
// source: singly written together twenty times, then summed up together.
func TestFloodOfANetwork(t *testing.T) {
	h := house.Open(t, "sqlite")
	for i := range 30 {
		address, want := fmt.Sprintf("2001:db8:7:7::%x", i+1), []string{}
		if i < 20 {
			want = append(want, "authz_fail reason=signed_out source_ip="+address)
		}
		h.Browser(address).Get("/activity").Is(303).Wrote(want...)
	}
	h.Browser("2001:db8:7:8::1").Get("/activity").Is(303).Wrote("authz_fail source_ip=2001:db8:7:8::1")
	h.Tick(time.Minute)
	h.Wrote("log_events_aggregated target=event:authz_fail data.address=2001:db8:7:7::/64 data.count=10 data.addresses=10")
}
