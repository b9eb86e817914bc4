package app_test

import (
	"net/http"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/apptest/house"
)

// withApp gives a person an authenticator app past the application.
func withApp(h *house.House, name string) {
	h.Helper()
	outside(h, h.Reader().Engine(), `INSERT INTO credential (id, account, kind, body, created) VALUES ('f_`+name+`', '`+h.ID(name)+`', 'totp', 'x', 1)`)
}

// step is one of those by which administrators take second factors off.
func step(h *house.House, b *house.Browser, name, what string) *house.Answer {
	h.Helper()
	return b.Post(person(h, name)+"/factors", "step", what)
}

// TestTwoAdministrators holds that second factors go when one administrator asked
// and another agreed, a day later, and that their person is told and can say no.
func TestTwoAdministrators(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, one, two := h.Person("alice", home), admin(h, "one", office), admin(h, "two", office)
		withApp(h, "alice")
		changed := func(who, change string) string {
			return "user_updated level=WARNING actor=$" + who + " subject=$alice target=account:$alice data.change=" + change
		}
		const told = "Your second factors are to be taken off"
		alice.Get("/").Is(200).Not(told).Wrote()
		one.Get(person(h, "alice")).Is(200, "Ask to take them off").Not("Agree to", "Let them stay").Wrote()
		step(h, one, "alice", "ask").To(person(h, "alice")).Wrote(changed("one", "factors_asked"))
		step(h, one, "alice", "ask").To(person(h, "alice")).Wrote() // pressed twice
		step(h, one, "alice", "agree").Is(422, "another administrator has to agree").Wrote("input_validation_fail actor=$one target=route:/people/{id}/factors")
		alice.Get("/").Is(200, told, "An administrator asks for it", `action="/settings/factors/keep"`).Wrote()
		alice.Get("/settings/security").Is(200, told).Wrote()
		one.Get(person(h, "alice")).Is(200, "Another has to agree", "Let them stay").Not("Agree to", "Ask to").Wrote()
		two.Get(person(h, "alice")).Is(200, "Agree to take them off", "Asked to take the second factors off", "by one").Wrote()
		step(h, two, "alice", "link").Is(422, "The wait is not over").Wrote("input_validation_fail actor=$two")
		step(h, two, "alice", "agree").To(person(h, "alice")).Wrote(changed("two", "factors_agreed"))
		step(h, two, "alice", "agree").To(person(h, "alice")).Wrote()
		alice.Get("/").Is(200, told, "Two administrators want it", `datetime="2026-03-03T08:00:00Z"`).Wrote()
		for _, b := range []*house.Browser{one, two} {
			step(h, b, "alice", "link").Is(422, "The wait is not over").Wrote("input_validation_fail target=route:/people/{id}/factors")
		}
		alice.Post("/settings/factors/keep").To("/settings/security").Wrote(changed("alice", "factors_kept"))
		alice.Post("/settings/factors/keep").To("/settings/security").Wrote()
		alice.Get("/").Is(200).Not(told).Wrote()
		step(h, two, "alice", "agree").Is(422, "Nobody asks for that").Wrote("input_validation_fail")

		step(h, two, "alice", "ask").Is(303).Wrote(changed("two", "factors_asked"))
		step(h, one, "alice", "agree").Is(303).Wrote(changed("one", "factors_agreed"))
		h.Live(account.RemovalWait - time.Second)
		for _, b := range []*house.Browser{one, two} { // whose sessions are over
			b.Get("/people").Is(303)
			h.Rest() // a new day among it
		}
		one.Post("/login", "username", "one", "password", house.Password).To("/").Wrote("authn_login_success", "session_created")
		step(h, one, "alice", "link").Is(422, "The wait is not over").Wrote("input_validation_fail")
		h.Pass(time.Second)
		one.Get(person(h, "alice")).Is(200, "Make the link", "the day is over").Wrote()
		a := step(h, one, "alice", "link").Is(http.StatusOK, "shown this once")
		a.Wrote("user_updated actor=$one subject=$alice data.change=reset_started data.covers=factors")
		link := path(h, between(a.Body, `id="link">`, "<"))
		step(h, one, "alice", "link").Is(422).Wrote("input_validation_fail")
		h.Browser(home).Get(link).Is(200, "are taken off with it").Wrote()
		h.Browser(home).Post(link, "new_password", byLink).To("/login")
		h.Rest()
		if n := count(h, "credential"); n != 3 {
			t.Errorf("credentials = %d, want three passwords", n)
		}
	})
}

// TestRemovalEnds holds what else ends it: an administrator, a week, whoever asked
// being none any more, and a person who is disabled, who could not say no.
func TestRemovalEnds(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, one, two := h.Person("alice", home), admin(h, "one", office), admin(h, "two", office)
		h.Person("bob", home)
		app := alice.AddApp()
		h.Pass(time.Minute) // that code served
		withApp(h, "one")
		step(h, one, "bob", "ask").Is(422, "There is no second factor").Wrote("input_validation_fail actor=$one")
		step(h, one, "one", "ask").Is(422, "two other administrators").Wrote("input_validation_fail actor=$one")
		step(h, one, "alice", "everything").Is(422, "does not say what to do").Wrote("input_validation_fail actor=$one")

		step(h, one, "alice", "ask").Is(303).Wrote("user_updated data.change=factors_asked")
		step(h, two, "alice", "cancel").To(person(h, "alice")).Wrote("user_updated actor=$two subject=$alice data.change=factors_kept")
		step(h, two, "alice", "cancel").To(person(h, "alice")).Wrote()

		step(h, one, "alice", "ask").Is(303).Wrote("user_updated data.change=factors_asked")
		step(h, two, "alice", "agree").Is(303).Wrote("user_updated data.change=factors_agreed")
		one.Post(person(h, "alice")+"/lock").Is(303).Wrote("user_archived", "session_expired")
		one.Post(person(h, "alice") + "/unlock").Is(303).Wrote("user_updated data.change=enabled")
		alice.Post("/login", "username", "alice", "password", house.Password).To("/login/verify").Wrote()
		alice.Post("/login/verify", "code", app.Code(0)).To("/").Wrote("authn_login_success", "session_created")
		alice.Get("/").Is(200).Not("to be taken off").Wrote()
		step(h, two, "alice", "agree").Is(422, "Nobody asks for that").Wrote("input_validation_fail")

		step(h, one, "alice", "ask").Is(303).Wrote("user_updated data.change=factors_asked")
		two.Post(person(h, "one")+"/role", "role", "holder").Is(303).Wrote("authz_change")
		step(h, two, "alice", "agree").Is(422, "Nobody asks for that").Wrote("input_validation_fail")
		step(h, two, "alice", "ask").Is(303).Wrote("user_updated actor=$two data.change=factors_asked")

		h.Live(7 * 24 * time.Hour)
		alice.Get("/activity").Is(303)
		h.Rest() // a new day among it
		alice.Post("/login", "username", "alice", "password", house.Password).Is(303)
		h.Rest()
		alice.Get("/").Is(200).Not("to be taken off").Wrote()
	})
}
