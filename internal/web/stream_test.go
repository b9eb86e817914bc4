package web

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestStreamBreaksOff holds that an answer which cannot go on is not taken for a
// whole one, and that one which has not begun is an ordinary refusal.
func TestStreamBreaksOff(t *testing.T) {
	sorry := errors.New("the log is gone")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := NewStream(w, "application/json", "x.json")
		if r.URL.Path == "/begun" {
			if _, err := out.Write([]byte(`{"events":[`)); err != nil {
				t.Errorf("Write() = %v", err)
			}
		}
		if err := out.Fail(sorry); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}))
	defer srv.Close()
	for path, want := range map[string]int{"/begun": http.StatusOK, "/": http.StatusServiceUnavailable} {
		got, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(got.Body)
		got.Body.Close()
		if begun := path == "/begun"; got.StatusCode != want || (err != nil) != begun || (got.Header.Get("Content-Disposition") != "") != begun {
			t.Errorf("%s = %d, %v, %v", path, got.StatusCode, err, got.Header)
		}
	}
}
