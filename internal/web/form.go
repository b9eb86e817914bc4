package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"coffer/internal/event"
	"coffer/internal/fault"
)

// MaxBody is the longest body that is read.
const MaxBody = 64 << 10

// maxFields is the most that is taken apart; each part of what has more counts
// as a field that no form has. The parser would call it garbled.
const maxFields = 1000

// readForm reads the posted form and refuses what no form of ours sends. Its
// faults win over faults in the fields themselves.
func readForm(w http.ResponseWriter, r *http.Request, route Route) error {
	if r.ContentLength == 0 && r.Header.Get("Content-Type") == "" {
		r.PostForm, r.Form = url.Values{}, url.Values{}
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return badForm(route, http.StatusUnsupportedMediaType, "content_type", "Only a plain form can be posted here.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return badForm(route, http.StatusRequestEntityTooLarge, "too_large", "A form may hold at most 64 KiB.")
	}
	if err != nil { // a connection that broke says nothing about whoever had it
		return &fault.Error{Kind: fault.Invalid, Status: http.StatusBadRequest, Text: "The form did not arrive whole. Please try again.", Err: err}
	}
	if parts := bytes.Count(body, []byte("&")) + 1; parts > maxFields {
		return extraneous(route, parts, 0)
	}
	if r.PostForm, err = url.ParseQuery(string(body)); err != nil {
		return &fault.Error{
			Kind: fault.Invalid, Text: "The form is garbled. Go back, reload the page and try again.", Err: err,
			Events: []event.Event{event.InputInvalid{Form: route.Path(), Fields: []event.FieldRule{{Field: "body", Rule: "encoding"}}}},
		}
	}
	r.Form = r.PostForm // no form of ours has fields in its address
	return onlyKnown(r.PostForm, route)
}

func badForm(route Route, status int, rule, text string) error {
	return &fault.Error{
		Kind: fault.Invalid, Status: status, Text: text,
		Events: []event.Event{event.InputInvalid{Form: route.Path(), Reason: rule, Fields: []event.FieldRule{{Field: "body", Rule: rule}}}},
	}
}

// onlyKnown refuses fields that the form does not have, or has once. Their
// names are a stranger's text, so they are counted, not written.
func onlyKnown(form url.Values, route Route) error {
	unknown, repeated := 0, 0
	for name, values := range form {
		if !slices.Contains(route.Fields, name) {
			unknown++
		} else if len(values) > 1 {
			repeated++
		}
	}
	if unknown+repeated == 0 {
		return nil
	}
	return extraneous(route, unknown, repeated)
}

func extraneous(route Route, unknown, repeated int) error {
	return &fault.Error{
		Kind: fault.Invalid, Status: http.StatusBadRequest,
		Text:   "The form held something that this page does not ask for. Go back, reload the page and try again.",
		Events: []event.Event{event.Extraneous{Form: route.Path(), Unknown: unknown, Repeated: repeated}},
	}
}

// maxEcho is more than any field of a form may hold.
const maxEcho = 256

// Echo is what was typed as a form shows it again: without what a page must not
// hold (control characters, bytes that are not UTF-8) and without what would
// turn the text around it. Escaping is the template's.
func Echo(typed string) string {
	if len(typed) > maxEcho {
		typed = typed[:maxEcho]
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, typed)
}
