package format

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"text/template"

	"coffer/internal/event"
)

//go:generate go test -run ^TestFormatsDocument$ . -update

var update = flag.Bool("update", false, "write docs/formats.md")

const document = "../../docs/formats.md"

// mapping says where each member of the line is found. A cell with a space is a
// remark; the others are checked.
var mapping = [][]string{
	{"seq", "seq", "metadata.sequence", "event.sequence", "externalId", "seq", "coffer.seq"},
	{"datetime", "datetime", "time_dt", "@timestamp", "rt (milliseconds)", "TIMESTAMP of the header", "timeUnixNano (a number)"},
	{"level", "level", "metadata.log_level", "log.level", "cs5", "level", "severityText of the record"},
	{"event", "event", "metadata.event_code", "event.action", "class id of the header", "MSGID of the header", "event.name"},
	{"outcome", "outcome", "status (with a capital)", "event.outcome", "outcome", "outcome", "coffer.outcome"},
	{"reason", "reason", "status_detail", "event.reason", "reason", "reason", "coffer.reason"},
	{"description", "description", "message", "message", "msg", "", "body of the record"},
	{"actor", "actor", "actor.user.uid", "user.id", "suid", "actor", "user.id"},
	{"subject", "subject", "user.uid", "user.target.id", "duid", "subject", "coffer.subject"},
	{"source_ip", "source_ip", "src_endpoint.ip", "source.ip", "src", "source_ip", "client.address"},
	{"peer_ip", "peer_ip", "src_endpoint.intermediate_ips.0", "labels.peer_ip", "cs4", "", "network.peer.address"},
	{"useragent", "useragent", "http_request.user_agent", "user_agent.original", "requestClientApplication", "", "user_agent.original"},
	{"request_method", "request_method", "http_request.http_method", "http.request.method", "requestMethod", "", "http.request.method"},
	{"request_uri", "request_uri", "http_request.url.path", "url.path", "request", "", "url.path"},
	{"request_id", "request_id", "metadata.correlation_uid", "http.request.id", "cs3", "request_id", "coffer.request_id"},
	{"session", "session", "actor.session.uid", "labels.session", "cs2", "session", "session.id"},
	{"appid", "appid", "", "", "", "APP-NAME of the header", "service.name of the resource"},
	{"node", "node", "device.hostname", "host.name", "dvchost", "HOSTNAME of the header", "host.name of the resource"},
	{"version", "version", "metadata.product.version", "service.version", "version of the header", "", "service.version of the resource"},
	{"data.target", "target", "unmapped.data.target", "labels.target", "cs1", "target", "coffer.target"},
	{"data", "data", "unmapped.data", "labels.data", "cs6", "", "coffer.data"},
	{"schema", "schema", "", "", "", "", "version of the scope"},
}

// TestMapping looks each value up where the table says, in lines that together
// have all members.
func TestMapping(t *testing.T) {
	checked := map[string]bool{}
	for _, name := range []string{"authn_login_fail", "session_created", "malicious_direct_reference"} {
		s := goldenLine(t, name)
		line := flat(decode(t, string(s.line)))
		places := everywhere(t, s)
		for _, row := range mapping {
			value, there := line[row[0]]
			if !there || value == "" {
				continue
			}
			for i, cell := range row[1:] {
				if cell == "" || strings.Contains(cell, " ") || elsewhere(s, row[0], cell) {
					continue
				}
				checked[row[0]] = true
				if got := strings.TrimPrefix(places[i][cell], "int "); got != value {
					t.Errorf("%s of %s is %q in column %d at %s, want %q", row[0], name, got, i, cell, value)
				}
			}
		}
	}
	for _, row := range mapping {
		if row[0] != "data" && !checked[row[0]] {
			t.Errorf("%s was never looked up", row[0])
		}
	}
}

// elsewhere reports the two exceptions that the page names.
func elsewhere(s sample, member, cell string) (exception bool) {
	return member == "subject" && (cell == "user.uid" && s.l.Event == "malicious_direct_reference" ||
		cell == "user.target.id" && s.l.Subject == s.l.Actor)
}

// everywhere gives what the formats say, by name, in the table's order.
func everywhere(t *testing.T, s sample) [6]map[string]string {
	t.Helper()
	cells := map[string]string{}
	for i, cell := range readCSV(t, write(t, "csv", s)) {
		cells[table[i].name] = cell
	}
	return [6]map[string]string{
		cells,
		flat(decode(t, write(t, "ocsf", s))),
		flat(decode(t, write(t, "ecs", s))),
		readCEF(t, write(t, "cef", s)).extension,
		params(t, readSyslog(t, syslogOf(t, s))),
		attributes(readOTLP(t, s.l).ResourceLogs[0].ScopeLogs[0].LogRecords[0].Attributes),
	}
}

// TestFormatsDocument compares docs/formats.md with what the code writes now.
func TestFormatsDocument(t *testing.T) {
	want := renderDocument(t)
	if *update {
		if err := os.WriteFile(document, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/formats.md is not what internal/format writes: run go generate ./internal/format")
	}
}

func renderDocument(t *testing.T) []byte {
	t.Helper()
	cell := func(s string) string {
		if s == "" || strings.Contains(s, " ") {
			return s
		}
		return "`" + s + "`"
	}
	page, err := template.New("formats.md.tmpl").Funcs(template.FuncMap{"cell": cell}).ParseFiles("testdata/formats.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	s := goldenLine(t, "authn_login_fail")
	otlp, err := OTLP([]event.Line{s.l})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"Formats": All, "Mapping": mapping, "OCSFVersion": ocsfVersion, "ECSVersion": ecsVersion,
		"syslog": syslogOf(t, s), "otlp": string(otlp),
	}
	for _, f := range All {
		values[f.Name] = strings.ReplaceAll(string(f.Header())+write(t, f.Name, s), "\r\n", "\n")
	}
	alice := func(id string) string { return map[string]string{"u_7f3k": "alice"}[id] }
	values["text"] = writeText(t, Text(alice, false, 0), s)
	var b bytes.Buffer
	if err := page.Execute(&b, values); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
