package format

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"coffer/internal/event"
)

var techniqueID = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)

// ocsfSchema is OCSF 1.8.0 as a JSON Schema (see testdata/README.md).
func ocsfSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("testdata/ocsf-1.8.0.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func instance(t testing.TB, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// TestOCSFByTheSchema judges every golden line, and what a schema cannot say.
func TestOCSFByTheSchema(t *testing.T) {
	schema, seen := ocsfSchema(t), map[string]bool{}
	for _, s := range golden(t) {
		seen[s.l.Event] = true
		text := write(t, "ocsf", s)
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v\n%s", s.name, err, text)
		}
		checkOCSF(t, s, flat(decode(t, text)))
	}
	for _, k := range event.All {
		if !seen[k.Name] {
			t.Errorf("%s has no golden line", k.Name)
		}
	}
}

// checkOCSF holds what the line says, and that a caption beside a number is
// the one that OCSF gives it.
func checkOCSF(t *testing.T, s sample, got map[string]string) {
	t.Helper()
	row := event.Crosswalk()[s.l.Event]
	class, name, _ := strings.Cut(row["ocsf_1_8_class"], " ")
	leaf := sha256.Sum256(append([]byte{0}, s.line...))
	want := map[string]string{
		"class_uid": class, "class_name": name, "category_uid": class[:1], "severity_id": row["ocsf_severity_id"],
		"severity": map[string]string{"1": "Informational", "3": "Medium", "5": "Critical"}[row["ocsf_severity_id"]],
		"time":     "1795539087123", "time_dt": s.l.Datetime, "message": s.l.Description,
		"metadata.version": "1.8.0", "metadata.product.name": "Coffer", "metadata.product.version": "1.0.0",
		"metadata.sequence": "41", "metadata.event_code": s.l.Event, "metadata.uid": fmt.Sprintf("%x", leaf),
		"device.hostname": "a1", "device.type_id": "1", "status_detail": s.l.Reason,
	}
	switch {
	case class == "2004":
		want["status_id"], want["status"] = "1", "New"
	case s.l.Outcome == "success":
		want["status_id"], want["status"] = "1", "Success"
	default:
		want["status_id"], want["status"] = "2", "Failure"
	}
	for path, value := range want {
		if got[path] != value {
			t.Errorf("%s of %s = %q, want %q", path, s.name, got[path], value)
		}
	}
	classID, _ := strconv.Atoi(got["class_uid"])
	activity, _ := strconv.Atoi(got["activity_id"])
	if got["type_uid"] != strconv.Itoa(classID*100+activity) {
		t.Errorf("type_uid of %s = %s, class %d, activity %d", s.name, got["type_uid"], classID, activity)
	}
	if (activity == 99) != (got["activity_name"] != "") {
		t.Errorf("activity of %s = %d, named %q: another one is named", s.name, activity, got["activity_name"])
	}
	checkProfiles(t, s, got)
}

// checkProfiles: what a profile brings is there only where it is named.
func checkProfiles(t *testing.T, s sample, got map[string]string) {
	t.Helper()
	profiles := got["metadata.profiles.0"] + " " + got["metadata.profiles.1"] + " " + got["metadata.profiles.2"]
	control := got["action_id"] != "" || got["is_alert"] != ""
	if strings.Contains(profiles, "security_control") != control || !strings.HasPrefix(profiles, "host datetime") {
		t.Errorf("profiles of %s = %q, action %q, alert %q", s.name, profiles, got["action_id"], got["is_alert"])
	}
	if (got["is_alert"] == "true") != (event.Crosswalk()[s.l.Event]["ecs_kind"] == "alert") {
		t.Errorf("is_alert of %s = %q", s.name, got["is_alert"])
	}
	// Switching a monitor off is the one attack that is told by its success (T1562.006).
	if s.l.Outcome == "success" && s.l.Event != "sys_monitor_disabled" && (control || got["attacks.0.technique.uid"] != "") {
		t.Errorf("%s succeeded, and reads as an attack: %v", s.name, got)
	}
}

// TestOCSFMembers holds what single events must say, by hand.
func TestOCSFMembers(t *testing.T) {
	tests := map[string]map[string]string{
		"authn_login_fail": {
			"type_uid": "300201", "user.uid": "u_7f3k", "user.type_id": "1", "actor.user.uid": "", "service.name": "coffer",
			"src_endpoint.ip": "203.0.113.9", "src_endpoint.intermediate_ips.0": "10.0.0.2", "http_request.http_method": "POST",
			"http_request.url.path": "/login", "unmapped.data.attempt": "3", "observables.0.value": "203.0.113.9", "observables.0.type_id": "2",
		},
		"authn_login_fail-unknown": {"user.name": "unknown", "user.type_id": "0", "user.uid": "", "unmapped.data.typed": "5f2c9e0b7a41d386"},
		"authn_login_success": {
			"status_id": "1", "actor.user.uid": "u_7f3k", "session.uid": "9c1185a5c5e9fc54",
			"auth_factors.0.factor_type_id": "11", "auth_factors.0.factor_type": "Password",
		},
		"session_created": {"type_uid": "300301", "privileges.0": "sign_in", "group": ""},
		"malicious_direct_reference": {
			"type_uid": "600102", "actor.user.uid": "u_7f3k", "unmapped.subject": "u_9zzt", "web_resources.0.uid": "c_q2x4",
			"web_resources.0.type": "card", "action_id": "2", "disposition_id": "2", "is_alert": "true", "attacks.0.technique.uid": "T1190",
		},
		"malicious_excess_404":  {"type_uid": "200401", "finding_info.uid": "malicious_excess_404-41", "evidences.0.src_endpoint.ip": "203.0.113.9"},
		"malicious_csrf":        {"type_uid": "400206", "activity_id": "6"},
		"log_events_aggregated": {"type_uid": "400299", "count": "412", "start_time": "1795539000000", "end_time": "1795539059900", "http_request.http_method": ""},
		"crypt_decrypt_fail":    {"type_uid": "600510", "table.type": "", "table.name": "card", "table.uid": "c_q2x4"},
		"crypt_key_created":     {"type_uid": "300401", "entity.uid": "k_log1", "entity.type": "key", "actor.user.name": "system:start", "actor.user.type_id": "3", "src_endpoint.ip": ""},
		"sys_startup":           {"type_uid": "600203", "app.name": "Coffer", "app.version": "1.0.0"},
		"log_rotated":           {"type_uid": "100805", "log_name": "security.log"},
		"log_file_altered":      {"attacks.0.technique.uid": "T1070", "attacks.0.sub_technique.uid": "T1070.002"},
	}
	for name, want := range tests {
		got := flat(decode(t, write(t, "ocsf", goldenLine(t, name))))
		for path, value := range want {
			if got[path] != value {
				t.Errorf("%s of %s = %q, want %q", path, name, got[path], value)
			}
		}
	}
}

// TestOCSFRoles: a role is given, or taken away.
func TestOCSFRoles(t *testing.T) {
	schema, s := ocsfSchema(t), goldenLine(t, "authz_change")
	for change, want := range map[[2]string][2]string{
		{"holder", "auditor"}: {"300501", "auditor"}, {"auditor", "admin"}: {"300501", "admin"}, {"admin", "holder"}: {"300502", "admin"},
	} {
		s.l.Data = []byte(`{"target":"account:u_7f3k","from":"` + change[0] + `","to":"` + change[1] + `"}`)
		text := write(t, "ocsf", s)
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("%v: %v", change, err)
		}
		if got := flat(decode(t, text)); got["type_uid"] != want[0] || got["privileges.0"] != want[1] {
			t.Errorf("%v is %s of %s, want %v", change, got["type_uid"], got["privileges.0"], want)
		}
	}
}

// TestOCSFMethods: HTTP Activity's numbers, and a method that has none.
func TestOCSFMethods(t *testing.T) {
	schema, s := ocsfSchema(t), goldenLine(t, "malicious_csrf")
	numbers := map[string]string{
		"CONNECT": "1", "DELETE": "2", "GET": "3", "HEAD": "4", "OPTIONS": "5", "POST": "6", "PUT": "7", "TRACE": "8", "PATCH": "9",
		"PROPFIND": "99", "get": "99", "": "99",
	}
	for method, number := range numbers {
		s.l.RequestMethod = method
		text := write(t, "ocsf", s)
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("%q: %v", method, err)
		}
		if got := flat(decode(t, text))["activity_id"]; got != number {
			t.Errorf("activity of %q = %s, want %s", method, got, number)
		}
	}
}

// TestOCSFBare: every class is valid for an event without request and people.
func TestOCSFBare(t *testing.T) {
	schema := ocsfSchema(t)
	for _, s := range golden(t) {
		for _, event := range append(sortedKeys(readings), "quantum_fail") {
			l := s.l
			l.Event, l.Actor, l.Subject, l.SourceIP, l.PeerIP, l.Session, l.RequestMethod, l.RequestURI = event, "", "", "", "", "", "", ""
			text := write(t, "ocsf", sample{event, s.line, l})
			if err := schema.Validate(instance(t, text)); err != nil {
				t.Fatalf("%s with the data of %s: %v\n%s", event, s.name, err, text)
			}
		}
	}
}

// TestOCSFSchemaJudges: the schema does refuse what is wrong.
func TestOCSFSchemaJudges(t *testing.T) {
	schema, good := ocsfSchema(t), write(t, "ocsf", goldenLine(t, "authn_login_fail"))
	for was, is := range map[string]string{
		`"type_uid":300201`: `"type_uid":300202`, `"activity_id":1`: `"activity_id":98`, `"user":{`: `"person":{`,
		`"severity_id":3`: `"severity_id":7`, `"time":1795539087123`: `"time":"1795539087123"`, `"uid":"u_7f3k"`: `"id":"u_7f3k"`,
		`"ip":"203.0.113.9"`: `"ip":"somewhere"`, `"service":{"name":"coffer"}`: `"comment":"x"`, `"version":"1.8.0",`: ``,
	} {
		bad := strings.Replace(good, was, is, 1)
		if bad == good {
			t.Errorf("%s is not in %s", was, good)
		}
		if err := schema.Validate(instance(t, bad)); err == nil {
			t.Errorf("the schema takes %s for %s", is, was)
		}
	}
}
