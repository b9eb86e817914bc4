package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
)

// These are ways past the question who is there. What a form posted past its
// page gets stands in TestPasswordNeedsStepUp and, for every such route, in
// TestRouteTable; TestReveal holds the page's own way.

// bypasses are posts that claim what nobody proved.
func bypasses(path string) []house.Request {
	form := "application/x-www-form-urlencoded"
	return []house.Request{
		{Path: path + "/reveal"},
		{Path: path + "/reveal?password=" + house.Password + "&confirmed=1&next=" + path},
		{Path: path + "/reveal", Header: http.Header{"Referer": {house.URL + "/confirm"}, "X-Stepped-Up": {"1"}, "Authorization": {"Basic YWxpY2U6eA=="}}},
		{Path: path + "/reveal", Type: form + "; charset=utf-8"},
		{Path: path + "/reveal", Header: http.Header{"X-Original-Url": {path + "/reveal"}, "X-Rewrite-Url": {"/confirm"}, "X-Forwarded-Uri": {"/confirm"}}},
	}
}

// TestStepUpBypass holds that a number is shown to nobody who did not prove
// themselves in this session within five minutes, to the second, whatever is
// posted, and that each refusal leads to the question and is no event.
func TestStepUpBypass(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Secret(house.Password)
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		to := "/confirm?next=" + strings.ReplaceAll(path, "/", "%2F")
		h.Pass(session.StepUp - time.Second)
		alice.Post(path+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.part=number")
		h.Pass(time.Second)
		for _, q := range bypasses(path) {
			q.Method = "POST"
			alice.Do(q).To(to).Not("4242 4242").Wrote()
		}
		// What the form does not have is refused before the question.
		const extra = "malicious_extraneous level=CRITICAL actor=$alice data.unknown=1"
		for _, field := range []string{"password", "confirmed", "stepped", "session"} {
			alice.Post(path+"/reveal", field, house.Password).Is(400).Not("4242 4242").Wrote(extra)
			alice.Post(newPassword, field, house.Password).To("/confirm?next=%2Fsettings%2Fsecurity").Wrote()
		}
		for _, q := range []house.Request{
			{Method: "GET", Path: path + "/reveal"},
			{Method: "HEAD", Path: path + "/reveal"},
			{Method: "PUT", Path: path + "/reveal"},
			{Method: "REVEAL", Path: path + "/reveal"},
		} {
			alice.Do(q).Is(405).Has("Allow", "POST").Wrote()
		}
		for _, odd := range []string{path + "/reveal/", path + "/Reveal", path + "//reveal", path + "/./reveal", "/view_credit_card/../" + path + "/reveal", strings.Replace(path, "view", "%76iew", 1) + "/reveal%00"} {
			alice.Do(house.Request{Method: "POST", Path: odd}).Is(404, "There is no such page").Not("4242 4242").Wrote()
		}
	})
}

// TestStepUpIsOnesOwn holds that a proof counts for the session that gave it,
// only if it was right, and for one's own cards.
func TestStepUpIsOnesOwn(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		to := "/confirm?next=" + strings.ReplaceAll(path, "/", "%2F")
		second, _ := signIn(h, "alice", house.Password, office, firefox)
		h.Pass(session.StepUp)
		alice.Post("/confirm", "password", "guess", "next", path).Is(401, "That password is not right.").Wrote("authn_stepup_fail actor=$alice")
		alice.Post(path + "/reveal").To(to).Wrote()
		alice.Post("/confirm", "password", "", "next", path).Is(401).Wrote("authn_stepup_fail actor=$alice")
		alice.Post(path + "/reveal").To(to).Wrote()
		second.Post("/confirm", "password", house.Password, "next", path).To(path).Wrote("authn_stepup_success", "session_renewed")
		alice.Post(path + "/reveal").To(to).Wrote() // another session's proof
		second.Post(path+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.part=number")

		mallory := h.Person("mallory", far) // who has just proved who they are
		mallory.Post(path+"/reveal").Is(404, "There is no such page").Not("4242").
			Wrote("malicious_direct_reference level=CRITICAL actor=$mallory subject=$alice data.verb=reveal")
		swapped := mallory.Again() // alice's session beside mallory's
		swapped.Header.Set("Cookie", "coffer="+alice.Cookie("coffer"))
		swapped.Post(path + "/reveal").To("/login?next=" + strings.ReplaceAll(path, "/", "%2F")).Wrote("authz_fail reason=signed_out actor=")
	})
}
