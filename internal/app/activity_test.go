package app_test

import (
	"fmt"
	"strings"
	"testing"

	"coffer/internal/apptest/house"
	"coffer/internal/seclog/seal"
)

// TestActivity holds what a person sees of the log, and what not.
func TestActivity(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		bob := h.Person("bob", far)
		bob.Get("/activity").Is(200, "Account created", "Session started").Not("•••• 4242", home).Wrote()
		bob.Get(path).Is(404).Wrote("malicious_direct_reference subject=$alice")
		h.Browser(office).Post("/login", "username", "alice", "password", "not this one").Is(401).Wrote("authn_login_fail subject=$alice")
		h.Browser(office).Post("/signup", "username", "alice", "password", house.Password).Is(422).Wrote("authn_signup_fail subject=$alice")
		h.Browser(office).Get(path).To("/login?next=" + strings.ReplaceAll(path, "/", "%2F")).Wrote("authz_fail subject=")

		alice.Get("/activity").Is(200, "Account created", "•••• 4242 added", "Someone else asked for this card", "told that it does not exist",
			"wrong password", "Someone tried to sign up with your name", far, office, "Key made that seals your cards").
			Not(h.ID("bob"), h.ID("session-of-bob"), "Access refused").Wrote()
		bob.Get("/activity").Is(200, "Account created").Not("Someone else", "•••• 4242", "does not exist", h.ID("alice")).Wrote()
		alice.Get(path).Is(200, "History of this card", "Someone else asked for this card").Not(h.ID("bob")).Wrote("sensitive_read")
	})
}

// TestActivityPages holds that paging by line number shows every line once,
// newest first, however many there are.
func TestActivityPages(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		for range 100 {
			alice.Get(path).Is(200).Wrote("sensitive_read")
		}
		shown, pages := 0, 0
		for next := "/activity"; next != ""; pages++ {
			a := alice.Get(next).Is(200, "Activity")
			a.Wrote()
			shown += strings.Count(a.Body, "•••• 4242 viewed")
			next = between(a.Body, `href="/activity?before=`, `"`)
			if next != "" {
				next = "/activity?before=" + next
			}
		}
		if shown != 100 || pages != 3 {
			t.Errorf("%d views on %d pages, want 100 on 3", shown, pages)
		}
		for _, before := range []string{"0", "-1", "x", "99999999999999999999", "1%27", "%00"} {
			alice.Get("/activity?before="+before).Is(200, "4242 viewed").Wrote()
		}
		alice.Get("/activity?before=1").Is(200, "nothing older").Wrote()
	})
}

// between is the text after the first mark and before the next one.
func between(s, from, to string) string {
	_, rest, found := strings.Cut(s, from)
	if !found {
		return ""
	}
	text, _, _ := strings.Cut(rest, to)
	return text
}

// TestWelcome holds that the welcome page shows the visitor's own last line,
// else a marked sample, and never another visitor's.
func TestWelcome(t *testing.T) {
	house.Both(t, func(h *house.House) {
		const sample = "48205" // the sample's number
		b, other := h.Browser(far), h.Browser(office)
		b.Get("/").Is(200, "Create account", sample, "198.51.100.77").Wrote()
		b.Get("/view_credit_card/1").To("/login?next=%2Fview_credit_card%2F1").
			Wrote("authz_fail reason=signed_out actor= subject= target=card:1 request_uri=/view_credit_card/1 request_method=GET peer_ip=" + far)
		b.Get("/").Is(200, "You asked for a card without being signed in", "card:1").Not(sample).Wrote()
		other.Get("/").Is(200, sample).Not("You asked for").Wrote()
		other.Post("/login", "username", "nobody", "password", "whatever it is").Is(401).Wrote("authn_login_fail")
		other.Get("/").Is(200, sample).Not("You asked for").Wrote()
		other.Post("/signup", "username", "x", "password", "").Is(422).Wrote("input_validation_fail")
		other.Get("/").Is(200, "You sent a form whose fields broke a rule", "input_validation_fail").Not(sample).Wrote()
		b.Get("/").Is(200, "card:1").Not("You sent").Wrote()

		// The line's number alone, or another's name for it, is no way to it.
		seq := len(h.Lines(0)) - 1
		for _, planted := range []string{
			fmt.Sprint(strings.Repeat("a", seal.CommitLength), ".", seq), strings.Repeat("a", seal.CommitLength), fmt.Sprint(".", seq), "a", "a.1", "x", b.Cookie("coffer_visit") + "9",
			"' OR 1=1", strings.Repeat("a", 500), strings.Repeat("a", seal.CommitLength-3) + "%00.1", strings.Repeat("a", seal.CommitLength) + ".-1",
		} {
			thief := h.Browser(home)
			thief.SetCookie("coffer_visit", planted)
			thief.Get("/").Is(200, sample).Not("You asked for", "You sent").Wrote()
		}
	})
}

// TestWelcomeIsDiscreet holds that the own line never tells what the answer hid:
// whether a name is anybody's, and whose.
func TestWelcomeIsDiscreet(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		page := func(name string) string {
			b := h.Browser(far)
			b.Post("/login", "username", name, "password", "not this one").Is(401).Wrote("authn_login_fail")
			return b.Get("/").Is(200, "48205").Not(h.ID("alice")).Body
		}
		if where := differs(page("alice"), page("nobody")); where != "" {
			t.Errorf("the welcome page tells a known name from an unknown one at %s", where)
		}
		b := h.Browser(far)
		b.Post("/signup", "username", "alice", "password", house.Password).Is(422).Wrote("authn_signup_fail")
		b.Get("/").Is(200, "48205").Not(h.ID("alice")).Wrote()
	})
}
