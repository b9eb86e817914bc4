package web

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"
)

// farewell is how long a connection stays open after a refusal, so that the
// answer arrives before the system breaks off what nobody reads.
const farewell = time.Second / 2

// Plain answers on plain HTTP where the pages are on HTTPS. Whoever asks for a
// page is led there, to the configured origin and no other, whatever the request
// calls this host. All else is refused and not read: what a form or a program
// sends has crossed the network in clear, and a redirect would hide that. No
// cookie is read, nothing is done, and so nothing is written down.
func (s *Server) Plain() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header(), false)
		asks := r.ContentLength == 0 && (r.Method == http.MethodGet || r.Method == http.MethodHead)
		switch to := s.Origin + below(r); {
		case asks && s.forPerson(r):
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusPermanentRedirect)
		case asks:
			_ = Word(w, http.StatusForbidden, "Only over HTTPS: "+to) // it returns no error
		default:
			s.refusePlain(w, r)
		}
	})
}

// forPerson reports a page, or what might be one: a program is told of its
// mistake instead of led on, and so does not make it for ever (ASVS 4.1.2).
func (s *Server) forPerson(r *http.Request) bool {
	route, known := s.match(r)
	last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	return !strings.Contains(last, ".") && (!known || !route.Guard.blind() && route.Guard != Auditor)
}

// below is what was asked for below the host, and always begins with a slash.
func below(r *http.Request) string {
	path := r.URL.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		path = "/"
	}
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	return path
}

// refusePlain says that what was sent was not taken, and what to think of it.
func (s *Server) refusePlain(w http.ResponseWriter, r *http.Request) {
	to := s.Origin + "/"
	probe := &http.Request{Method: http.MethodGet, URL: r.URL, Host: r.Host}
	if _, known := s.match(probe); known && r.URL.Path != "" && clean(r.URL.EscapedPath()) && s.forPerson(probe) {
		to = s.Origin + r.URL.EscapedPath()
	}
	var page bytes.Buffer
	if err := plainPage(to).Render(r.Context(), &page); err != nil {
		page.Reset() // the status says enough
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	turnAway(w, page.Bytes())
}

// turnAway answers and ends the connection without reading on. Left to itself,
// net/http would first take a quarter of a megabyte off the network.
func turnAway(w http.ResponseWriter, page []byte) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // there is no connection: a test's
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(page)
		return
	}
	defer conn.Close()
	answer := http.Response{
		StatusCode: http.StatusForbidden, ProtoMajor: 1, ProtoMinor: 1, Header: w.Header(), Close: true,
		ContentLength: int64(len(page)), Body: io.NopCloser(bytes.NewReader(page)),
	}
	// Who does not take the answer goes without.
	if conn.SetDeadline(time.Now().Add(10*farewell)) == nil && answer.Write(conn) == nil {
		time.Sleep(farewell)
	}
}
