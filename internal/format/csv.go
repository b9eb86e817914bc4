package format

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"coffer/internal/event"
)

// column is one column of the table. The columns and their order are public:
// new ones come last.
type column struct {
	name string
	cell func(l event.Line) string
}

var table = []column{
	{"seq", func(l event.Line) string { return strconv.FormatUint(l.Seq, 10) }},
	{"datetime", func(l event.Line) string { return l.Datetime }},
	{"level", func(l event.Line) string { return l.Level }},
	{"event", func(l event.Line) string { return l.Event }},
	{"outcome", func(l event.Line) string { return l.Outcome }},
	{"reason", func(l event.Line) string { return l.Reason }},
	{"description", func(l event.Line) string { return l.Description }},
	{"actor", func(l event.Line) string { return l.Actor }},
	{"subject", func(l event.Line) string { return l.Subject }},
	{"source_ip", func(l event.Line) string { return l.SourceIP }},
	{"target", event.Line.Target},
	{"session", func(l event.Line) string { return l.Session }},
	{"request_id", func(l event.Line) string { return l.RequestID }},
	{"request_method", func(l event.Line) string { return l.RequestMethod }},
	{"request_uri", func(l event.Line) string { return l.RequestURI }},
	{"useragent", func(l event.Line) string { return l.UserAgent }},
	{"peer_ip", func(l event.Line) string { return l.PeerIP }},
	{"appid", func(l event.Line) string { return l.AppID }},
	{"node", func(l event.Line) string { return l.Node }},
	{"version", func(l event.Line) string { return l.Version }},
	{"schema", func(l event.Line) string { return strconv.Itoa(l.Schema) }},
	{"data", func(l event.Line) string { return string(l.Data) }},
}

// csvHeader needs no quotes: the names are plain words.
func csvHeader() []byte {
	names := make([]string, len(table))
	for i, c := range table {
		names[i] = c.name
	}
	return []byte(strings.Join(names, ",") + "\r\n")
}

// appendCSV ends in CR and LF, as RFC 4180 has it.
func appendCSV(dst []byte, l event.Line, _ []byte) ([]byte, error) {
	for i, c := range table {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, c.cell(l))
	}
	return append(dst, '\r', '\n'), nil
}

// formulas are what a spreadsheet takes for the start of one; the wide forms
// are read as the narrow ones in some languages.
const formulas = "=+-@\t\r\n＝＋－＠"

// appendCell marks with an apostrophe what a spreadsheet would run, and quotes
// by RFC 4180. Cleaning comes second, or it would hide a leading tab or CR.
func appendCell(dst []byte, cell string) []byte {
	if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune(formulas, first) {
		cell = "'" + cell
	}
	cell = clean(cell)
	if !strings.ContainsAny(cell, "\", ;'") {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(dst, '"')
}
