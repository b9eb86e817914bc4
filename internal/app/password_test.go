package app_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
)

// TestChangePassword holds what a new password brings: the old one lets nobody
// in, the other sessions are over, and this one goes on under another token.
func TestChangePassword(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", far)
		other, end := signIn(h, "alice", house.Password, office, firefox)
		old := alice.Again()
		alice.Get(security).Is(200, "Set when you signed up", `name="current_password"`, "Change password").Not("is changed").Wrote()
		h.Pass(time.Second)
		alice.Post(newPassword, "current_password", house.Password, "new_password", fresh).To(security).Wrote(
			"authn_password_change level=INFO actor=$alice subject=$alice session=$session-of-alice data.ended=1 data.target=account:$alice",
			"session_renewed actor=$alice session=$session-of-alice",
			"session_expired reason=ended actor=$alice subject=$alice session="+strings.Split(end, "/")[3])
		if alice.Cookie("coffer") == old.Cookie("coffer") {
			t.Error("the session's token is the one from before")
		}
		alice.Get(security).Is(200, "Your password is changed", "Changed on", "nowhere else").Wrote()
		other.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=ended")
		stranger := h.Browser(office)
		stranger.Post("/login", "username", "alice", "password", house.Password).Is(401).Wrote("authn_login_fail reason=wrong_password")
		stranger.Post("/login", "username", "alice", "password", fresh).To("/").Wrote("authn_login_successafterfail", "session_created")
		bob.Get("/").Is(200, "bob").Wrote()
		h.Pass(time.Minute)
		alice.Get(security).Is(200, "Changed on").Not("Your password is changed").Wrote()
		alice.Get("/activity").Is(200, "Password changed, and 1 other session ended").Wrote()
		old.Get("/").Is(200, "Create account").Wrote("authn_token_reuse session=$session-of-alice")
	})
}

// TestPasswordRefused holds each refusal of the form: its event, its sentence
// beside the field, and that everything is as it was.
func TestPasswordRefused(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		before := state(h)
		change := func(present, next string) *house.Answer {
			t.Helper()
			return alice.Post(newPassword, "current_password", present, "new_password", next).Is(422, "<details", " open", `role="alert"`)
		}
		for i, c := range []struct{ present, next, rules, says string }{
			{house.Password, "short7!", "new_password:too_short", "Please use 8 characters or more"},
			{house.Password, "", "new_password:required", "Please choose a password"},
			{house.Password, "password123", "new_password:common", "tried first everywhere"},
			{house.Password, "alice2026", "new_password:like_name", "too close to your username"},
			{house.Password, "coffer2026", "new_password:like_name", "name of this site"},
			{house.Password, strings.Repeat("x", 1025), "new_password:too_long", "over 1024 bytes"},
			{house.Password, house.Password, "new_password:unchanged", "Both are the same"},
			{"", fresh, "current_password:required", "type your present password"},
			{"", "short7!", "current_password:required,new_password:too_short", "Two things to put right"},
		} {
			l := change(c.present, c.next).Is(422, c.says).Wrote("input_validation_fail actor=$alice target=route:/settings/password")
			if len(l) == 1 && fieldRules(l[0].Data) != c.rules {
				t.Errorf("case %d breaks %s, want %s", i, fieldRules(l[0].Data), c.rules)
			}
		}
		change("not my password", fresh).Is(422, "That is not your present password").
			Wrote("authn_password_change_fail level=WARNING reason=wrong_password actor=$alice subject=$alice session=$session-of-alice data.target=account:$alice")
		alice.Get("/activity").Is(200, "Password not changed: the present one did not match").Wrote()
		if after := state(h); after[:len(after)-2] != before[:len(before)-2] { // all but the lines
			t.Errorf("after refusals the database holds %s, want %s", after, before)
		}
		long := strings.Repeat("Käse und Brot ", 10) // 140 characters, kept whole
		alice.Post(newPassword, "current_password", house.Password, "new_password", long).To(security).Wrote("authn_password_change data.ended=0", "session_renewed")
		h.Browser(office).Post("/login", "username", "alice", "password", long[:139]).Is(401).Wrote("authn_login_fail")
	})
}

// TestPasswordIsNormalised holds that a password typed decomposed is the one
// typed composed.
func TestPasswordIsNormalised(t *testing.T) {
	h := house.Open(t, "sqlite")
	alice := h.Person("alice", home)
	alice.Post(newPassword, "current_password", house.Password, "new_password", "käse-harbour-33").To(security).Wrote("authn_password_change", "session_renewed")
	alice.Post(newPassword, "current_password", "ka\u0308se-harbour-33", "new_password", fresh).To(security).Wrote("authn_password_change", "session_renewed")
}

// TestPasswordNeedsStepUp holds that a form posted past the page changes
// nothing for whoever did not prove themselves lately, nor for a replaced token.
func TestPasswordNeedsStepUp(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		to := "/confirm?next=%2Fsettings%2Fsecurity"
		right := []string{"current_password", house.Password, "new_password", fresh}
		h.Pass(session.StepUp)
		alice.Get(security).Is(200, `href="/confirm?next=/settings/security"`).Not(`name="current_password"`).Wrote()
		alice.Post(newPassword, right...).To(to).Wrote()
		alice.Get(to).Is(200, `name="next" value="/settings/security"`).Wrote()
		replaced := alice.Again()
		alice.Post("/confirm", "password", house.Password, "next", security).To(security).Wrote("authn_stepup_success", "session_renewed")
		replaced.Post(newPassword, right...).To(to).Wrote() // in its grace: what was proved since is not its bearer's
		alice.Post(newPassword, "current_password", "not my password", "new_password", fresh).Is(422).Wrote("authn_password_change_fail")
		alice.Post(newPassword, right...).To(security).Wrote("authn_password_change", "session_renewed")
		h.Browser(far).Post(newPassword, right...).To("/login?next=%2Fsettings%2Fsecurity").Wrote("authz_fail reason=signed_out actor= target=route:/settings/password")
	})
}

// TestPasswordGuessing holds that present passwords are tried no oftener than
// at the login.
func TestPasswordGuessing(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "login=3/min" })
	alice := h.Person("alice", home)
	wrong := []string{"current_password", "not my password", "new_password", fresh}
	for range 3 {
		alice.Post(newPassword, wrong...).Is(422).Wrote("authn_password_change_fail")
	}
	alice.Post(newPassword, wrong...).Is(429, "Too many").Has("Retry-After", "20").
		Wrote("excess_rate_limit_exceeded subject=$alice target=limit:login")
}

// TestPasswordLock holds that the tenth wrong password of a session locks it, at
// the change and at /confirm alike, against the right one too, and that its
// person's other session goes on.
func TestPasswordLock(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		other, _ := signIn(h, "alice", house.Password, office, firefox)
		wrong := []string{"current_password", "not my password", "new_password", fresh}
		right := []string{"current_password", house.Password, "new_password", fresh}
		for range 9 {
			alice.Post(newPassword, wrong...).Is(422).Wrote("authn_password_change_fail reason=wrong_password")
		}
		alice.Post(newPassword, wrong...).Is(422).Wrote("authn_password_change_fail reason=wrong_password",
			"authn_login_fail_max subject=$alice data.client=session data.failures=10",
			"authn_login_lock reason=maxretries subject=$alice data.client=session data.seconds=1800")
		alice.Post(newPassword, right...).Is(429, "Too many").Has("Retry-After", "1800").
			Wrote("authn_password_change_fail reason=locked actor=$alice subject=$alice session=$session-of-alice")
		alice.Post("/confirm", "password", house.Password).Is(429).Wrote("authn_stepup_fail reason=locked")
		other.Post(newPassword, right...).To(security).
			Wrote("authn_password_change data.ended=1", "session_renewed", "session_expired reason=ended session=$session-of-alice")
		h.Tick(time.Minute)
		h.Wrote()
	})
}

// TestPasswordRace holds that of many changes at once one is made, and the
// others are told that the password is another.
func TestPasswordRace(t *testing.T) {
	house.Both(t, func(h *house.House) {
		const n = 8
		alice := h.Person("alice", home)
		var group sync.WaitGroup
		answers := make([]*house.Answer, n)
		for i := range n {
			group.Go(func() {
				b := alice.Again()
				answers[i] = b.Send(house.Request{Method: "POST", Path: newPassword, Body: h.Form("current_password", house.Password, "new_password", fresh+string(rune('a'+i)))})
			})
		}
		group.Wait()
		changed := 0
		for _, a := range answers {
			if a.Status == 303 && a.Header.Get("Location") == security {
				changed++
			}
		}
		events := map[string]int{}
		for _, l := range h.Rest() {
			events[l.Event]++
		}
		if changed != 1 || events["authn_password_change"] != 1 || events["session_renewed"] != 1 || events["session_expired"] != 0 {
			t.Errorf("%d of %d changed the password, with %v; want one", changed, n, events)
		}
		if count(h, "credential") != 1 {
			t.Errorf("credentials = %d, want one", count(h, "credential"))
		}
	})
}
