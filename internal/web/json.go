package web

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"coffer/internal/event"
	"coffer/internal/fault"
)

// read reads what was posted, in the form that the route takes.
func read(w http.ResponseWriter, r *http.Request, route Route) error {
	if !route.JSON {
		return readForm(w, r, route)
	}
	if r.ContentLength == 0 && r.Header.Get("Content-Type") == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return badForm(route, http.StatusUnsupportedMediaType, "content_type", "Only JSON can be posted here.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return badForm(route, http.StatusRequestEntityTooLarge, "too_large", "At most 64 KiB can be posted here.")
	}
	if err != nil { // a connection that broke says nothing about whoever had it
		return &fault.Error{Kind: fault.Invalid, Status: http.StatusBadRequest, Text: "It did not arrive whole. Please try again.", Err: err}
	}
	if len(body) > 0 && !json.Valid(body) {
		return &fault.Error{
			Kind: fault.Invalid, Text: "That is not JSON.",
			Events: []event.Event{event.InputInvalid{Form: route.Path(), Fields: []event.FieldRule{{Field: "body", Rule: "encoding"}}}},
		}
	}
	visitOf(r).body = body
	return nil
}

// JSON answers a program. What it may hold is for its person alone.
func JSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever asked is gone
	return nil
}

// trouble is an error as programs read it (RFC 9457).
type trouble struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
	// Confirm is the page that asks who is there, where that step is missing, and
	// Next any other page that the visitor has to see first.
	Confirm string `json:"confirm,omitempty"`
	Next    string `json:"next,omitempty"`
}

// failJSON is fail for what programs ask.
func (s *Server) failJSON(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	t := trouble{Type: "about:blank", Title: title(f), Status: status(f), Detail: f.Text, RequestID: RequestID(r)}
	if strings.HasPrefix(f.To, "/confirm") {
		t.Confirm = f.To
	} else {
		t.Next = f.To
	}
	if f.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", "5")
	}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.Retry.Seconds()))))
	}
	b, _ := json.Marshal(t) // texts and a number
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(t.Status)
	_, _ = w.Write(b) // whoever asked is gone
}
