package app_test

import (
	"net/url"
	"slices"
	"testing"

	"coffer/internal/apptest/house"
)

// tricks are ways to lead a redirect elsewhere, or to what is no page.
var tricks = []string{
	"https://evil.example", "http://evil.example/", "//evil.example", "///evil.example", "////evil.example", `/\evil.example`,
	`\\evil.example`, `/\/evil.example`, `\/\/evil.example`, "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example",
	"/\x00/evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "https:evil.example", "https:/evil.example",
	"http:///evil.example", "//evil.example@coffer.test/", "https://coffer.test@evil.example/", "https://coffer.test.evil.example/",
	"http://coffer.test/", "coffer.test", "evil.example", "./activity", "../activity", "activity", "?next=/", "#x", "/activity#x",
	"/.//evil.example", "/..//evil.example", "/activity/../..//evil.example", "/%2F%2Fevil.example", "/%5Cevil.example", "/activity//evil.example",
	"//%65vil.example", "/;@evil.example", "/@evil.example", " /activity", " //evil.example", "/activity\r\nSet-Cookie: coffer=x",
	"/activity%0d%0aSet-Cookie:x", "/logout", "/healthz", "/readyz", "/static/x/y", "/no/such/page", "/view_credit_card/c_1/reveal",
	"/view_credit_card/c_1/delete", "", " ", "\u202e/activity", "／activity", "//[::1]/", "//127.0.0.1", "http:\\\\evil.example", "/%",
}

// pages are where a form may lead.
var pages = []string{"/", "/activity", "/activity?before=9", "/create_credit_card", "/view_credit_card/c_1", "/confirm", "/settings/security"}

// TestNext holds that a form leads on to a page of ours or to the start.
func TestNext(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "login=off" })
	b := h.Person("alice", home)
	confirm := func(next, to string) {
		t.Helper()
		b.Post("/confirm", "password", house.Password, "next", next).To(to).Wrote("authn_stepup_success", "session_renewed")
	}
	for _, next := range tricks {
		confirm(next, "/")
	}
	for _, next := range pages {
		confirm(next, next)
	}
	for i, next := range slices.Concat(pages[1:2], tricks) {
		stranger := h.Browser(office)
		stranger.Get("/login?next="+url.QueryEscape(next)).Is(200, `name="username"`).Not("evil.example").Wrote()
		if i < 8 { // ten sessions are the most that a person has
			stranger.Post("/login", "username", "alice", "password", house.Password, "next", next).
				To([]string{next, "/"}[min(i, 1)]).Wrote("authn_login_success", "session_created")
		}
	}
	if len(tricks) < 40 {
		t.Errorf("tricks = %d, want at least 40", len(tricks))
	}
}
