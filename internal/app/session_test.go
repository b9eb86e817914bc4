package app_test

import (
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// TestDeadCookie holds what a session that is over leaves in the log: one line
// a minute for each session and address, instead of authz_fail.
func TestDeadCookie(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		thief, second, sister := b.Again(), b.Again(), b.Again()
		b.Post("/logout").To("/login").Wrote("session_logout")
		thief.Get("/activity").To("/login?next=%2Factivity").
			Wrote("session_use_after_expire reason=logout actor= subject=$alice session=$session-of-alice")
		if thief.Cookie("coffer") != "" {
			t.Error("a dead cookie stays in the browser")
		}
		second.Get("/activity").To("/login?next=%2Factivity").Wrote() // within the minute
		sister.Address = far
		sister.Again().Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire source_ip=" + far)
		h.Pass(time.Minute)
		sister.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=logout")
		sister.Get("/activity").To("/login?next=%2Factivity").Wrote("authz_fail reason=signed_out target=route:/activity")
	})
}

// TestForgedCookie holds that what was never a token is no token, and nothing
// more: it is not worth an event of its own.
func TestForgedCookie(t *testing.T) {
	h := house.Open(t, "sqlite")
	alice := h.Person("alice", home)
	for _, value := range []string{
		"x", strings.Repeat("A", 43), strings.Repeat("A", 5000), alice.Cookie("coffer") + "A", alice.Cookie("coffer")[:42], `"';DROP TABLE session`, "%00", "é",
	} {
		b := h.Browser(office)
		b.SetCookie("coffer", value)
		b.Get("/activity").To("/login?next=%2Factivity").Wrote("authz_fail reason=signed_out actor= subject= session= target=route:/activity")
		b.SetCookie("coffer", value)
		b.Get("/").Is(200, "Create account").Wrote()
	}
	twice := h.Browser(office)
	twice.Header.Set("Cookie", "coffer="+alice.Cookie("coffer")+"; coffer=planted")
	twice.Get("/activity").To("/login?next=%2Factivity").Wrote("authz_fail reason=signed_out actor=")
	// The cookie of the other scheme is not looked at.
	host := h.Browser(office)
	host.SetCookie("__Host-coffer", alice.Cookie("coffer"))
	host.Get("/activity").To("/login?next=%2Factivity").Wrote("authz_fail reason=signed_out actor=")
	alice.Get("/").Is(200, "alice").Wrote()
}

// TestRotatedToken holds a replaced token's grace, and that using it later
// tells of two browsers and ends the session.
func TestRotatedToken(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		card := addCard(b, visa)
		old := b.Again()
		b.Post("/confirm", "password", house.Password).To("/").Wrote("authn_stepup_success", "session_renewed")

		h.Pass(29 * time.Second)
		old.Get("/").Is(200, "alice").Wrote() // a request that was under way
		old.Post("/confirm", "password", house.Password).Is(401, "renewed or ended").
			Wrote("authn_stepup_fail actor=$alice session=$session-of-alice")
		old.Post(card + "/reveal").To("/confirm?next=" + strings.ReplaceAll(card, "/", "%2F")).Wrote()

		h.Pass(time.Second)
		old.Get("/").Is(200, "Create account").
			Wrote("authn_token_reuse level=CRITICAL actor= subject=$alice session=$session-of-alice")
		b.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=reuse subject=$alice")
	})
}

// TestEleventhSession holds that the oldest of eleven makes room.
func TestEleventhSession(t *testing.T) {
	house.Both(t, func(h *house.House) {
		first := h.Person("alice", home)
		logIn := func() *house.Answer {
			return h.Browser(office).Post("/login", "username", "alice", "password", house.Password).To("/")
		}
		for range 9 {
			h.Pass(time.Second)
			logIn().Wrote("authn_login_success", "session_created")
		}
		h.Pass(time.Second)
		logIn().Wrote("authn_login_success", "session_created",
			"excess_sessions_exceeded actor=$alice subject=$alice data.max=10",
			"session_expired reason=cap subject=$alice session=$session-of-alice")
		first.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=cap")
	})
}

// TestSessionEnds holds rest and age, found by the sweep and by a request.
func TestSessionEnds(t *testing.T) {
	house.Both(t, func(h *house.House) {
		swept := h.Person("swept", home)
		met := h.Person("met", home)
		h.Pass(30*time.Minute - time.Second)
		busy := h.Person("busy", home)
		h.Tick(time.Minute)
		h.Wrote()
		h.Pass(time.Second)
		met.Get("/activity").To("/login?next=%2Factivity").Wrote(
			"session_expired reason=idle subject=$met session=$session-of-met request_uri=/activity",
			"session_use_after_expire reason=idle subject=$met")
		h.Tick(time.Minute)
		h.Wrote("session_expired reason=idle actor=system:sessions subject=$swept session=$session-of-swept source_ip= request_uri=")
		swept.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=idle subject=$swept")
		for range 23 {
			h.Pass(29 * time.Minute)
			busy.Get("/").Is(200, "busy").Wrote()
		}
		h.Pass(53 * time.Minute) // 12 hours in all, and idle as well: age is the graver
		busy.Get("/activity").To("/login?next=%2Factivity").Wrote("session_expired reason=absolute subject=$busy", "session_use_after_expire reason=absolute")
	})
}

// TestCookies holds the cookie's attributes, on plain HTTP and on HTTPS.
func TestCookies(t *testing.T) {
	for _, c := range []struct{ url, name, attributes string }{
		{house.URL, "coffer=", "; Path=/; HttpOnly; SameSite=Lax"},
		{"https://coffer.test", "__Host-coffer=", "; Path=/; HttpOnly; Secure; SameSite=Lax"},
	} {
		h := house.Open(t, "sqlite", func(s *house.Setup) { s.URL = c.url })
		b := h.Browser(home)
		a := b.Post("/signup", "username", "alice", "password", house.Password).To("/")
		a.Wrote("user_created", "session_created")
		cookie := a.Header.Get("Set-Cookie")
		token, attributes, _ := strings.Cut(strings.TrimPrefix(cookie, c.name), ";")
		if len(token) != 43 || !strings.HasPrefix(cookie, c.name) || ";"+attributes != c.attributes {
			t.Errorf("%s: Set-Cookie has %d characters of token and %q, want 43 and %s", c.url, len(token), attributes, c.attributes)
		}
		a = b.Post("/logout").To("/login").Has("Set-Cookie", c.name+"; Path=/; Max-Age=0"+strings.TrimPrefix(c.attributes, "; Path=/"))
		a.Wrote("session_logout")
	}
}
