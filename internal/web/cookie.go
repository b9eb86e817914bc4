package web

import (
	"net/http"

	"coffer/internal/secret"
)

// cookieName is the session cookie's. On HTTPS the __Host- prefix makes the
// browser hold it to this host, this path and Secure.
func (s *Server) cookieName() string {
	if s.Secure {
		return "__Host-coffer"
	}
	return "coffer"
}

// SetSession gives the browser a session's token.
func (s *Server) SetSession(w http.ResponseWriter, token secret.Text) {
	http.SetCookie(w, s.cookie(s.cookieName(), token.Reveal(), 0))
}

// ClearSession takes the token back.
func (s *Server) ClearSession(w http.ResponseWriter) {
	http.SetCookie(w, s.cookie(s.cookieName(), "", -1))
}

func (s *Server) cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
}

// token reads the session cookie. A cookie that is given twice is none: one of
// the two was planted, and which one cannot be known.
func (s *Server) token(r *http.Request) (t secret.Text, given bool) {
	found := r.CookiesNamed(s.cookieName())
	if len(found) != 1 || found[0].Value == "" {
		return secret.Text{}, false
	}
	return secret.New(found[0].Value), true
}

// visitName is the cookie that names the one line a signed-out visit made.
const visitName = "coffer_visit"
