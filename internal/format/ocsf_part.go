package format

import (
	"encoding/json"
	"strings"
	"time"

	"coffer/internal/event"
)

// person is the account concerned and the request that concerned it.
func (o *object) person(l event.Line) {
	o.user("user", l.Subject)
	o.network(l)
}

// authentication adds by what it was tried. A method that OCSF has no number for
// is named.
func (o *object) authentication(l event.Line) {
	o.person(l)
	o.in("service", func() { o.text("name", "coffer") })
	o.in("session", func() { o.text("uid", l.Session) })
	var how struct{ Method string }
	if json.Unmarshal(l.Data, &how) != nil || how.Method == "" {
		return
	}
	o.items("auth_factors", func() {
		o.item(func() {
			if how.Method == "password" {
				o.number("factor_type_id", factorPassword)
				o.text("factor_type", "Password")
				return
			}
			o.number("factor_type_id", activityOther)
			o.text("factor_type", how.Method)
		})
	})
}

// target is what was touched, as its kind and id.
func (o *object) target(l event.Line) {
	kind, id, _ := strings.Cut(l.Target(), ":")
	o.text("uid", orNothing(id))
	o.text("type", kind)
}

// network is where a request came from, and what it was.
func (o *object) network(l event.Line) {
	o.endpoint(l)
	o.request(l)
	o.observable("src_endpoint.ip", l)
}

// endpoint is the visitor; a trusted proxy stands between.
func (o *object) endpoint(l event.Line) {
	if l.SourceIP == "" {
		return
	}
	o.in("src_endpoint", func() {
		o.text("ip", l.SourceIP)
		if l.PeerIP != l.SourceIP {
			o.list("intermediate_ips", l.PeerIP)
		}
	})
}

// sourceOrNode is for classes that demand a source: what no request caused
// comes from the node itself.
func (o *object) sourceOrNode(l event.Line) {
	if l.SourceIP != "" {
		o.endpoint(l)
		return
	}
	o.in("src_endpoint", func() { o.text("hostname", orNothing(l.Node)) })
}

// request leaves out a method that OCSF does not know: it is the visitor's word.
func (o *object) request(l event.Line) {
	if l.RequestMethod == "" {
		return
	}
	o.in("http_request", func() {
		if byMethod[l.RequestMethod] != 0 {
			o.text("http_method", l.RequestMethod)
		}
		o.in("url", func() { o.text("path", l.RequestURI) })
		o.text("user_agent", l.UserAgent)
		o.text("uid", l.RequestID)
	})
}

// observable repeats the address where OCSF's tools look for what to search by.
func (o *object) observable(name string, l event.Line) {
	if l.SourceIP == "" {
		return
	}
	o.items("observables", func() {
		o.item(func() {
			o.text("name", name)
			o.number("type_id", observableIP)
			o.text("type", "IP Address")
			o.text("value", l.SourceIP)
		})
	})
}

// roleOf is the role that a change of role gave or, where it made the person a
// plain holder of cards again, took away.
func roleOf(l event.Line) (role string, given bool) {
	var change struct{ From, To string }
	if json.Unmarshal(l.Data, &change) != nil {
		return nothing, true
	}
	if change.To == "holder" {
		return orNothing(change.From), false
	}
	return orNothing(change.To), true
}

// sum says of what stands for many events how many, and when they were.
func (o *object) sum(l event.Line) {
	var sum struct {
		Count    int64
		From, To time.Time
	}
	if l.Event != "log_events_aggregated" || json.Unmarshal(l.Data, &sum) != nil {
		return
	}
	o.number("count", sum.Count)
	o.number("start_time", sum.From.UnixMilli())
	o.number("end_time", sum.To.UnixMilli())
}
