package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
)

// These are ways to learn who has an account or a card. TestLocksTellNothing is
// enumeration by lock, TestUnknownNameCostsOneHash by cost, TestNotTheirCard and
// TestEndNotTheirs by other people's ids.

// visitID is the name of the line that a visit made, as its cookie has it.
var visitID = regexp.MustCompile(`coffer_visit=[^;]+`)

// told is all that an answer says, without what no two answers share: the
// request's number, the visit's line, the page's time, and the name that was typed.
func told(a *house.Answer, name string) string {
	var b strings.Builder
	for _, header := range slices.Sorted(maps.Keys(a.Header)) {
		if value := visitID.ReplaceAllString(strings.Join(a.Header[header], " | "), "coffer_visit=ID"); header != "Content-Length" {
			fmt.Fprintln(&b, header, value)
		}
	}
	return fmt.Sprint(a.Status, "\n", b.String(), strip(strings.ReplaceAll(bare(a.Body), name, "NAME")))
}

// TestLoginTellsNothing holds that a name which somebody has and one that nobody
// has get one answer: status, headers, cookies and page; before and after.
func TestLoginTellsNothing(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home).Post("/logout").To("/login").Wrote("session_logout")
		h.Person("disabled-by-nobody", home)
		for i, password := range []string{"guess", "", " ", strings.Repeat("x", 1025), "\xff\x00", strings.Repeat("x", 60_000), "alice", fresh} {
			answers := map[string][]string{}
			for name, reason := range map[string]string{"alice": "wrong_password", "elice": "unknown_name"} {
				b := h.Browser(fmt.Sprintf("203.0.113.%d", i))
				login := b.Post("/login", "username", name, "password", password, "next", "/activity").Is(401, "Name or password is not right.")
				login.Wrote("authn_login_fail actor= reason=" + reason)
				form, start := b.Get("/login").Is(200, `name="username"`), b.Get("/").Is(200, "Create account")
				h.Wrote()
				answers[name] = []string{told(login, name), told(form, name), told(start, name)}
			}
			for j, known := range answers["alice"] {
				if d := differs(known, answers["elice"][j]); d != "" {
					t.Errorf("password %d: answer %d tells a name that somebody has: %s", i, j, d)
				}
			}
		}
	})
}

// TestLimitTellsNothing holds that who asks too often is told so before anything
// is looked up: for the right password, a wrong one and a name of nobody's alike.
func TestLimitTellsNothing(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "login=1/min" })
	h.Person("alice", home)
	guess(h, far, "nobody").Is(401).Wrote("authn_login_fail reason=unknown_name")
	var all []string
	for _, c := range [][2]string{{"alice", house.Password}, {"alice", "guess"}, {"elice", "guess"}, {"", ""}} {
		a := h.Browser(far).Post("/login", "username", c[0], "password", c[1]).Is(http.StatusTooManyRequests, "Please wait a moment").Has("Retry-After", "60")
		a.Wrote("excess_rate_limit_exceeded actor= subject= target=limit:login")
		all = append(all, told(a, "alice"))
	}
	for _, other := range all[1:] {
		if d := differs(all[0], other); d != "" {
			t.Errorf("the limit's answer differs: %s", d)
		}
	}
}

// TestSignUpTellsAndIsTold holds the one place that must tell that a name is
// taken: each such answer is an event for the name's person, an address has
// thirty of them in an hour, and a name that differs by case is the same.
func TestSignUpTellsAndIsTold(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		b := h.Browser(far)
		for i := range 30 {
			name := []string{"alice", "ALICE", "Alice"}[i%3]
			b.Post("/signup", "username", name, "password", fresh).Is(422, "taken").
				Wrote("authn_signup_fail reason=name_taken actor= subject=$alice target=account:$alice source_ip=" + far)
		}
		for _, name := range []string{"alice", "someone-else"} {
			b.Post("/signup", "username", name, "password", fresh).Is(429, "Please wait a moment").Not("taken").
				Wrote("excess_rate_limit_exceeded actor= subject= target=limit:signup data.allowed=30/h")
		}
		alice.Get("/activity").Is(200, far).Wrote()
	})
}

// TestGuardTellsNothing holds that a visitor who is not signed in learns of no
// card, line or session: what is there and what is not get one answer.
func TestGuardTellsNothing(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		card := strings.TrimPrefix(addCard(alice, visa), "/view_credit_card/")
		h.Pass(session.StepUp) // a card that is not there is told before the question is asked
		const none = "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"
		for i, c := range []struct{ method, before, there, not, after string }{
			{"GET", "/view_credit_card/", card, none, ""},
			{"POST", "/view_credit_card/", card, none, "/reveal"},
			{"POST", "/view_credit_card/", card, none, "/delete"},
			{"GET", "/activity/", "6", "999999", ""},
			{"POST", "/settings/sessions/", sessionOf(h, "alice"), "0123456789abcdef", "/end"},
			{"GET", "/login?next=/view_credit_card/", card, none, ""},
		} {
			var answers []string
			for _, id := range []string{c.there, c.not} {
				b := h.Browser(fmt.Sprint("203.0.113.", i))
				a := b.Do(house.Request{Method: c.method, Path: c.before + id + c.after})
				if !strings.HasPrefix(c.before, "/login") {
					a.Is(303).Wrote("authz_fail reason=signed_out actor= subject=")
				} else {
					a.Is(200, `name="username"`).Wrote()
				}
				answers = append(answers, strings.ReplaceAll(told(a, id), id, "NAME"))
			}
			if d := differs(answers[0], answers[1]); d != "" {
				t.Errorf("%s%s tells what is there: %s", c.before, c.after, d)
			}
		}
	})
}
