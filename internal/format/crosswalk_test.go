package format

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"coffer/internal/event"
)

// TestEveryEventReadsElsewhere: each has its row, each cell is understood, and
// the row agrees with what the vocabulary says.
func TestEveryEventReadsElsewhere(t *testing.T) {
	rows := event.Crosswalk()
	for _, k := range event.All {
		row, known := rows[k.Name]
		if !known {
			t.Errorf("%s has no row in the crosswalk", k.Name)
			continue
		}
		r := readings[k.Name]
		if classes[r.class] == nil {
			t.Errorf("class %d of %s has no members of its own", r.class, k.Name)
		}
		for _, column := range []string{"ocsf_severity_id", "syslog_severity", "otel_severity_number", "cef_severity"} {
			if _, err := strconv.Atoi(row[column]); err != nil {
				t.Errorf("%s of %s = %q", column, k.Name, row[column])
			}
		}
		if severities[r.severity] == "" {
			t.Errorf("severity %d of %s has no name", r.severity, k.Name)
		}
		if r.kind == "" || len(r.categories) == 0 || len(r.types) == 0 || r.className == "" {
			t.Errorf("%s reads %+v", k.Name, r)
		}
		checkActivity(t, k, row, r)
		for _, id := range r.techniques {
			if !techniqueID.MatchString(id) {
				t.Errorf("technique of %s = %q", k.Name, id)
			}
		}
	}
}

func checkActivity(t *testing.T, k *event.Kind, row map[string]string, r reading) {
	t.Helper()
	if status := row["ocsf_status_id"]; status != "" && (status == "2") != (k.Outcome == event.Failure) {
		t.Errorf("status of %s = %s, and its outcome is %s", k.Name, status, k.Outcome)
	}
	if row["ocsf_status_id"] != "" && r.class == classFinding {
		t.Errorf("%s has status %s: a finding's is not an outcome", k.Name, row["ocsf_status_id"])
	}
	if outcome := row["ecs_outcome"]; outcome != string(k.Outcome) && outcome != "unknown" {
		t.Errorf("ECS outcome of %s = %s, and its own is %s", k.Name, outcome, k.Outcome)
	}
	want := strconv.Itoa(r.class*100 + r.activity)
	switch uids := row["ocsf_type_uid"]; {
	case r.activity == activityByMethod:
		if uids != "4002xx" {
			t.Errorf("type_uid of %s = %s, and its activity is by method", k.Name, uids)
		}
	case r.activity == activityByRole:
		if uids != "300501,300502" {
			t.Errorf("type_uid of %s = %s, and its activity is by role", k.Name, uids)
		}
	case !slices.Contains(strings.Split(uids, ","), want):
		t.Errorf("type_uid of %s = %s, want %s", k.Name, uids, want)
	}
}

// TestUnknownEvent: a line of a newer Coffer still goes out, at its level.
func TestUnknownEvent(t *testing.T) {
	for level, want := range map[string][4]int{"INFO": {1, 6, 9, 2}, "WARNING": {3, 4, 13, 5}, "CRITICAL": {5, 2, 18, 9}, "?": {1, 6, 9, 2}} {
		r := reads(event.Line{Event: "quantum_fail", Level: level})
		if got := [4]int{r.severity, r.syslog, r.otel, r.cef}; got != want || r.class != 0 || r.kind != "event" {
			t.Errorf("reads at %s = %+v, want %v of the base class", level, r, want)
		}
	}
	s := goldenLine(t, "authn_login_fail")
	s.l.Event = "quantum_fail"
	for _, f := range All {
		write(t, f.Name, s)
	}
}
