package format

import (
	"strconv"

	"coffer/internal/event"
)

// OTLP is the body of an OTLP/HTTP logs request in JSON: a resource for each
// node and version, in the lines' order. An empty list makes an empty request.
func OTLP(lines []event.Line) ([]byte, error) {
	o := object{make([]byte, 0, 1024*(len(lines)+1))}
	o.b = append(o.b, `{"resourceLogs":[`...)
	for start := 0; start < len(lines); {
		end := start + 1
		for end < len(lines) && lines[end].Node == lines[start].Node && lines[end].Version == lines[start].Version {
			end++
		}
		if err := o.resource(lines[start:end]); err != nil {
			return nil, err
		}
		start = end
	}
	return append(o.b, "]}"...), nil
}

// resource writes lines of one node and version.
func (o *object) resource(lines []event.Line) (err error) {
	o.item(func() {
		o.in("resource", func() {
			o.items("attributes", func() {
				o.attribute("service.name", "coffer")
				o.attribute("service.version", lines[0].Version)
				o.attribute("service.instance.id", lines[0].Node)
				o.attribute("host.name", lines[0].Node)
			})
		})
		o.items("scopeLogs", func() {
			o.item(func() {
				o.in("scope", func() {
					o.text("name", "coffer/security.log")
					o.text("version", strconv.Itoa(lines[0].Schema))
				})
				o.items("logRecords", func() {
					for _, l := range lines {
						if failed := o.record(l); failed != nil {
							err = failed
						}
					}
				})
			})
		})
	})
	return err
}

// record has the sentence as its body: that is what a person reads in a list of
// logs, and the members are attributes.
func (o *object) record(l event.Line) error {
	at, err := instant(l)
	if err != nil {
		return err
	}
	o.item(func() {
		// 64-bit numbers are strings in OTLP's JSON.
		o.text("timeUnixNano", strconv.FormatInt(at.UnixNano(), 10))
		o.number("severityNumber", int64(reads(l).otel))
		o.text("severityText", l.Level)
		o.text("eventName", l.Event)
		o.in("body", func() { o.text("stringValue", l.Description) })
		o.items("attributes", func() { o.attributes(l) })
	})
	return nil
}

// attributes hold every member of the line, under OpenTelemetry's names where
// it has one.
func (o *object) attributes(l event.Line) {
	o.item(func() {
		o.text("key", "coffer.seq")
		o.in("value", func() { o.text("intValue", strconv.FormatUint(l.Seq, 10)) })
	})
	o.attribute("event.name", l.Event)
	o.attribute("coffer.outcome", l.Outcome)
	o.attribute("coffer.reason", l.Reason)
	o.attribute("user.id", l.Actor)
	o.attribute("coffer.subject", l.Subject)
	o.attribute("coffer.target", l.Target())
	o.attribute("client.address", l.SourceIP)
	o.attribute("network.peer.address", l.PeerIP)
	o.attribute("user_agent.original", l.UserAgent)
	o.attribute("http.request.method", l.RequestMethod)
	o.attribute("url.path", l.RequestURI)
	o.attribute("coffer.request_id", l.RequestID)
	o.attribute("session.id", l.Session)
	o.attribute("coffer.data", string(l.Data))
}

// attribute is left out when it is empty, as OpenTelemetry wants it.
func (o *object) attribute(key, value string) {
	if value == "" {
		return
	}
	o.item(func() {
		o.text("key", key)
		o.in("value", func() { o.text("stringValue", value) })
	})
}
