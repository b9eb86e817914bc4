package format

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"coffer/internal/event"
)

func TestFind(t *testing.T) {
	want := []string{"text", "jsonl", "csv", "ocsf", "ecs", "cef"}
	for i, f := range All {
		if f.Name != want[i] || f.About == "" {
			t.Errorf("All[%d] = %q, %q, want %q with a word about it", i, f.Name, f.About, want[i])
		}
		if (f.Header() != nil) != (f.Name == "csv") {
			t.Errorf("header of %s = %q", f.Name, f.Header())
		}
	}
	if len(All) != len(want) {
		t.Errorf("%d formats, want %d", len(All), len(want))
	}
	if f, known := Find("xml"); known {
		t.Errorf("Find(xml) = %v", f.Name)
	}
}

// TestOneRecordALine holds for every format and golden line.
func TestOneRecordALine(t *testing.T) {
	for _, s := range golden(t) {
		for _, f := range All {
			record, end := write(t, f.Name, s), "\n"
			if f.Name == "csv" {
				end = "\r\n"
			}
			body, ends := strings.CutSuffix(record, end)
			if !ends || strings.ContainsAny(body, "\r\n") || !utf8.ValidString(body) {
				t.Errorf("%s of %s = %q, want one line", f.Name, s.name, record)
			}
		}
	}
}

func TestJSONLinesAreExact(t *testing.T) {
	for _, s := range golden(t) {
		if got := write(t, "jsonl", s); got != string(s.line)+"\n" {
			t.Errorf("jsonl of %s = %s", s.name, got)
		}
	}
}

// TestTornLines: what would make two records of one is refused, not repaired.
func TestTornLines(t *testing.T) {
	s := goldenLine(t, "authn_login_fail")
	for _, torn := range []string{"a\nb", "a\rb", "\n"} {
		f, _ := Find("jsonl")
		if out, err := f.Append(nil, s.l, []byte(torn)); !errors.Is(err, errTorn) || len(out) > 0 {
			t.Errorf("jsonl of %q = %q, %v, want errTorn", torn, out, err)
		}
		if out, err := Syslog(nil, s.l, []byte(torn)); !errors.Is(err, errTorn) || len(out) > 0 {
			t.Errorf("Syslog of %q = %q, %v, want errTorn", torn, out, err)
		}
	}
}

func TestNoTime(t *testing.T) {
	s := goldenLine(t, "authn_login_fail")
	for _, when := range []string{"", "yesterday", "2026-11-24T16:51:27Z", "2026-11-24T16:51:27,123456Z", "2026-13-24T16:51:27.123456Z"} {
		s.l.Datetime = when
		for _, name := range []string{"text", "ocsf", "ecs", "cef"} {
			f, _ := Find(name)
			if out, err := f.Append(nil, s.l, s.line); !errors.Is(err, errTime) || len(out) > 0 {
				t.Errorf("%s at %q = %q, %v, want errTime", name, when, out, err)
			}
		}
		if out, err := Syslog(nil, s.l, s.line); !errors.Is(err, errTime) || len(out) > 0 {
			t.Errorf("Syslog at %q = %q, %v, want errTime", when, out, err)
		}
		if out, err := OTLP([]event.Line{s.l}); !errors.Is(err, errTime) || out != nil {
			t.Errorf("OTLP at %q = %q, %v, want errTime", when, out, err)
		}
	}
}

func readCSV(t testing.TB, text string) []string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 1 {
		t.Fatalf("csv %q = %v, %v, want one row", text, rows, err)
	}
	return rows[0]
}

func TestCSV(t *testing.T) {
	const header = "seq,datetime,level,event,outcome,reason,description,actor,subject,source_ip,target,session,request_id," +
		"request_method,request_uri,useragent,peer_ip,appid,node,version,schema,data\r\n"
	f, _ := Find("csv")
	if got := string(f.Header()); got != header {
		t.Errorf("header = %q, want %q", got, header)
	}
	for _, s := range golden(t) {
		row := readCSV(t, write(t, "csv", s))
		for i, c := range table {
			if want := c.cell(s.l); row[i] != want {
				t.Errorf("%s of %s = %q, want %q", c.name, s.name, row[i], want)
			}
		}
	}
	s := goldenLine(t, "authn_login_fail")
	s.l.Actor, s.l.UserAgent, s.l.Node = `=HYPERLINK("http://x","y")`, "\t=1", "plain"
	const want = `"'=HYPERLINK(""http://x"",""y"")"`
	if got := write(t, "csv", s); !strings.Contains(got, ","+want+",") || !strings.Contains(got, ",\"'\uFFFD=1\",") {
		t.Errorf("csv = %q, want %s in it and the tab marked", got, want)
	}
}

// TestCSVHostile: no cell begins as a formula does, none breaks out.
func TestCSVHostile(t *testing.T) {
	for _, h := range hostile {
		checkCSV(t, h)
	}
}

func checkCSV(t testing.TB, h string) {
	t.Helper()
	record := write(t, "csv", forged(h))
	if strings.ContainsAny(strings.TrimSuffix(record, "\r\n"), "\r\n") {
		t.Errorf("csv of %q is more than one line: %q", h, record)
	}
	row := readCSV(t, record)
	if len(row) != len(table) {
		t.Fatalf("csv of %q has %d cells, want %d: %q", h, len(row), len(table), record)
	}
	want := clean(h)
	if strings.IndexAny(h, "=+-@\t\r\n＝＋－＠") == 0 {
		want = clean("'" + h)
	}
	for i, cell := range row {
		if strings.IndexAny(cell, "=+-@\t\r＝＋－＠") == 0 {
			t.Errorf("cell %s of %q is a formula: %q", table[i].name, h, cell)
		}
		if table[i].name == "actor" && cell != want {
			t.Errorf("cell of %q = %q, want %q", h, cell, want)
		}
	}
}
