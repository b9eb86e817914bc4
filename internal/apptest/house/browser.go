package house

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"coffer/internal/event"
)

// Browser visits like one: it keeps cookies, says where a form came from, and
// leaves redirects to the test.
type Browser struct {
	// Address is where the connection comes from, and Agent what it says it is.
	Address, Agent string
	// Header is sent with every request, over the browser's own.
	Header http.Header

	h   *House
	jar map[string]string
}

// Request is one that a test makes by hand.
type Request struct {
	Method, Path string
	// Body is sent as a form unless Type says otherwise.
	Body, Type string
	// Site is what Sec-Fetch-Site says; empty is same-origin, "-" leaves it out.
	Site string
	// Origin is the form's; empty is ours, "-" leaves it out.
	Origin string
	Header http.Header
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string

	h     *House
	asked string
}

// Get asks for a page.
func (b *Browser) Get(path string) *Answer {
	b.h.Helper()
	return b.Do(Request{Method: http.MethodGet, Path: path})
}

// Post sends a form of names and values, in this order. Passwords and card
// numbers become canaries.
func (b *Browser) Post(path string, fields ...string) *Answer {
	b.h.Helper()
	return b.Do(Request{Method: http.MethodPost, Path: path, Body: b.h.Form(fields...)})
}

// Form writes names and values as a browser does.
func (h *House) Form(fields ...string) string {
	var parts []string
	for i := 0; i+1 < len(fields); i += 2 {
		name, value := fields[i], fields[i+1]
		switch {
		case (strings.HasSuffix(name, "password") || name == "code") && len(value) >= 10:
			h.Secret(value)
		case name == "card_number":
			h.secretNumber(value)
		}
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	return strings.Join(parts, "&")
}

// Do makes the request. What was written before it must have been stated.
func (b *Browser) Do(q Request) *Answer {
	b.h.Helper()
	b.h.Wrote()
	return b.Send(q)
}

// Send is Do for tests that make several requests at once and state what they
// wrote afterwards.
func (b *Browser) Send(q Request) *Answer {
	b.h.Helper()
	rec := httptest.NewRecorder()
	b.h.Handler().ServeHTTP(rec, b.request(q))
	a := &Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String(), h: b.h, asked: q.Method + " " + q.Path}
	b.keep(rec.Result().Cookies())
	a.discreet(q)
	a.guarded(q)
	return a
}

func (b *Browser) request(q Request) *http.Request {
	var body io.Reader
	if q.Body != "" {
		body = strings.NewReader(q.Body)
	}
	r := httptest.NewRequest(q.Method, "http://coffer.test/", body)
	r.URL, r.RequestURI = target(q.Path), q.Path
	r.RemoteAddr = net.JoinHostPort(b.Address, "40404")
	if u, err := url.Parse(b.h.Setup.URL); err == nil {
		r.Host = u.Host
	}
	r.Header.Set("User-Agent", b.Agent)
	if q.Method == http.MethodPost {
		set(r.Header, "Content-Type", q.Type, "application/x-www-form-urlencoded")
		set(r.Header, "Origin", q.Origin, b.h.Setup.URL)
	}
	set(r.Header, "Sec-Fetch-Site", q.Site, "same-origin")
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for _, more := range []http.Header{b.Header, q.Header} {
		for k, v := range more {
			r.Header[k] = append(r.Header[k], v...)
		}
	}
	return r
}

// target reads a path as the server does, odd ones too.
func target(path string) *url.URL {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return &url.URL{Path: path}
	}
	return u
}

func set(h http.Header, name, value, otherwise string) {
	switch value {
	case "-":
	case "":
		h.Set(name, otherwise)
	default:
		h.Set(name, value)
	}
}

func (b *Browser) keep(cookies []*http.Cookie) {
	for _, c := range cookies {
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
			continue
		}
		b.jar[c.Name] = c.Value
		if name := strings.TrimPrefix(c.Name, "__Host-"); name == "coffer" || name == "coffer_device" {
			b.h.Secret(c.Value)
		}
	}
}

// Cookie is the value that the browser holds under a name.
func (b *Browser) Cookie(name string) string { return b.jar[name] }

// SetCookie plants a cookie; an empty value takes it away.
func (b *Browser) SetCookie(name, value string) {
	if b.jar[name] = value; value == "" {
		delete(b.jar, name)
	}
}

// discreet fails if the answer holds a canary and is not the page that shows
// a number to its owner, or a new factor to whoever adds it.
func (a *Answer) discreet(q Request) {
	a.h.Helper()
	head := a.Header.Clone()
	head.Del("Set-Cookie")
	text := a.Body
	for k, v := range head {
		text += k + strings.Join(v, " ")
	}
	revealed := strings.HasSuffix(q.Path, "/reveal") && a.Status == http.StatusOK || q.Path == "/settings/totp" || q.Path == "/settings/recovery_codes"
	if found := a.h.secret.found([]byte(text)); len(found) > 0 && !revealed {
		a.h.Errorf("%s answers %d with the secrets %v in it", a.asked, a.Status, found)
	}
}

// Is fails unless the status and all these marks of the page are there.
func (a *Answer) Is(status int, marks ...string) *Answer {
	a.h.Helper()
	if a.Status != status {
		a.h.Errorf("%s = %d, want %d\n%s", a.asked, a.Status, status, a.main())
	}
	for _, m := range marks {
		if !strings.Contains(a.Body, m) {
			a.h.Errorf("%s lacks %q\n%s", a.asked, m, a.main())
		}
	}
	return a
}

// main is how the page's content begins, for messages.
func (a *Answer) main() string {
	_, rest, _ := strings.Cut(a.Body, "<h1")
	return rest[:min(len(rest), 300)]
}

// To fails unless it is a redirect there.
func (a *Answer) To(location string) *Answer {
	a.h.Helper()
	if got := a.Header.Get("Location"); a.Status != http.StatusSeeOther || got != location {
		a.h.Errorf("%s = %d to %q, want 303 to %q\n%s", a.asked, a.Status, got, location, a.main())
	}
	return a
}

// Not fails if one of these stands in the page.
func (a *Answer) Not(texts ...string) *Answer {
	a.h.Helper()
	for _, t := range texts {
		if strings.Contains(a.Body, t) {
			a.h.Errorf("%s has %q in it, want it nowhere", a.asked, t)
		}
	}
	return a
}

// Has fails unless the header has this value; an empty one must not be there.
func (a *Answer) Has(name, value string) *Answer {
	a.h.Helper()
	if got := strings.Join(a.Header.Values(name), " | "); got != value {
		a.h.Errorf("%s has %s: %s, want %q", a.asked, name, got, value)
	}
	return a
}

// Wrote states the events that the request wrote, and that there were no others.
func (a *Answer) Wrote(want ...string) []event.Line {
	a.h.Helper()
	lines := a.h.Lines(a.h.seen)
	a.h.seen += uint64(len(lines))
	if !slices.Equal(want, nil) || len(lines) > 0 {
		a.h.match(lines, want)
	}
	return lines
}
