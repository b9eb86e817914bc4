package app_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
	"coffer/internal/web"
)

// sweep goes through the route table. What each route must answer follows from
// its line in the table, so that a new route is tested by existing.
type sweep struct {
	*house.House
	routes []web.Route
	route  web.Route
	path   string // of the route, with an id that is no card's
	from   netip.Addr
	alice  *house.Browser
	admin  *house.Browser
	dead   *house.Browser
}

func TestRouteTable(t *testing.T) {
	house.Both(t, func(h *house.House) {
		s := &sweep{House: h, from: netip.MustParseAddr("10.0.0.1")}
		s.routes = h.Handler().(*web.Server).Routes()
		if len(s.routes) < 17 {
			t.Errorf("routes = %d, want the whole table", len(s.routes))
		}
		s.alice, s.dead = h.Person("alice", home), h.Person("dead", home)
		s.admin = admin(h, "root", home)
		s.dead.Again().Post("/logout").To("/login").Wrote("session_logout")
		h.Person("carol", home).AddApp()
		for _, s.route = range s.routes {
			s.admin.Get("/").Is(http.StatusOK).Wrote() // a second goes by with each request: they stay signed in
			s.path = strings.NewReplacer("{token}", "x", "{id}", "c_1", "{hash}", "x", "{file}", "y", "{seq}", "7", "{path...}", "0/000").Replace(s.route.Path())
			if s.route.Guard == web.SteppedUp || s.route.Proof {
				s.steppedUp()
			}
			s.signedOut()
			s.deadSession()
			s.methods()
			if s.route.Method() == http.MethodPost {
				s.elsewhere()
			}
			switch {
			case s.route.Guard == web.Blind:
				s.reports()
			case s.route.Method() == http.MethodPost:
				s.bodies()
			}
		}
	})
}

// do asks from an address of its own each time, a second later: what is tested
// here are guards, not limits.
func (s *sweep) do(b *house.Browser, q house.Request) *house.Answer {
	s.Helper()
	s.Pass(time.Second)
	s.from = s.from.Next()
	b = b.Again()
	b.Address = s.from.String()
	if q.Method == "" {
		q.Method = s.route.Method()
	}
	if q.Path == "" {
		q.Path = s.path
	}
	if q.Type == "" && s.route.JSON {
		q.Type = "application/json"
	}
	return b.Do(q)
}

func (s *sweep) stranger() *house.Browser { return s.Browser(home) }

// steppedUp holds that whoever signed in too long ago is led to confirm, and
// from there to the page that holds the form, before anything of the form is
// looked at; then it lets them confirm.
func (s *sweep) steppedUp() {
	s.Helper()
	s.Pass(session.StepUp)
	page := strings.ReplaceAll(cmp.Or(s.route.Page, s.path), "{id}", "c_1")
	next := "/confirm?next=" + url.QueryEscape(page)
	for _, body := range []string{"", "role=admin&role=admin", "username=%zz", strings.Repeat("a", 64<<10+1)} {
		a := s.do(s.admitted(), house.Request{Body: body})
		if s.route.JSON {
			a.Is(http.StatusForbidden, `"confirm":"`+next+`"`).Has("Location", "").Wrote()
		} else {
			a.To(next).Wrote()
		}
	}
	s.admitted().Post("/confirm", "password", house.Password, "next", page).To(page).Wrote("authn_stepup_success", "session_renewed")
	s.Pass(session.Grace)
}

// admitted is a browser that the route's guard lets in.
func (s *sweep) admitted() *house.Browser {
	switch {
	case s.route.Guard == web.Admin:
		return s.admin
	case s.personal():
		return s.alice
	case s.route.Guard == web.Halfway:
		b := s.stranger()
		b.Post("/login", "username", "carol", "password", house.Password).To("/login/verify").Wrote()
		return b
	}
	return s.stranger()
}

// personal says that the route is a signed-in person's page.
func (s *sweep) personal() bool {
	return slices.Contains([]web.Guard{web.SignedIn, web.SteppedUp, web.Holder, web.Admin}, s.route.Guard)
}

// target is what a refusal by the guard names.
func (s *sweep) target() string {
	if strings.HasPrefix(s.route.Path(), "/view_credit_card/") {
		return "card:c_1"
	}
	return "route:" + s.route.Path()
}

// toLogin is where whoever is not signed in is led: after a form, back to the
// page that holds it.
func (s *sweep) toLogin() string {
	page := s.path
	if s.route.Page != "" && s.route.Method() == http.MethodPost {
		page = strings.ReplaceAll(s.route.Page, "{id}", "c_1")
	}
	if page == "/" {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(page)
}

func (s *sweep) signedOut() {
	s.Helper()
	a := s.do(s.stranger(), house.Request{})
	s.letIn(a, "authz_fail reason=signed_out actor= subject= target="+s.target())
	switch s.route.Guard {
	case web.SignedOut:
		if s.route.JSON {
			s.do(s.alice, house.Request{}).Is(http.StatusForbidden, `"next":"/"`).Wrote()
		} else {
			s.do(s.alice, house.Request{}).To("/").Wrote()
		}
	case web.Auditor, web.Admin: // alice is none
		s.do(s.alice, house.Request{}).Is(http.StatusNotFound, "There is no such page").
			Wrote("authz_fail reason=role actor=$alice subject=$alice target=" + s.target())
	case web.Holder:
		s.do(s.admin, house.Request{}).Is(http.StatusNotFound, "There is no such page").
			Wrote("authz_fail reason=role actor=$root subject=$root target=" + s.target())
	}
}

// letIn holds what a visitor without a live session gets.
func (s *sweep) letIn(a *house.Answer, refusal string) {
	s.Helper()
	post := s.route.Method() == http.MethodPost
	switch {
	case s.personal() && s.route.JSON:
		a.Is(http.StatusUnauthorized, "Sign in to see this page").Has("Location", "").Wrote(refusal)
	case s.personal() && strings.HasSuffix(s.path, ".json"):
		a.Is(http.StatusUnauthorized).Has("Location", "").Wrote(refusal)
	case s.personal():
		a.To(s.toLogin()).Wrote(refusal)
	case s.route.Guard == web.Halfway:
		a.To("/login").Wrote()
	case strings.HasSuffix(s.path, "/passkey/begin"): // asking is nobody's business
		a.Is(http.StatusOK, `"publicKey"`).Wrote()
	case s.route.Guard == web.Auditor: // a program's: it is led nowhere
		a.Is(http.StatusUnauthorized, "Please sign in first").Has("Location", "").Wrote(refusal)
	case s.route.Guard == web.Blind: // nobody is known there
		a.Is(http.StatusUnsupportedMediaType).Wrote("input_validation_fail reason=content_type actor= subject= session=")
	case strings.HasPrefix(s.path, "/reset/"): // no such link
		a.Is(http.StatusNotFound, "There is no such page").Wrote()
	case post: // an empty form: refused, with one event
		if l := s.Next(1)[0]; a.Status != 422 && a.Status != 401 || l.Level != "WARNING" || l.Actor != "" {
			s.Errorf("%s, empty = %d with %s, want a refusal", s.route.Pattern, a.Status, l.Event)
		}
	case strings.HasPrefix(s.path, "/static/"):
		a.Is(404, "There is no such page").Wrote()
	default:
		a.Is(200).Wrote()
	}
}

// deadSession holds that the cookie of a session that is over lets nobody in
// and is taken back, but not where no cookie is read.
func (s *sweep) deadSession() {
	s.Helper()
	a := s.do(s.dead, house.Request{})
	cleared := strings.HasPrefix(a.Header.Get("Set-Cookie"), "coffer=;")
	s.letIn(a, "session_use_after_expire reason=logout actor= subject=$dead session=$session-of-dead")
	if want := s.route.Guard != web.Bare && s.route.Guard != web.Blind; cleared != want {
		s.Errorf("%s with a dead session clears the cookie: %v, want %v", s.route.Pattern, cleared, want)
	}
}

// methods holds 405 for what the path does not have, with those that it has,
// and that HEAD is GET without the page.
func (s *sweep) methods() {
	s.Helper()
	var has []string
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		if slices.ContainsFunc(s.routes, func(r web.Route) bool { return r.Pattern == m+" "+strings.Fields(s.route.Pattern)[1] }) {
			if has = append(has, m); m == http.MethodGet {
				has = append(has, http.MethodHead)
			}
		}
	}
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "FORGED"} {
		if !slices.Contains(has, m) {
			s.do(s.alice, house.Request{Method: m}).Is(http.StatusMethodNotAllowed).Has("Allow", strings.Join(has, ", ")).Wrote()
		}
	}
	if s.route.Method() == http.MethodGet {
		head := s.do(s.stranger(), house.Request{Method: http.MethodHead})
		s.letIn(head, "authz_fail reason=signed_out request_method=HEAD target="+s.target())
	}
}

// elsewhere holds that a form of another site is refused whoever sends it, and
// in every way in which browsers say so.
func (s *sweep) elsewhere() {
	s.Helper()
	for _, c := range []struct {
		q    house.Request
		site string
	}{
		{house.Request{Site: "cross-site", Origin: "https://evil.example"}, "cross_site"},
		{house.Request{Site: "same-site", Origin: "http://other.coffer.test"}, "same_site"},
		{house.Request{Site: "cross-site", Origin: "null"}, "cross_site"},
		{house.Request{Site: "-", Origin: "https://evil.example"}, "origin_mismatch"},
		{house.Request{Site: "-", Origin: "null"}, "origin_mismatch"},
		{house.Request{Site: "-", Origin: "http://coffer.test.evil.example"}, "origin_mismatch"},
	} {
		for b, subject := range map[*house.Browser]string{s.alice: "$alice", s.stranger(): "", s.dead: ""} {
			if s.route.Guard == web.Blind {
				subject = ""
			}
			s.do(b, c.q).Is(http.StatusForbidden, "came from another site").
				Wrote("malicious_csrf level=WARNING actor= subject=" + subject + " target=route:" + s.route.Path() + " data.site=" + c.site)
		}
	}
}

// reports holds what is refused of reports, whoever's browser sends them.
func (s *sweep) reports() {
	s.Helper()
	named := " level=WARNING actor= subject= session= target=route:" + s.route.Path()
	for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "application/jsonp", "garbage/", "-"} {
		s.do(s.alice, house.Request{Body: "{}", Type: kind}).
			Is(http.StatusUnsupportedMediaType).Wrote("input_validation_fail reason=content_type" + named)
	}
	for _, size := range []int{16<<10 + 1, 10 << 20} {
		s.do(s.alice, house.Request{Body: strings.Repeat(" ", size), Type: "application/csp-report"}).
			Is(http.StatusRequestEntityTooLarge, "at most 16 KiB").Wrote("input_validation_fail reason=too_large" + named)
	}
}

// bodies holds what is refused before any field is looked at.
func (s *sweep) bodies() {
	s.Helper()
	actor := ""
	switch {
	case s.route.Guard == web.Admin:
		actor = "$root"
	case s.personal():
		actor = "$alice"
	}
	named := " actor=" + actor + " subject=" + actor + " target=route:" + s.route.Path()
	b := s.admitted()
	if s.route.JSON {
		s.documents(b, named)
		return
	}
	for _, size := range []int{64<<10 + 1, 10 << 20} {
		s.do(b, house.Request{Body: "username=" + strings.Repeat("a", size)}).
			Is(http.StatusRequestEntityTooLarge, "at most 64 KiB").Wrote("input_validation_fail reason=too_large" + named)
	}
	for _, kind := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", "garbage/", "application/x-www-form-urlencoded2", "-"} {
		s.do(b, house.Request{Body: "username=a", Type: kind}).
			Is(http.StatusUnsupportedMediaType).Wrote("input_validation_fail reason=content_type" + named)
	}
	s.extraneous("is_admin=admin&%3Cscript%3E=1", 2, 0, named)
	s.extraneous("cvv=123", 1, 0, named)
	s.extraneous("%FF%00=1", 1, 0, named)
	for _, f := range s.route.Fields {
		s.extraneous(f+"=a&"+f+"=b", 0, 1, named)
		s.extraneous(f+"=a&"+f+"=b&"+f+"=c&x=1", 1, 1, named)
	}
	s.do(b, house.Request{Body: "username=%zz"}).Is(http.StatusUnprocessableEntity, "The form is garbled").
		Wrote("input_validation_fail reason=" + named)
}

// documents holds what is refused of JSON before anything in it is looked at.
func (s *sweep) documents(b *house.Browser, named string) {
	s.Helper()
	for _, size := range []int{64<<10 + 1, 10 << 20} {
		s.do(b, house.Request{Body: strings.Repeat(" ", size), Type: "application/json"}).
			Is(http.StatusRequestEntityTooLarge, "64 KiB").Has("Content-Type", "application/problem+json").
			Wrote("input_validation_fail reason=too_large" + named)
	}
	for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "application/jsonp", "garbage/", "-"} {
		s.do(b, house.Request{Body: "{}", Type: kind}).
			Is(http.StatusUnsupportedMediaType).Wrote("input_validation_fail reason=content_type" + named)
	}
	for _, body := range []string{"{", "username=a", "{}{}"} {
		s.do(b, house.Request{Body: body, Type: "application/json"}).
			Is(http.StatusUnprocessableEntity, "not JSON").Wrote("input_validation_fail reason=" + named)
	}
}

func (s *sweep) extraneous(body string, unknown, repeated int, named string) {
	s.Helper()
	lines := s.do(s.admitted(), house.Request{Body: body}).Is(http.StatusBadRequest, "does not ask for").
		Wrote(fmt.Sprintf("malicious_extraneous level=CRITICAL data.unknown=%d data.repeated=%d", unknown, repeated) + named)
	if len(lines) == 1 && strings.Contains(string(lines[0].Data), "admin") {
		s.Errorf("data = %s, want counts and no stranger's names", lines[0].Data)
	}
}
