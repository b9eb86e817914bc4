package format

import (
	"strings"
	"testing"
	"time"

	"github.com/leodido/go-syslog/v4/rfc5424"
)

func syslogOf(t testing.TB, s sample) string {
	t.Helper()
	out, err := Syslog([]byte("12 "), s.l, s.line)
	if err != nil || !strings.HasPrefix(string(out), "12 ") {
		t.Fatalf("Syslog of %s = %q, %v", s.name, out, err)
	}
	return string(out[3:])
}

func readSyslog(t testing.TB, text string) *rfc5424.SyslogMessage {
	t.Helper()
	m, err := rfc5424.NewParser().Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse(%q) = %v", text, err)
	}
	return m.(*rfc5424.SyslogMessage)
}

// params gives the structured data, which is one element of Coffer's.
func params(t testing.TB, m *rfc5424.SyslogMessage) map[string]string {
	t.Helper()
	if m.StructuredData == nil || len(*m.StructuredData) != 1 {
		t.Fatalf("structured data = %v, want one element", m.StructuredData)
	}
	return (*m.StructuredData)["coffer@32473"]
}

func TestSyslog(t *testing.T) {
	severities := map[string]uint8{"2": 2, "4": 4, "6": 6}
	for _, s := range golden(t) {
		m := readSyslog(t, syslogOf(t, s))
		if *m.Facility != 13 || *m.Severity != severities[crosswalkCell(s, "syslog_severity")] || m.Version != 1 {
			t.Errorf("%s is of facility %d, severity %d, version %d", s.name, *m.Facility, *m.Severity, m.Version)
		}
		if at := m.Timestamp.UTC().Format(time.RFC3339Nano); at != s.l.Datetime {
			t.Errorf("time of %s = %s, want %s", s.name, at, s.l.Datetime)
		}
		if *m.Hostname != "a1" || *m.Appname != "coffer" || m.ProcID != nil || *m.MsgID != s.l.Event {
			t.Errorf("header of %s = %v %v %v %v", s.name, *m.Hostname, *m.Appname, m.ProcID, *m.MsgID)
		}
		if *m.Message != string(s.line) {
			t.Errorf("message of %s = %s, want the exact line", s.name, *m.Message)
		}
		got, want := params(t, m), map[string]string{
			"seq": "41", "level": s.l.Level, "outcome": s.l.Outcome, "reason": s.l.Reason, "actor": s.l.Actor, "subject": s.l.Subject,
			"source_ip": s.l.SourceIP, "target": s.l.Target(), "session": s.l.Session, "request_id": s.l.RequestID,
		}
		for name, value := range want {
			if v, there := got[name]; v != value || there != (value != "") {
				t.Errorf("%s of %s = %q, there %v, want %q", name, s.name, v, there, value)
			}
		}
		if len(got) > len(want) {
			t.Errorf("params of %s = %v", s.name, got)
		}
	}
}

func TestSyslogHeader(t *testing.T) {
	s := goldenLine(t, "authn_login_fail")
	for node, want := range map[string]string{"": "-", "a b": "a_b", "ä": "__", strings.Repeat("n", 300): strings.Repeat("n", 255)} {
		s.l.Node = node
		if fields := strings.Fields(syslogOf(t, s)); fields[2] != want || fields[0] != "<108>1" {
			t.Errorf("header of node %q = %q, want %q", node, fields[:3], want)
		}
	}
}

func TestSyslogHostile(t *testing.T) {
	for _, h := range hostile {
		checkSyslog(t, h)
	}
	s := goldenLine(t, "authn_login_fail")
	s.l.Reason = `a"b]c\d[e`
	if got := syslogOf(t, s); !strings.Contains(got, ` reason="a\"b\]c\\d[e" `) {
		t.Errorf("Syslog = %s", got)
	}
}

func checkSyslog(t testing.TB, h string) {
	t.Helper()
	s := forged(h)
	m := readSyslog(t, syslogOf(t, s))
	got := params(t, m)
	for _, name := range []string{"actor", "subject", "reason", "source_ip"} {
		if got[name] != clean(h) {
			t.Errorf("%s of %q = %q, want %q", name, h, got[name], clean(h))
		}
	}
	if target := s.l.Target(); got["target"] != target {
		t.Errorf("target of %q = %q, want %q", h, got["target"], target)
	}
	if got["seq"] != "7" || *m.Message != string(s.line) {
		t.Errorf("Syslog of %q: seq %q, message %q", h, got["seq"], *m.Message)
	}
}
