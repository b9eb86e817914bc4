package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/session"
	"coffer/internal/web"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// site is a server of a few routes, on a real log.
type site struct {
	*testing.T
	log    *apptest.Log
	server *web.Server
	handle web.Handler // of every route
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{T: t, log: apptest.OpenLog(t, apptest.Migrated(t, db.SQLite))}
	handle := func(w http.ResponseWriter, r *http.Request) error { return s.handle(w, r) }
	server, err := web.New(web.Config{
		Log: s.log.Log, Origin: "http://coffer.test", Version: "0.0.0",
		Now: func() time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) },
		Identify: func(context.Context, secret.Text, bool) (session.Session, bool, bool, error) {
			return session.Session{Account: "u_alice", Username: "alice", Hash: "5e55"}, true, false, nil
		},
	}, []web.Route{
		{Pattern: "GET /open", Guard: web.Open, Handle: handle},
		{Pattern: "POST /open", Guard: web.Open, Handle: handle, Fields: []string{"a"}},
		{Pattern: "GET /data.json", Guard: web.SignedIn, Handle: handle},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.server = server
	return s
}

func (s *site) get(path string) *httptest.ResponseRecorder { return s.do("GET", path) }

func (s *site) do(method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, httptest.NewRequest(method, "http://coffer.test"+path, nil))
	return w
}

// TestPanic holds that a panic is answered and told by its place, whatever was
// thrown: the value may hold a secret.
func TestPanic(t *testing.T) {
	const canary = "4242424242424242"
	for name, throw := range map[string]func(){
		"text":  func() { panic(canary) },
		"error": func() { panic(fmt.Errorf("number %s", canary)) },
		"index": func() { _ = []byte(canary)[len(canary)] },
		"nil":   func() { var p *strings.Builder; p.WriteString(canary) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.handle = func(http.ResponseWriter, *http.Request) error {
				throw()
				return nil
			}
			w := s.get("/open")
			if w.Code != 500 || !strings.Contains(w.Body.String(), "Something went wrong on our side") || strings.Contains(w.Body.String(), canary) {
				t.Errorf("a panic is answered %d, want 500 with a page that does not tell", w.Code)
			}
			l := s.log.Want("sys_crash")[0]
			if l.Reason != "recovered" || l.Level != "CRITICAL" || strings.Contains(string(l.Data), canary) || !strings.Contains(string(l.Data), `"where":"fail_test.go:`) {
				t.Errorf("sys_crash = %+v, want reason recovered and the place", l)
			}
		})
	}
}

// TestHangUp holds that a handler may ask net/http to hang up.
func TestHangUp(t *testing.T) {
	s := newSite(t)
	s.handle = func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) }
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("the panic becomes %v, want it passed on", p)
		}
		s.log.Want()
	}()
	s.get("/open")
}

// TestOutcomes holds what a fault becomes: its status, its page, its events and
// no others, and Internal for an error that is none.
func TestOutcomes(t *testing.T) {
	page := func(*fault.Error) templ.Component { return templ.Raw("the form again") }
	csrf := event.CrossSite{Form: "/open", Site: "cross_site"}
	recorded := fault.New(fault.Invalid, "no", csrf)
	recorded.Recorded = true
	away := fault.New(fault.SignedOut, "no")
	away.To = "/elsewhere"
	late := fault.New(fault.TooMany, "too fast", csrf)
	late.Retry = 1500 * time.Millisecond
	for _, c := range []struct {
		name   string
		err    error
		status int
		mark   string
		events []string
	}{
		{"plain error", errors.New("disk /dev/secret"), 500, "Something went wrong on our side", nil},
		{"wrapped fault", fmt.Errorf("at: %w", fault.New(fault.NotFound, "Not here.")), 404, "Not here.", nil},
		{"signed out", fault.New(fault.SignedOut, "Sign in."), 401, "Sign in.", []string{"authz_fail"}},
		{"role", fault.New(fault.Forbidden, "Not yours."), 403, "Not yours.", []string{"authz_fail"}},
		{"own event", fault.New(fault.Forbidden, "Not yours.", csrf), 403, "malicious_csrf", []string{"malicious_csrf"}},
		{"not found tells no event", fault.New(fault.NotFound, "Not here.", csrf), 404, "Not here.", []string{"malicious_csrf"}},
		{"recorded already", recorded, 422, "no", nil},
		{"form again", web.Retry(page, fault.New(fault.Invalid, "no", csrf)), 422, "the form again", []string{"malicious_csrf"}},
		{"form again, taken", web.Retry(page, fault.New(fault.Conflict, "no")), 422, "the form again", nil},
		{"no form for what is not theirs to mend", web.Retry(page, fault.New(fault.Unavailable, "Later.")), 503, "Later.", nil},
		{"redirect", away, 303, "", []string{"authz_fail"}},
		{"wait", late, 429, "too fast", []string{"malicious_csrf"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.handle = func(http.ResponseWriter, *http.Request) error { return c.err }
			w := s.get("/open")
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.mark) || strings.Contains(w.Body.String(), "/dev/secret") {
				t.Errorf("%v = %d, want %d with %q", c.err, w.Code, c.status, c.mark)
			}
			if c.name == "wait" {
				if got := w.Header().Get("Retry-After"); got != "2" {
					t.Errorf("Retry-After = %q, want 2: never too early", got)
				}
			}
			if strings.Contains(c.name, "tells no event") && strings.Contains(w.Body.String(), "malicious") {
				t.Error("a page that is not there tells what was written about it")
			}
			s.log.Want(c.events...)
		})
	}
	if web.Retry(page, nil) != nil {
		t.Error("Retry(nil) is an error")
	}
}

// TestShut holds that a refusal which cannot be recorded is 503 and nothing else.
func TestShut(t *testing.T) {
	s := newSite(t)
	s.log.Shut(errors.New("no space left on /dev/secret"))
	s.handle = func(http.ResponseWriter, *http.Request) error {
		return web.Retry(func(*fault.Error) templ.Component { return templ.Raw("the form again") }, fault.New(fault.Invalid, "no", event.CrossSite{Form: "/open", Site: "cross_site"}))
	}
	w := s.get("/open")
	if w.Code != 503 || !strings.Contains(w.Body.String(), "Nothing was changed") || strings.Contains(w.Body.String(), "the form again") || strings.Contains(w.Body.String(), "/dev/secret") {
		t.Errorf("a refusal with the log shut = %d, want 503, nothing was changed", w.Code)
	}
	if w.Header().Get("Set-Cookie") != "" {
		t.Error("a refusal with the log shut sets a cookie")
	}
	s.log.Want()
}

// TestHalfPage holds that a page which fails half-way is not sent by halves.
func TestHalfPage(t *testing.T) {
	s := newSite(t)
	s.handle = func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, 200, templ.Join(templ.Raw("first half"), templ.ComponentFunc(failing)))
	}
	w := s.get("/open")
	if w.Code != 500 || strings.Contains(w.Body.String(), "first half") {
		t.Errorf("a page that fails = %d, want 500 and no half", w.Code)
	}
	s.log.Want()
}

// TestSignedOutMachine holds that what is read by machines is not led to a form.
func TestSignedOutMachine(t *testing.T) {
	s := newSite(t)
	w := s.get("/data.json")
	if w.Code != 401 || w.Header().Get("Location") != "" {
		t.Errorf("JSON, signed out = %d to %q, want 401", w.Code, w.Header().Get("Location"))
	}
	s.log.Want("authz_fail")
}

func failing(context.Context, io.Writer) error { return errors.New("half-way") }
