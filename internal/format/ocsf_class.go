package format

import (
	"strconv"
	"strings"

	"coffer/internal/event"
)

// The classes that something here depends on.
const (
	classEventLog       = 1008
	classFinding        = 2004
	classAccountChange  = 3001
	classAuthentication = 3002
	classSession        = 3003
	classEntity         = 3004
	classUserAccess     = 3005
	classHTTP           = 4002
	classWebResources   = 6001
	classLifecycle      = 6002
	classAPI            = 6003
	classDatastore      = 6005
	classError          = 6008
)

// Classes that demand an actor, and those that have a place for the account
// concerned.
var (
	needActor = []int{classAPI, classDatastore}
	haveUser  = []int{classAccountChange, classAuthentication, classSession, classUserAccess}
)

// classes write what is a class's own. A test holds every class of the
// crosswalk to having its line here.
var classes = map[int]func(*object, event.Line){
	classEventLog: func(o *object, l event.Line) {
		o.text("log_name", logFile)
		o.endpoint(l)
	},
	classFinding: func(o *object, l event.Line) {
		o.in("finding_info", func() {
			o.text("uid", l.Event+"-"+strconv.FormatUint(l.Seq, 10))
			o.text("title", l.Description)
		})
		o.items("evidences", func() {
			o.item(func() {
				o.sourceOrNode(l)
				o.request(l)
			})
		})
		o.observable("evidences[].src_endpoint.ip", l)
	},
	classAccountChange:  (*object).person,
	classAuthentication: (*object).authentication,
	classSession: func(o *object, l event.Line) {
		o.person(l)
		o.list("privileges", "sign_in")
		o.in("session", func() { o.text("uid", l.Session) })
	},
	classEntity: func(o *object, l event.Line) {
		o.in("entity", func() { o.target(l) })
		o.network(l)
	},
	classUserAccess: func(o *object, l event.Line) {
		o.person(l)
		role, _ := roleOf(l)
		o.list("privileges", role)
	},
	classHTTP: func(o *object, l event.Line) {
		if l.RequestMethod == "" {
			// A sum is of no single request, and the class demands one.
			o.name("http_request")
			o.b = append(o.b, "{}"...)
		}
		o.network(l)
		o.sum(l)
	},
	classWebResources: func(o *object, l event.Line) {
		o.items("web_resources", func() { o.item(func() { o.target(l) }) })
		o.network(l)
	},
	classLifecycle: func(o *object, l event.Line) {
		o.in("app", func() {
			o.text("name", "Coffer")
			o.text("vendor_name", "Coffer")
			o.text("version", l.Version)
		})
	},
	classAPI: func(o *object, l event.Line) {
		o.in("api", func() { o.text("operation", l.Event) })
		o.sourceOrNode(l)
		o.request(l)
	},
	classDatastore: func(o *object, l event.Line) {
		kind, id, _ := strings.Cut(l.Target(), ":")
		o.in("table", func() {
			o.text("name", orNothing(kind))
			o.text("uid", id)
		})
		o.sourceOrNode(l)
		o.request(l)
	},
	classError: func(*object, event.Line) {},
}
