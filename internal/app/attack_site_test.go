package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
)

// These are the attacks of another site that a signed-in person visits.
// TestRouteTable holds six shapes of a cross-site post against every route;
// here are all shapes against one, with what must go on working beside them.

// shapes are what browsers, and what is no browser, say of where a post comes
// from; "-" says nothing. The word is the event's, and none where it is let in.
var shapes = []struct{ says, site, origin, word string }{
	{"our own form", "same-origin", house.URL, ""},
	{"our own form, Origin held back", "same-origin", "-", ""},
	{"typed, or from outside any page", "none", "-", ""},
	{"a browser before Fetch metadata", "-", house.URL, ""},
	{"no browser at all", "-", "-", ""},
	// A browser without Sec-Fetch-Site, the same host by the other scheme: the
	// scheme cannot be known from the request. HSTS is what stands against it.
	{"old browser, other scheme", "-", "https://coffer.test", ""},
	// Through a proxy that changes names, our own form can look like another's.
	{"our own origin, seen through another name", "cross-site", house.URL, ""},

	{"another site's form", "cross-site", "https://evil.example", "cross_site"},
	{"its sandboxed frame", "cross-site", "null", "cross_site"},
	{"with Origin held back", "cross-site", "-", "cross_site"},
	{"our origin and more", "cross-site", house.URL + ".evil.example", "cross_site"},
	{"a sister of the domain", "same-site", "http://wiki.coffer.test", "same_site"},
	{"another port of the host", "same-site", "http://coffer.test:8081", "same_site"},
	{"a sister without Origin", "same-site", "-", "same_site"},
	{"a word that no browser says", "Same-Origin", "-", "origin_mismatch"},
	{"two words", "same-origin, cross-site", "-", "origin_mismatch"},
	{"garbage", "\x00", "-", "origin_mismatch"},
	{"old browser, another site", "-", "https://evil.example", "origin_mismatch"},
	{"old browser, sandboxed frame or file", "-", "null", "origin_mismatch"},
	{"old browser, our name in front", "-", "http://coffer.test.evil.example", "origin_mismatch"},
	{"old browser, our name behind", "-", "http://evilcoffer.test", "origin_mismatch"},
	{"old browser, our name as a path", "-", "http://evil.example/coffer.test", "origin_mismatch"},
	{"old browser, our name as a user", "-", "http://coffer.test@evil.example", "origin_mismatch"},
	{"old browser, another port", "-", "http://coffer.test:81", "origin_mismatch"},
	{"old browser, a sister", "-", "http://wiki.coffer.test", "origin_mismatch"},
	{"old browser, a dot behind", "-", "http://coffer.test.", "origin_mismatch"},
	{"an extension", "-", "chrome-extension://abcdef", "origin_mismatch"},
	{"two origins", "-", house.URL + " https://evil.example", "origin_mismatch"},
	{"a list", "-", house.URL + ",https://evil.example", "origin_mismatch"},
}

// TestCrossSitePosts holds which posts are another site's, and that these change
// nothing and are written down with the person whose browser was used.
func TestCrossSitePosts(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		for i, c := range shapes {
			q := house.Request{Method: "POST", Path: endOthers, Site: c.site, Origin: c.origin}
			if c.word == "" {
				alice.Do(q).To(security).Wrote() // there are no others
				continue
			}
			csrf := "malicious_csrf level=WARNING actor= subject=$alice data.site=" + c.word + " target=route:"
			for _, to := range []string{endOthers, "/logout", path + "/delete", path + "/reveal", newPassword, cardForm} {
				q.Path, q.Body = to, h.Form("current_password", house.Password, "new_password", fresh)
				pattern := strings.Replace(to, path, "/view_credit_card/{id}", 1)
				alice.Do(q).Is(403, "came from another site").Not("4242 4242").Has("Location", "").Has("Set-Cookie", "").Wrote(csrf + pattern)
			}
			// A form that signs the victim in to the attacker's account.
			q.Path, q.Body = "/login", h.Form("username", "alice", "password", house.Password)
			stranger := h.Browser(fmt.Sprint("203.0.113.", i))
			stranger.Do(q).Is(403, "came from another site").Wrote("malicious_csrf actor= subject= target=route:/login data.site=" + c.word)
			if stranger.Cookie("coffer") != "" {
				t.Errorf("%s: another site signed a visitor in", c.says)
			}
		}
		alice.Get(path).Is(200, "4242").Wrote("sensitive_read data.part=masked")
	}, func(s *house.Setup) { s.Limits = "login=off" })
}

// TestNoFrame holds that no answer of any kind may stand in another site's
// frame: the harness looks at each answer of each test, and this one says it.
func TestNoFrame(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "reveal=1/h" })
	alice := h.Person("alice", home)
	path := addCard(alice, visa)
	b := h.Browser(far)
	post := func(q house.Request) func() *house.Answer {
		q.Method = "POST"
		return func() *house.Answer { return b.Do(q) }
	}
	for _, c := range []struct {
		status int
		ask    func() *house.Answer
		wrote  []string
	}{
		{200, func() *house.Answer { return alice.Post(path + "/reveal") }, []string{"sensitive_read data.part=number"}},
		{429, func() *house.Answer { return alice.Post(path + "/reveal") }, []string{"excess_rate_limit_exceeded target=limit:reveal"}},
		{204, post(house.Request{Path: reportTo, Type: "application/csp-report", Body: `{"csp-report":{}}`}), []string{"malicious_csp_violation"}},
		{303, func() *house.Answer { return b.Get("/activity") }, []string{"authz_fail reason=signed_out"}},
		{400, post(house.Request{Path: "/login", Body: "x=y"}), []string{"malicious_extraneous"}},
		{401, post(house.Request{Path: "/login", Body: "username=x&password=y"}), []string{"authn_login_fail"}},
		{403, post(house.Request{Path: "/login", Site: "cross-site", Origin: "null"}), []string{"malicious_csrf"}},
		{404, func() *house.Answer { return b.Get("/nowhere") }, nil},
		{405, func() *house.Answer { return b.Do(house.Request{Method: "PUT", Path: "/login"}) }, nil},
		{413, post(house.Request{Path: "/login", Body: strings.Repeat("x", 64<<10+1)}), []string{"input_validation_fail reason=too_large"}},
		{415, post(house.Request{Path: "/login", Type: "text/plain", Body: "x"}), []string{"input_validation_fail reason=content_type"}},
		{422, post(house.Request{Path: "/signup", Body: "username=x"}), []string{"input_validation_fail reason="}},
	} {
		a := c.ask().Is(c.status)
		a.Wrote(c.wrote...)
		framed(t, a)
	}
	for _, p := range []string{"/", "/login", "/activity", "/confirm", security, cardForm, "/healthz", "/readyz", "/static/x/y"} {
		a := alice.Get(p)
		a.Wrote()
		framed(t, a)
	}
}

func framed(t *testing.T, a *house.Answer) {
	t.Helper()
	a.Has("X-Frame-Options", "DENY")
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp+";", "frame-ancestors 'none';") {
		t.Errorf("the policy is %q, want no ancestors at all", csp)
	}
	if kind := a.Header.Get("Content-Type"); a.Body != "" && !strings.HasSuffix(kind, "; charset=utf-8") {
		t.Errorf("a page is sent as %q, want its character set said", kind)
	}
}

// TestNothingChangesByLink holds that what a link, an image or a prefetch can
// ask for does nothing, whatever it says about the method that is meant.
func TestNothingChangesByLink(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Limits = "not_found=off" })
	alice := h.Person("alice", home)
	path := addCard(alice, visa)
	other, _ := signIn(h, "alice", house.Password, office, firefox)
	override := http.Header{"X-Http-Method-Override": {"POST"}, "X-Http-Method": {"POST"}, "X-Method-Override": {"POST"}, "Sec-Purpose": {"prefetch"}}
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		for _, to := range []string{"/logout", path + "/delete", path + "/reveal", endOthers, newPassword} {
			for _, query := range []string{"", "?_method=POST", "?_method=DELETE&confirm=yes"} {
				a := alice.Do(house.Request{Method: method, Path: to + query, Site: "cross-site", Header: override})
				a.Is(405).Has("Allow", "POST").Not("4242 4242").Has("Set-Cookie", "").Wrote()
			}
		}
	}
	other.Get("/").Is(200, "alice").Wrote()
	alice.Get(path).Is(200, "4242").Wrote("sensitive_read")
}

// TestStepUpIsNotPosted holds that nothing which another site's page can bring
// about makes a person look as if they had just proved who they are.
func TestStepUpIsNotPosted(t *testing.T) {
	h := house.Open(t, "sqlite")
	alice := h.Person("alice", home)
	path := addCard(alice, visa)
	h.Pass(session.StepUp)
	for i, c := range shapes {
		if c.word == "" {
			continue
		}
		alice.Do(house.Request{Method: "POST", Path: "/confirm", Site: c.site, Origin: c.origin, Body: h.Form("password", house.Password, "next", path)}).
			Is(403, "came from another site").Wrote("malicious_csrf subject=$alice target=route:/confirm data.site=" + c.word)
		alice.Post(fmt.Sprint(path, "/reveal?shape=", i)).To("/confirm?next=" + strings.ReplaceAll(path, "/", "%2F")).Wrote()
	}
}
