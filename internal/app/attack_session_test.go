package app_test

import (
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
)

// These are the attacks on a session. A dead cookie on each guarded page stands
// in TestRouteTable, how often it is written down in TestDeadCookie, and the old
// tokens of a session that went on in TestRotatedToken and TestTokenFamily.

// TestFixation holds that no value which a stranger put into a browser is that
// browser's session after sign-up, sign-in, confirming or a new password.
func TestFixation(t *testing.T) {
	house.Both(t, func(h *house.House) {
		mallory := h.Person("mallory", far)
		dead := mallory.Cookie("coffer")
		mallory.Post("/logout").To("/login").Wrote("session_logout")
		alice := h.Person("alice", home)
		for _, plant := range []string{strings.Repeat("A", 43), "x", dead} {
			b := h.Browser(office)
			b.SetCookie("coffer", plant)
			b.Get("/login").Is(200, `name="username"`).Wrote()
			b.SetCookie("coffer", plant)
			b.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_success actor=$alice", "session_created")
			isFresh(t, plant, b.Cookie("coffer"))
			thief, want := h.Browser(far), "authz_fail reason=signed_out actor= subject="
			if thief.SetCookie("coffer", plant); plant == dead {
				want = "session_use_after_expire reason=logout actor= subject=$mallory"
			}
			thief.Get("/activity").To("/login?next=%2Factivity").Wrote(want)
			b.Get("/").Is(200, "alice").Wrote()
		}
		newcomer := h.Browser(office)
		newcomer.SetCookie("coffer", dead)
		newcomer.Post("/signup", "username", "carol", "password", house.Password).To("/").Wrote("user_created", "session_created")
		isFresh(t, dead, newcomer.Cookie("coffer"))

		before := alice.Cookie("coffer")
		alice.Post("/confirm", "password", house.Password).To("/").Wrote("authn_stepup_success", "session_renewed")
		between := alice.Cookie("coffer")
		isFresh(t, before, between)
		alice.Post(endOthers).To(security)
		h.Next(3)
		alice.Post(newPassword, "current_password", house.Password, "new_password", fresh).To(security).Wrote("authn_password_change", "session_renewed")
		isFresh(t, between, alice.Cookie("coffer"))
	})
}

// isFresh fails unless the token is one of ours that was not there before.
func isFresh(t *testing.T, before, after string) {
	t.Helper()
	if after == before || len(after) != 43 {
		t.Errorf("the token went from %q to %q, want another of 43 characters", before, after)
	}
}

// TestPlantedSession is the attacker's own live session put into the victim's
// browser: what the victim does then is the attacker's, so each page says whose
// it is, a sign-in is not accepted on top, and two cookies are none.
func TestPlantedSession(t *testing.T) {
	house.Both(t, func(h *house.House) {
		mallory := h.Person("mallory", far)
		alice := h.Person("alice", home)
		victim := h.Browser(office)
		victim.SetCookie("coffer", mallory.Cookie("coffer"))
		for _, page := range []string{"/", cardForm, security, "/activity", "/confirm"} {
			victim.Get(page).Is(200, "mallory").Wrote()
		}
		victim.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote()
		victim.Get("/").Is(200, "mallory").Not("alice").Wrote()
		for _, cookies := range []string{"coffer=" + mallory.Cookie("coffer"), "coffer=x", `coffer=""`} {
			both := alice.Again()
			both.Header.Set("Cookie", cookies)
			both.Get("/activity").To("/login?next=%2Factivity").Wrote("authz_fail reason=signed_out actor= subject=")
		}
		alice.Get("/").Is(200, "alice").Wrote()
	})
}

// TestPlantedDevice holds that a device cookie which a stranger put into the
// victim's browser makes the stranger no known device, whoever signs in there.
func TestPlantedDevice(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		plant := h.Person("mallory", far).Cookie("coffer_device")
		victim := planted(h, office, plant)
		victim.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_success", "session_created")
		if victim.Cookie("coffer_device") == plant {
			t.Error("the browser kept what a stranger planted")
		}
		try := func(password string) *house.Answer {
			return planted(h, far, plant).Post("/login", "username", "alice", "password", password)
		}
		for range 9 {
			try("guess").Is(401).Wrote("authn_login_fail reason=wrong_password")
		}
		try("guess").Is(401).Wrote("authn_login_fail", "authn_login_fail_max data.client=address", "authn_login_lock data.client=address data.address="+far)
		try(house.Password).Is(429, "came from here").Wrote("authn_login_fail reason=locked")
	})
}

// TestStolenCookie holds what a copy of a live session's cookie is good for: it
// reads masked cards while the session lives; it shows no number once the person
// proved themselves too long ago; and it is worth nothing after logout.
func TestStolenCookie(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		thief := alice.Again()
		thief.Address = far
		h.Pass(session.StepUp)
		thief.Get(path).Is(200, "4242").Not("4242 4242").Wrote("sensitive_read data.part=masked source_ip=" + far)
		thief.Post(path + "/reveal").To("/confirm?next=" + strings.ReplaceAll(path, "/", "%2F")).Wrote()
		thief.Post(newPassword, "current_password", "guess", "new_password", fresh).To("/confirm?next=%2Fsettings%2Fsecurity").Wrote()
		alice.Get("/activity").Is(200, far).Wrote()
		alice.Post("/logout").To("/login").Wrote("session_logout")
		for i, a := range []func(b *house.Browser) *house.Answer{
			func(b *house.Browser) *house.Answer { return b.Get(path) },
			func(b *house.Browser) *house.Answer { return b.Post(path + "/reveal") },
			func(b *house.Browser) *house.Answer { return b.Post(path + "/delete") },
			func(b *house.Browser) *house.Answer { return b.Post("/confirm", "password", house.Password) },
			func(b *house.Browser) *house.Answer { return b.Post(endOthers) },
		} {
			h.Pass(time.Minute) // each use is written once a minute
			answer := a(thief.Again()).Is(303)
			answer.Wrote("session_use_after_expire reason=logout actor= subject=$alice session=$session-of-alice source_ip=" + far)
			if to := answer.Header.Get("Location"); !strings.HasPrefix(to, "/login") {
				t.Errorf("dead cookie %d is led to %s, want the login", i, to)
			}
		}
		if count(h, "card") != 1 {
			t.Error("the card is gone")
		}
	})
}

// TestReplayAfterNewPassword holds that the token from before a new password
// proves nothing in its grace, cannot be made to last, and after it ends the
// whole session: nobody can tell the thief's browser from the person's.
func TestReplayAfterNewPassword(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		thief := alice.Again()
		thief.Address = far
		alice.Post(newPassword, "current_password", house.Password, "new_password", fresh).To(security).Wrote("authn_password_change", "session_renewed")
		h.Pass(session.Grace - time.Second)
		thief.Get("/").Is(200, "alice").Wrote()
		thief.Post(path + "/reveal").To("/confirm?next=" + strings.ReplaceAll(path, "/", "%2F")).Wrote()
		thief.Post("/confirm", "password", fresh).Is(401, "renewed or ended").Wrote("authn_stepup_fail actor=$alice source_ip=" + far)
		thief.Get("/").Is(200, "alice").Has("Set-Cookie", "").Wrote()
		h.Pass(time.Second)
		thief.Again().Get(path).Is(303).
			Wrote("authn_token_reuse level=CRITICAL actor= subject=$alice session=$session-of-alice source_ip=" + far)
		alice.Get(path).Is(303).Wrote("session_use_after_expire reason=reuse subject=$alice source_ip=" + home)
		h.Pass(time.Minute)
		thief.Again().Get(path).Is(303).Wrote("session_use_after_expire reason=reuse source_ip=" + far)
		alice.Post("/login", "username", "alice", "password", fresh).To("/").Wrote("authn_login_success", "session_created")
		alice.Get("/activity").Is(200, far).Wrote()
	})
}
