package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"coffer/internal/event"
	"coffer/internal/fault"
)

const (
	// maxReport is the longest body of reports that is read.
	maxReport = 16 << 10
	// maxReports is how many reports of one body get a line each.
	maxReports = 20
)

// reportTypes are what browsers send reports as: the older way, the newer one,
// and what some call either.
var reportTypes = []string{"application/csp-report", "application/reports+json", "application/json"}

// directives are those of Content Security Policy Level 3 that can be violated;
// what else a report names is a stranger's text.
var directives = []string{
	"child-src", "connect-src", "default-src", "font-src", "frame-src", "img-src", "manifest-src", "media-src", "object-src",
	"script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr", "worker-src",
	"base-uri", "form-action", "frame-ancestors", "sandbox", "require-trusted-types-for", "trusted-types", "webrtc",
}

// keywords are what a report may say instead of an address.
var keywords = []string{
	"inline", "eval", "wasm-eval", "self", "data", "blob", "filesystem", "about", "trusted-types-policy", "trusted-types-sink",
}

// violation is a report in either spelling: the older one has dashes.
type violation struct {
	Page      string `json:"documentURL"`
	Directive string `json:"effectiveDirective"`
	Blocked   string `json:"blockedURL"`
	Source    string `json:"sourceFile"`
	Line      int    `json:"lineNumber"`

	OldPage      string `json:"document-uri"`
	OldDirective string `json:"effective-directive"`
	Violated     string `json:"violated-directive"` // what oldest browsers name instead
	OldBlocked   string `json:"blocked-uri"`
	OldSource    string `json:"source-file"`
	OldLine      int    `json:"line-number"`
}

// Report takes what browsers report of the content policy. What it holds is
// anybody's claim: it becomes words and addresses, and no more of it is kept.
func (s *Server) Report(w http.ResponseWriter, r *http.Request) error {
	found, err := readReports(w, r)
	if err != nil {
		return err
	}
	more := max(0, len(found)-maxReports)
	events := make([]event.Event, 0, maxReports)
	for _, v := range found[:len(found)-more] {
		events = append(events, v.event())
	}
	if last, ok := events[len(events)-1].(event.PolicyViolated); ok {
		last.More = more
		events[len(events)-1] = last
	}
	if err := s.Log.Record(r.Context(), events...); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// readReports gives at least one report, or why there is none.
func readReports(w http.ResponseWriter, r *http.Request) ([]violation, error) {
	route := visitOf(r).route
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(reportTypes, kind) {
		return nil, badForm(route, http.StatusUnsupportedMediaType, "content_type", "Only a browser's report can be posted here.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, badForm(route, http.StatusRequestEntityTooLarge, "too_large", "A report may hold at most 16 KiB.")
	}
	found := parseReports(body)
	if err != nil || len(found) == 0 {
		return nil, &fault.Error{
			Kind: fault.Invalid, Text: "That is no report of the content policy.", Err: err,
			Events: []event.Event{event.InputInvalid{Form: route.Path(), Fields: []event.FieldRule{{Field: "body", Rule: "json"}}}},
		}
	}
	return found, nil
}

// parseReports reads both forms; reports of other things, and what is no
// report, are left out.
func parseReports(body []byte) (found []violation) {
	var one struct {
		Report *violation `json:"csp-report"`
	}
	if json.Unmarshal(body, &one) == nil && one.Report != nil {
		return []violation{*one.Report}
	}
	var many []struct {
		Type string    `json:"type"`
		Body violation `json:"body"`
	}
	if json.Unmarshal(body, &many) != nil {
		return nil
	}
	for _, m := range many {
		if m.Type == "csp-violation" {
			found = append(found, m.Body)
		}
	}
	return found
}

func (v violation) event() event.Event {
	directive, _, _ := strings.Cut(either(v.Directive, either(v.OldDirective, v.Violated)), " ")
	if !slices.Contains(directives, directive) {
		directive = "other"
	}
	return event.PolicyViolated{
		Page: pathOf(either(v.Page, v.OldPage)), Directive: directive,
		Blocked: siteOf(either(v.Blocked, v.OldBlocked)), Source: siteOf(either(v.Source, v.OldSource)),
		Line: max(0, v.Line, v.OldLine),
	}
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// pathOf is the path of an address, fit for the log.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Path == "" {
		return "/"
	}
	return event.CleanPath(u.Path)
}

// siteOf is a keyword, or scheme and host of an address: what stands behind
// them may hold anything. So may a host's name; each part of it is cleaned.
func siteOf(address string) event.Text {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return ""
	case slices.Contains(keywords, address):
		return event.Text(address)
	case err != nil || u.Scheme == "":
		return "other"
	case u.Host == "":
		return event.Text(u.Scheme + ":")
	}
	parts := strings.Split(u.Hostname(), ".")
	for i, p := range parts {
		parts[i] = strings.TrimPrefix(event.CleanPath("/"+p), "/")
	}
	return event.Text(u.Scheme + "://" + strings.Join(parts, "."))
}
