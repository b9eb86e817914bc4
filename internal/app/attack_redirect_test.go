package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
)

// TestNext holds the tricks of the table at /confirm. Here are the other doors
// that lead on: the login, and a guard that sends a visitor there or to confirm.

// TestOpenRedirectAtLogin holds that signing in leads to a page of ours, whatever
// a link to the login, or the form itself, says.
func TestOpenRedirectAtLogin(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "login=off,request=off,lock=off,strangers=off" })
	h.Person("alice", home)
	enter := func(path, next, to string) {
		t.Helper()
		b := h.Browser(office)
		b.Post(path, "username", "alice", "password", house.Password, "next", next).To(to).Wrote("authn_login_success", "session_created")
		b.Post("/logout").To("/login").Wrote("session_logout")
	}
	for _, next := range tricks {
		enter("/login", next, "/")
		enter("/login?next="+url.QueryEscape(next), "", "/")
	}
	for _, next := range pages {
		enter("/login", next, next)
	}
	// The address of the form is not the form.
	enter("/login?next=/activity", "", "/")
	h.Browser(office).Get("/login?next=/activity&next=//evil.example").Is(200, `value="/activity"`).Not("evil.example").Wrote()
	h.Browser(office).Post("/login?next=//evil.example", "username", "alice", "password", "x", "next", "/", "next", "//evil.example").
		Is(400).Wrote("malicious_extraneous data.repeated=1 data.unknown=0")
	for _, next := range tricks {
		h.Browser(far).Post("/login", "username", "alice", "password", "guess", "next", next).
			Is(401, "Name or password is not right.").Not("evil.example").Has("Location", "").Wrote("authn_login_fail reason=wrong_password")
	}
}

// chains are pages of ours that are told to lead on themselves.
var chains = []string{
	"/login?next=//evil.example", "/login?next=https%3A%2F%2Fevil.example", "/confirm?next=//evil.example", "/confirm?next=%2F%5Cevil.example",
	"/confirm?next=%2Fconfirm%3Fnext%3D%2F%2Fevil.example", "/activity?next=//evil.example", "/signup?next=//evil.example",
}

// TestChainedRedirect holds that a page which leads on cannot be the first step
// of a way out.
func TestChainedRedirect(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "login=off" })
	alice := h.Person("alice", home)
	for _, next := range chains {
		to := next
		for range 3 {
			if strings.HasPrefix(to, "/login") || strings.HasPrefix(to, "/signup") {
				alice.Get(to).To("/").Wrote()
				break
			}
			page := alice.Get(to).Is(200)
			page.Wrote()
			if !strings.HasPrefix(to, "/confirm") {
				break
			}
			shown := between(page.Body, `name="next" value="`, `"`)
			a := alice.Post("/confirm", "password", house.Password, "next", shown).Is(303)
			a.Wrote("authn_stepup_success", "session_renewed")
			to = ours(t, a)
		}
	}
}

// ours fails unless the answer leads to a path of this host, and gives it.
func ours(t *testing.T, a *house.Answer) string {
	t.Helper()
	to := a.Header.Get("Location")
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t \x00") {
		t.Errorf("an answer leads to %q, want a path of ours", to)
	}
	return to
}

// TestGuardLeadsNowhereElse holds that the address which a guard writes down to
// come back to is a page here, however the path that was asked for is spelt.
func TestGuardLeadsNowhereElse(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "request=off,not_found=off" })
	alice := h.Person("alice", home)
	h.Pass(session.StepUp)
	for i, id := range []string{
		"c_1?next=//evil.example", "%2F%2Fevil.example", "%5C%5Cevil.example", "%0d%0aLocation:%20https:%2F%2Fevil.example", "c_1%3Fnext=x", "@evil.example",
		"%09evil", "%00", "c_1%23", "javascript:alert(1)", "%252F%252Fevil.example", "%C0%AFevil",
	} {
		path, from := "/view_credit_card/"+id, fmt.Sprint("203.0.113.", i)
		stranger := h.Browser(from).Get(path).Is(303)
		stranger.Wrote("authz_fail reason=signed_out actor= subject=")
		back := ours(t, stranger)
		next, _ := strings.CutPrefix(back, "/login?next=")
		if got, err := url.QueryUnescape(next); err != nil || !strings.HasPrefix(got, "/view_credit_card/") {
			t.Errorf("%s comes back to %q, want the page that was asked for", path, got)
		}
		h.Browser(office).Get(back).Is(200, `name="username"`).Wrote()
		for _, verb := range []string{"/reveal", "/delete"} {
			bare, _, _ := strings.Cut(path, "?")
			posted := h.Browser(from).Post(bare + verb).Is(303)
			posted.Wrote("authz_fail reason=signed_out actor=")
			ours(t, posted)
			alice.Post(bare+verb).Is(404).Has("Location", "").Wrote("authz_fail reason=not_found actor=$alice")
		}
	}
	for _, path := range []string{"//evil.example/activity", "///evil.example", "/\\evil.example", "//evil.example/%2e%2e", "/.//evil.example/activity", "/activity/..//evil.example"} {
		h.Browser(office).Get(path).Is(404, "There is no such page").Has("Location", "").Not("evil.example").Wrote()
	}
}
