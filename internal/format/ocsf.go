package format

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"coffer/internal/event"
)

const ocsfVersion = "1.8.0"

// What OCSF's numbers mean that stand here.
const (
	statusSuccess, statusFailure, statusNew = 1, 2, 1
	privilegesAssigned, privilegesRevoked   = 1, 2
	actionDenied, dispositionBlocked        = 2, 2
	deviceServer                            = 1
	userUnknown, userPerson, userSystem     = 0, 1, 3
	factorPassword                          = 11
	observableIP                            = 2
	logFile                                 = "security.log"
	systemActor                             = "system:"
)

// severities are the captions of the three that the crosswalk uses.
var severities = map[int]string{1: "Informational", 3: "Medium", 5: "Critical"}

// byMethod are HTTP Activity's activities.
var byMethod = map[string]int{
	http.MethodConnect: 1, http.MethodDelete: 2, http.MethodGet: 3, http.MethodHead: 4, http.MethodOptions: 5,
	http.MethodPost: 6, http.MethodPut: 7, http.MethodTrace: 8, http.MethodPatch: 9,
}

// appendOCSF writes what every class has, then the class's own. A class that is
// not known here is still a valid base event.
func appendOCSF(dst []byte, l event.Line, line []byte) ([]byte, error) {
	at, err := instant(l)
	if err != nil {
		return dst, err
	}
	o, r := object{append(dst, '{')}, reads(l)
	o.classified(l, r)
	o.number("time", at.UnixMilli())
	o.text("time_dt", l.Datetime)
	o.text("message", l.Description)
	o.status(l, r)
	o.metadata(l, r, line)
	o.in("device", func() {
		o.number("type_id", deviceServer)
		o.text("hostname", orNothing(l.Node))
	})
	o.ocsfActor(l)
	member := classes[r.class]
	if member != nil {
		member(&o, l)
	}
	o.unmapped(l, r)
	return append(o.b, '}', '\n'), nil
}

// classified says what kind of event it is, in OCSF's numbers.
func (o *object) classified(l event.Line, r reading) {
	activity := r.activityOf(l)
	o.number("class_uid", int64(r.class))
	o.text("class_name", r.className)
	o.number("category_uid", int64(r.class/1000))
	o.number("activity_id", int64(activity))
	if activity == activityOther {
		// A number that says "other" is explained by the text beside it.
		o.text("activity_name", l.Event)
	}
	o.number("type_uid", int64(r.class*100+activity))
	o.number("severity_id", int64(r.severity))
	o.text("severity", severities[r.severity])
}

func (r reading) activityOf(l event.Line) int {
	switch r.activity {
	case activityByMethod:
		if n := byMethod[l.RequestMethod]; n != 0 {
			return n
		}
		return activityOther
	case activityByRole:
		_, given := roleOf(l)
		if given {
			return privilegesAssigned
		}
		return privilegesRevoked
	}
	return r.activity
}

// status says how it ended (a finding has a state of its own instead), and of a
// refusal that Coffer did refuse.
func (o *object) status(l event.Line, r reading) {
	switch {
	case r.class == classFinding:
		o.number("status_id", statusNew)
		o.text("status", "New")
	case refused(l):
		o.number("status_id", statusFailure)
		o.text("status", "Failure")
	default:
		o.number("status_id", statusSuccess)
		o.text("status", "Success")
	}
	o.text("status_detail", l.Reason)
	if guarded(l, r) {
		o.number("action_id", actionDenied)
		o.text("action", "Denied")
		o.number("disposition_id", dispositionBlocked)
		o.text("disposition", "Blocked")
	}
	if r.kind == alert {
		o.truth("is_alert")
		o.attacks(r)
	}
}

// alert is the kind of event that calls for somebody.
const alert = "alert"

// guarded reports a request that Coffer turned away, which the security_control
// profile describes.
func guarded(l event.Line, r reading) (guarded bool) {
	return refused(l) && r.denied && (r.class == classHTTP || r.class == classWebResources)
}

// attacks are named on alerts only: what an attack would also look like is no
// reason to mark every sign-in with one.
func (o *object) attacks(r reading) {
	o.items("attacks", func() {
		for _, t := range r.techniques {
			technique, _, sub := strings.Cut(t, ".")
			o.item(func() {
				o.in("technique", func() { o.text("uid", technique) })
				if sub {
					o.in("sub_technique", func() { o.text("uid", t) })
				}
			})
		}
	})
}

// metadata names the profiles whose members stand in the event: validators
// refuse a member of a profile that is not named.
func (o *object) metadata(l event.Line, r reading, line []byte) {
	profiles := []string{"host", "datetime"}
	if guarded(l, r) || r.kind == alert {
		profiles = append(profiles, "security_control")
	}
	o.in("metadata", func() {
		o.text("version", ocsfVersion)
		o.in("product", func() {
			o.text("name", "Coffer")
			o.text("vendor_name", "Coffer")
			o.text("version", l.Version)
		})
		o.list("profiles", profiles...)
		o.text("uid", leafHash(line))
		o.id("sequence", l.Seq)
		o.text("event_code", l.Event)
		o.text("log_name", logFile)
		o.text("log_level", l.Level)
		o.text("correlation_uid", l.RequestID)
	})
}

// leafHash is the line's leaf in the log's tree (RFC 6962): the one name for it
// that an auditor can check without asking Coffer.
func leafHash(line []byte) string {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(line)
	return hex.EncodeToString(h.Sum(nil))
}

// ocsfActor is who is proven to act; where nobody is, there is none.
func (o *object) ocsfActor(l event.Line) {
	if l.Actor == "" && !slices.Contains(needActor, reads(l).class) {
		return
	}
	o.in("actor", func() {
		if l.Actor == "" {
			o.text("app_name", "coffer")
			return
		}
		o.user("user", l.Actor)
		o.in("session", func() { o.text("uid", l.Session) })
	})
}

// user is a person by id, the system by name, or nobody that is known: some
// classes demand one all the same.
func (o *object) user(name, id string) {
	o.in(name, func() {
		switch {
		case id == "":
			o.text("name", "unknown")
			o.number("type_id", userUnknown)
		case strings.HasPrefix(id, systemActor):
			o.text("name", id)
			o.number("type_id", userSystem)
		default:
			o.text("uid", id)
			o.number("type_id", userPerson)
		}
	})
}

// unmapped is what OCSF has no place for, under the line's own names.
func (o *object) unmapped(l event.Line, r reading) {
	o.in("unmapped", func() {
		if !slices.Contains(haveUser, r.class) {
			o.text("subject", l.Subject)
		}
		o.raw("data", l.Data)
	})
}
