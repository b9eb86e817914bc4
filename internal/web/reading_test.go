package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"coffer/internal/secret"
	"coffer/internal/session"
)

// TestReading holds who counts as waiting for a page: people who are signed in,
// for as long as the page takes. A stranger does not, nor does a form, which can
// be sent slowly.
func TestReading(t *testing.T) {
	var s *Server
	seen := map[string]bool{}
	note := func(w http.ResponseWriter, r *http.Request) error {
		who, _ := Session(r)
		seen[r.Method+who.Account] = s.Reading()
		return Word(w, http.StatusOK, "ok")
	}
	s, err := New(Config{
		Origin: "http://coffer.test",
		Recognise: func(context.Context, secret.Text) (session.Session, bool, error) {
			return session.Session{Account: "u_alice", Level: session.Full}, true, nil
		},
	}, []Route{{Pattern: "GET /page", Guard: Open, Handle: note}, {Pattern: "POST /page", Guard: Open, Handle: note}})
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"GET", "POST"} {
		for _, cookie := range []string{"", "coffer=token"} {
			r := httptest.NewRequest(method, "http://coffer.test/page", nil)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if cookie != "" {
				r.Header.Set("Cookie", cookie)
			}
			w := httptest.NewRecorder()
			if s.ServeHTTP(w, r); w.Code != http.StatusOK {
				t.Errorf("%s %q = %d, want 200", method, cookie, w.Code)
			}
		}
	}
	for who, want := range map[string]bool{"GET": false, "GETu_alice": true, "POST": false, "POSTu_alice": false} {
		if got, found := seen[who]; !found || got != want {
			t.Errorf("Reading during %s = %v, %v, want %v", who, got, found, want)
		}
	}
	if s.Reading() {
		t.Error("somebody still waits, after all are served")
	}
}
