package format

import (
	"strconv"
	"strings"

	"coffer/internal/event"
)

// reading is how one event reads elsewhere: a row of the crosswalk.
type reading struct {
	class, activity, severity int
	className                 string
	// denied marks what stands for something that was tried and failed.
	denied            bool
	kind              string
	categories, types []string
	syslog, otel, cef int
	techniques        []string
}

// What the activity's column holds other than a number.
const (
	activityByMethod = -1
	activityByRole   = -2
	activityOther    = 99
)

// readings are worked out once; what stands in them is not changed afterwards.
var readings = func() map[string]reading {
	all := map[string]reading{}
	for name, row := range event.Crosswalk() {
		all[name] = readRow(row)
	}
	return all
}()

// readRow trusts the table, which is part of the program; a test reads it.
func readRow(row map[string]string) reading {
	number, name, _ := strings.Cut(row["ocsf_1_8_class"], " ")
	r := reading{
		class: atoi(number), className: name, activity: activity(row["ocsf_activity"]),
		severity: atoi(row["ocsf_severity_id"]), denied: row["ocsf_status_id"] == "2",
		kind: row["ecs_kind"], categories: words(row["ecs_category"]), types: words(row["ecs_type"]),
		syslog: atoi(row["syslog_severity"]), otel: atoi(row["otel_severity_number"]), cef: atoi(row["cef_severity"]),
	}
	for _, t := range strings.Split(row["attack"], ";") {
		// A remark may follow the id.
		if t, _, _ = strings.Cut(t, " "); t != "-" && t != "" {
			r.techniques = append(r.techniques, t)
		}
	}
	return r
}

// activity is the number, or what stands for one that the line decides: by its
// method, or by whether a role was given (1) or taken away (2).
func activity(cell string) int {
	if strings.HasPrefix(cell, "by method") {
		return activityByMethod
	}
	if cell == "1,2" {
		return activityByRole
	}
	if n, err := strconv.Atoi(cell); err == nil {
		return n
	}
	return activityOther
}

// words are a cell's list; a dash is none.
func words(cell string) []string {
	if cell == "" || cell == "-" {
		return nil
	}
	return strings.Split(cell, ",")
}

// atoi is 0 for a cell without a number; a test holds the cells to having one.
func atoi(cell string) int {
	n, _ := strconv.Atoi(cell)
	return n
}

// reads gives how a line reads elsewhere. An event of a newer Coffer, which
// the crosswalk does not know, is a plain event of its level.
func reads(l event.Line) reading {
	if r, known := readings[l.Event]; known {
		return r
	}
	r := reading{className: "Base Event", activity: activityOther, kind: "event", severity: 1, syslog: 6, otel: 9, cef: 2}
	switch event.Level(l.Level) {
	case event.Warning:
		r.severity, r.syslog, r.otel, r.cef = 3, 4, 13, 5
	case event.Critical:
		r.severity, r.syslog, r.otel, r.cef = 5, 2, 18, 9
	}
	return r
}

// refused reports an event that tells of something that was not allowed.
func refused(l event.Line) (refused bool) { return l.Outcome == string(event.Failure) }
