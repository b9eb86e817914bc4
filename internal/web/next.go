package web

import (
	"net/http"
	"net/url"
	"strings"
)

// Next gives where a form may lead on to: a path of ours that a GET answers,
// else the start page. Everything else that a stranger may have written into
// the address, another host above all, ends at "/".
func (s *Server) Next(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil || u.Fragment != "" {
		return "/"
	}
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t\x00") {
		return "/"
	}
	probe := &http.Request{Method: http.MethodGet, URL: u, Host: "coffer.invalid"}
	if route, ok := s.match(probe); !ok || route.Guard.blind() || !clean(u.EscapedPath()) {
		return "/"
	}
	return u.RequestURI()
}

// SeeOther answers with a redirect to a GET page.
func SeeOther(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// loginAt is the login page that leads back to path.
func loginAt(path string) string {
	if path == "/" {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(path)
}
