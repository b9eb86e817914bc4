package format

import (
	"os"
	"slices"
	"strings"
	"testing"

	"coffer/internal/event"
)

// ecsField is what ECS says of a field (see testdata/README.md).
type ecsField struct {
	list    bool
	allowed []string
}

func ecsFields(t testing.TB) map[string]ecsField {
	t.Helper()
	text, err := os.ReadFile("testdata/ecs-9.4.0-fields.tsv")
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]ecsField{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if !strings.HasPrefix(line, "#") {
			fields[cells[0]] = ecsField{cells[2] == "array", words(cells[3])}
		}
	}
	return fields
}

// fieldNames gives the dotted names of an object's values, with what they are.
func fieldNames(prefix string, o map[string]any, found map[string]any) {
	for name, v := range o {
		if below, is := v.(map[string]any); is && prefix+name != "labels" {
			fieldNames(prefix+name+".", below, found)
			continue
		}
		found[prefix+name] = v
	}
}

// TestECSFields: no name of its own, lists where ECS has lists, values that it allows.
func TestECSFields(t *testing.T) {
	fields, used := ecsFields(t), map[string]bool{}
	for _, s := range golden(t) {
		found := map[string]any{}
		fieldNames("", decode(t, write(t, "ecs", s)), found)
		for name, v := range found {
			used[name] = true
			field, known := fields[name]
			list, isList := v.([]any)
			if !known || isList != field.list {
				t.Errorf("%s of %s = %v: known %v, a list in ECS %v", name, s.name, v, known, field.list)
			}
			if !isList {
				list = []any{v}
			}
			for _, item := range list {
				if text, is := item.(string); field.allowed != nil && (!is || !slices.Contains(field.allowed, text)) {
					t.Errorf("%s of %s = %v, want one of %v", name, s.name, item, field.allowed)
				}
			}
			if name == "labels" {
				for label, value := range v.(map[string]any) {
					if _, is := value.(string); !is {
						t.Errorf("label %s of %s = %v: labels are text", label, s.name, value)
					}
				}
			}
		}
	}
	for name := range fields {
		if name != "field" && !strings.HasPrefix(name, "category ") && !used[name] {
			t.Errorf("%s is in the list of fields, and nothing writes it", name)
		}
	}
}

// TestECSTypes: each type is one that ECS expects of one of the categories.
func TestECSTypes(t *testing.T) {
	fields := ecsFields(t)
	for _, k := range event.All {
		r := readings[k.Name]
		for _, typ := range r.types {
			expected := slices.ContainsFunc(r.categories, func(c string) bool { return slices.Contains(fields["category "+c].allowed, typ) })
			if !expected {
				t.Errorf("type %s of %s is none that ECS expects of %v", typ, k.Name, r.categories)
			}
		}
	}
}

func TestECSMembers(t *testing.T) {
	tests := map[string]map[string]string{
		"authn_login_fail": {
			"@timestamp": "2026-11-24T16:51:27.123456Z", "ecs.version": "9.4.0", "event.kind": "event", "event.category.0": "authentication",
			"event.type.0": "start", "event.outcome": "failure", "event.action": "authn_login_fail", "event.reason": "wrong_password",
			"event.sequence": "41", "event.severity": "5", "user.id": "", "user.target.id": "u_7f3k", "source.ip": "203.0.113.9",
			"related.ip.1": "10.0.0.2", "labels.peer_ip": "10.0.0.2", "labels.data": `{"target":"account:u_7f3k","attempt":3}`,
			"url.path": "/login", "http.request.method": "POST", "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)", "threat.framework": "",
		},
		"sensitive_read": {"user.id": "u_7f3k", "user.target.id": "", "labels.target": "card:c_q2x4", "labels.session": "9c1185a5c5e9fc54", "related.hash.0": "9c1185a5c5e9fc54"},
		"malicious_direct_reference": {
			"event.kind": "alert", "user.id": "u_7f3k", "user.target.id": "u_9zzt", "related.user.0": "u_7f3k", "related.user.1": "u_9zzt",
			"threat.framework": "MITRE ATT&CK", "threat.technique.id.0": "T1190",
		},
		"log_file_altered": {"threat.technique.id.0": "T1070", "threat.technique.subtechnique.id.0": "T1070.002", "source.ip": "", "user.id": "system:log"},
	}
	for name, want := range tests {
		got := flat(decode(t, write(t, "ecs", goldenLine(t, name))))
		for path, value := range want {
			if got[path] != value {
				t.Errorf("%s of %s = %q, want %q", path, name, got[path], value)
			}
		}
	}
}

// TestJSONHostile: in both JSON formats every text comes back as its clean form.
func TestJSONHostile(t *testing.T) {
	for _, h := range hostile {
		checkJSON(t, h)
	}
}

func checkJSON(t testing.TB, h string) {
	t.Helper()
	s := forged(h)
	for name, path := range map[string]string{"ocsf": "message", "ecs": "message"} {
		text := write(t, name, s)
		if strings.Count(text, "\n") != 1 {
			t.Errorf("%s of %q is not one line: %q", name, h, text)
		}
		if got, want := flat(decode(t, text))[path], clean(h); got != want {
			t.Errorf("%s of %q = %q, want %q", path, h, got, want)
		}
	}
	body, err := OTLP([]event.Line{s.l})
	if err != nil {
		t.Fatal(err)
	}
	if got := flat(decode(t, string(body)))["resourceLogs.0.scopeLogs.0.logRecords.0.body.stringValue"]; got != clean(h) {
		t.Errorf("OTLP of %q = %q, want %q", h, got, clean(h))
	}
}
