package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"coffer/internal/secret"
)

// cookieName is a cookie's name as the browser has it. On HTTPS the __Host-
// prefix makes the browser hold it to this host, this path and Secure.
func cookieName(r *http.Request, name string) string {
	if visitOf(r).secure {
		return "__Host-" + name
	}
	return name
}

// The cookies' names on plain HTTP.
const (
	sessionName = "coffer"
	// visitName is the cookie that names the one line a signed-out visit made.
	visitName = "coffer_visit"
	// deviceName is the cookie by which a browser is known that was signed in
	// with before. It lets nobody in; it is counted by where passwords are wrong.
	deviceName = "coffer_device"
	// questionName is what a passkey was asked, until it answers.
	questionName = "coffer_question"
)

// SetSession gives the browser a session's token.
func (s *Server) SetSession(w http.ResponseWriter, r *http.Request, token secret.Text) {
	setCookie(w, r, sessionName, token.Reveal(), 0)
}

// ClearSession takes the token back.
func (s *Server) ClearSession(w http.ResponseWriter, r *http.Request) {
	setCookie(w, r, sessionName, "", -1)
}

// SetDevice gives the browser what it will be known by; signing out keeps it.
func (s *Server) SetDevice(w http.ResponseWriter, r *http.Request, device secret.Text, age time.Duration) {
	setCookie(w, r, deviceName, device.Reveal(), int(age/time.Second))
}

// DeviceCookie is what the browser is known by, or nothing.
func DeviceCookie(r *http.Request) secret.Text {
	device, _ := single(r, deviceName)
	return device
}

// SetQuestion has the browser keep what a passkey was asked, and Question gives
// it back; it is taken from the browser with the answer.
func (s *Server) SetQuestion(w http.ResponseWriter, r *http.Request, kept secret.Text, age time.Duration) {
	setCookie(w, r, questionName, kept.Reveal(), int(age/time.Second))
}

// Question is what SetQuestion kept, or nothing.
func (s *Server) Question(w http.ResponseWriter, r *http.Request) secret.Text {
	kept, given := single(r, questionName)
	if given {
		setCookie(w, r, questionName, "", -1)
	}
	return kept
}

// setCookie sets a cookie once: what was set under its name before is dropped,
// as no answer may name a cookie twice (RFC 6265, 4.1.1).
func setCookie(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	c := &http.Cookie{
		Name: cookieName(r, name), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: visitOf(r).secure, SameSite: http.SameSiteLaxMode,
	}
	others := slices.DeleteFunc(w.Header().Values("Set-Cookie"), func(set string) bool { return strings.HasPrefix(set, c.Name+"=") })
	w.Header().Del("Set-Cookie")
	for _, set := range append(others, c.String()) {
		w.Header().Add("Set-Cookie", set)
	}
}

// token reads the session cookie.
func (s *Server) token(r *http.Request) (t secret.Text, given bool) { return single(r, sessionName) }

// single reads a cookie. One that is given twice is none: one of the two was
// planted, and which one cannot be known.
func single(r *http.Request, name string) (t secret.Text, given bool) {
	found := r.CookiesNamed(cookieName(r, name))
	if len(found) != 1 || found[0].Value == "" {
		return secret.Text{}, false
	}
	return secret.New(found[0].Value), true
}
