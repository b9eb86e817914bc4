package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"coffer/internal/secret"
)

// TestSetOnce holds that no answer names a cookie twice (RFC 6265, 4.1.1): a
// client that reads the first would sign itself out.
func TestSetOnce(t *testing.T) {
	s, w := &Server{}, httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/login", nil)
	setCookie(w, r, visitName, "t_1.4", 60)
	s.ClearSession(w, r)
	s.SetSession(w, r, secret.New("not-a-real-token"))
	got := map[string]string{}
	for _, c := range w.Result().Cookies() {
		if old, twice := got[c.Name]; twice {
			t.Errorf("%s is set to %q and to %q", c.Name, old, c.Value)
		}
		got[c.Name] = c.Value
	}
	if got["coffer"] != "not-a-real-token" || got["coffer_visit"] != "t_1.4" {
		t.Errorf("cookies = %v, want the last of each name", got)
	}
}
