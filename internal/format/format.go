// Package format turns a sealed line of the log into what other programs and
// people read: text for a terminal, JSON lines, CSV, OCSF, ECS and CEF, and for
// deliveries RFC 5424 syslog and OTLP. It only translates: it reads and sends
// nothing, and it never changes what a line says. Nothing in a line can break
// out of the record that it is put into. How an event reads in another
// vocabulary is judgement and stands in event's crosswalk, not here.
package format

import (
	"bytes"
	"errors"
	"slices"

	"coffer/internal/event"
)

// Format is one way to write a line.
type Format struct {
	// Name is what a person asks for it by.
	Name string
	// About says in a few words what it is good for.
	About  string
	header []byte
	append func(dst []byte, l event.Line, line []byte) ([]byte, error)
}

// All are the formats of an export, the readable first.
var All = []Format{
	Text(nil, false, 0),
	{Name: "jsonl", About: "the log's own lines, byte for byte", append: appendExact},
	{Name: "csv", About: "a table for spreadsheets (RFC 4180, safe against formulas)", header: csvHeader(), append: appendCSV},
	{Name: "ocsf", About: "Open Cybersecurity Schema Framework " + ocsfVersion + ", one JSON object a line", append: appendOCSF},
	{Name: "ecs", About: "Elastic Common Schema " + ecsVersion + ", one JSON object a line", append: appendECS},
	{Name: "cef", About: "ArcSight Common Event Format, version 0", append: appendCEF},
}

// Find gives the format of a name.
func Find(name string) (f Format, known bool) {
	i := slices.IndexFunc(All, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return All[i], true
}

// Header is what stands before the first record, with its line end; most
// formats have none.
func (f Format) Header() []byte { return f.header }

// Append adds one record, with its line end. l must be what event.Parse makes
// of line, which is the exact sealed line without its newline.
func (f Format) Append(dst []byte, l event.Line, line []byte) ([]byte, error) {
	return f.append(dst, l, line)
}

var errTorn = errors.New("a sealed line holds no line end")

// appendExact refuses what would make two records of one.
func appendExact(dst []byte, _ event.Line, line []byte) ([]byte, error) {
	if bytes.ContainsAny(line, "\r\n") {
		return dst, errTorn
	}
	return append(append(dst, line...), '\n'), nil
}
