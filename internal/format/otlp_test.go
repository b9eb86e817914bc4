package format

import (
	"encoding/json"
	"strings"
	"testing"

	"coffer/internal/event"
)

// These are the messages of OTLP's logs, under their JSON names.
type (
	otlpValue struct {
		StringValue *string `json:"stringValue"`
		IntValue    *string `json:"intValue"`
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpRecord struct {
		TimeUnixNano   string          `json:"timeUnixNano"`
		SeverityNumber int             `json:"severityNumber"`
		SeverityText   string          `json:"severityText"`
		EventName      string          `json:"eventName"`
		Body           otlpValue       `json:"body"`
		Attributes     []otlpAttribute `json:"attributes"`
	}
	otlpRequest struct {
		ResourceLogs []struct {
			Resource struct {
				Attributes []otlpAttribute `json:"attributes"`
			} `json:"resource"`
			ScopeLogs []struct {
				Scope struct {
					Name    string `json:"name"`
					Version string `json:"version"`
				} `json:"scope"`
				LogRecords []otlpRecord `json:"logRecords"`
			} `json:"scopeLogs"`
		} `json:"resourceLogs"`
	}
)

func readOTLP(t testing.TB, lines ...event.Line) otlpRequest {
	t.Helper()
	body, err := OTLP(lines)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	var r otlpRequest
	if err := d.Decode(&r); err != nil || d.More() {
		t.Fatalf("OTLP = %s, %v", body, err)
	}
	return r
}

func attributes(list []otlpAttribute) map[string]string {
	values := map[string]string{}
	for _, a := range list {
		switch {
		case a.Value.StringValue != nil:
			values[a.Key] = *a.Value.StringValue
		case a.Value.IntValue != nil:
			values[a.Key] = "int " + *a.Value.IntValue
		}
	}
	return values
}

func TestOTLP(t *testing.T) {
	for _, s := range golden(t) {
		r := readOTLP(t, s.l)
		scope := r.ResourceLogs[0].ScopeLogs[0]
		record := scope.LogRecords[0]
		if record.TimeUnixNano != "1795539087123456000" || record.SeverityText != s.l.Level || record.EventName != s.l.Event ||
			*record.Body.StringValue != s.l.Description || scope.Scope.Name != "coffer/security.log" || scope.Scope.Version != "1" {
			t.Errorf("record of %s = %+v", s.name, record)
		}
		if n := record.SeverityNumber; n != map[string]int{"6": 9, "4": 13, "2": 18}[crosswalkCell(s, "syslog_severity")] {
			t.Errorf("severity of %s = %d", s.name, n)
		}
		got := attributes(record.Attributes)
		for key, value := range map[string]string{
			"coffer.seq": "int 41", "event.name": s.l.Event, "coffer.outcome": s.l.Outcome, "coffer.reason": s.l.Reason, "user.id": s.l.Actor,
			"coffer.subject": s.l.Subject, "coffer.target": s.l.Target(), "client.address": s.l.SourceIP, "network.peer.address": s.l.PeerIP,
			"user_agent.original": s.l.UserAgent, "http.request.method": s.l.RequestMethod, "url.path": s.l.RequestURI,
			"coffer.request_id": s.l.RequestID, "session.id": s.l.Session, "coffer.data": string(s.l.Data),
		} {
			if got[key] != value {
				t.Errorf("%s of %s = %q, want %q", key, s.name, got[key], value)
			}
		}
		resource := attributes(r.ResourceLogs[0].Resource.Attributes)
		if resource["service.name"] != "coffer" || resource["service.version"] != "1.0.0" || resource["host.name"] != "a1" {
			t.Errorf("resource of %s = %v", s.name, resource)
		}
	}
}

// TestOTLPResources: one for each run of lines of the same node and version,
// and the order is kept.
func TestOTLPResources(t *testing.T) {
	l := goldenLine(t, "authn_login_fail").l
	at := func(seq uint64, node, version string) event.Line {
		l.Seq, l.Node, l.Version = seq, node, version
		return l
	}
	r := readOTLP(t, at(1, "a", "1"), at(2, "a", "1"), at(3, "b", "1"), at(4, "b", "2"), at(5, "a", "1"))
	var got []string
	for _, resource := range r.ResourceLogs {
		of := attributes(resource.Resource.Attributes)
		run := of["host.name"] + of["service.version"]
		for _, record := range resource.ScopeLogs[0].LogRecords {
			run += " " + attributes(record.Attributes)["coffer.seq"]
		}
		got = append(got, run)
	}
	if want := "a1 int 1 int 2|b1 int 3|b2 int 4|a1 int 5"; strings.Join(got, "|") != want {
		t.Errorf("resources = %v, want %s", got, want)
	}
	if r := readOTLP(t); len(r.ResourceLogs) != 0 {
		t.Errorf("OTLP of nothing = %+v", r)
	}
}

func crosswalkCell(s sample, column string) string { return event.Crosswalk()[s.l.Event][column] }
