package format

import (
	"strings"

	"coffer/internal/event"
)

const ecsVersion = "9.4.0"

// appendECS writes nested objects; a test holds their names to ECS. What ECS has
// no field for are labels, which it lets everybody name: text without a
// structure, so that an index's mapping never depends on which event came first.
func appendECS(dst []byte, l event.Line, line []byte) ([]byte, error) {
	if _, err := instant(l); err != nil {
		return dst, err
	}
	o, r := object{append(dst, '{')}, reads(l)
	o.text("@timestamp", l.Datetime)
	o.text("message", l.Description)
	o.in("ecs", func() { o.text("version", ecsVersion) })
	o.in("log", func() { o.text("level", l.Level) })
	o.in("event", func() { o.ecsEvent(l, r, line) })
	o.in("service", func() {
		o.text("name", "coffer")
		o.text("version", l.Version)
		o.in("node", func() { o.text("name", l.Node) })
	})
	o.in("host", func() { o.text("name", l.Node) })
	o.ecsWho(l)
	o.ecsRequest(l)
	if r.kind == alert {
		o.threat(r)
	}
	o.in("labels", func() {
		o.text("target", l.Target())
		o.text("session", l.Session)
		o.text("data", string(l.Data))
		if l.PeerIP != l.SourceIP {
			o.text("peer_ip", l.PeerIP)
		}
	})
	return append(o.b, '}', '\n'), nil
}

// ecsEvent takes the outcome from the line, and the rest from the crosswalk.
func (o *object) ecsEvent(l event.Line, r reading, line []byte) {
	o.text("kind", r.kind)
	o.list("category", r.categories...)
	o.list("type", r.types...)
	o.text("outcome", l.Outcome)
	o.text("action", l.Event)
	o.text("reason", l.Reason)
	// ECS leaves the scale to the source: CEF's, on which more is worse.
	o.number("severity", int64(r.cef))
	o.id("sequence", l.Seq)
	o.text("module", "coffer")
	o.text("dataset", "coffer.security")
	o.text("hash", leafHash(line))
}

// ecsWho keeps who acted apart from whose account it was, as the line does.
func (o *object) ecsWho(l event.Line) {
	o.in("user", func() {
		o.text("id", l.Actor)
		if l.Subject != l.Actor {
			o.in("target", func() { o.text("id", l.Subject) })
		}
	})
	o.in("related", func() {
		o.list("user", l.Actor, l.Subject)
		o.list("ip", l.SourceIP, l.PeerIP)
		o.list("hash", l.Session)
	})
}

// ecsRequest gives the address twice: rules look in source, and client is what
// ECS calls whoever began it.
func (o *object) ecsRequest(l event.Line) {
	o.in("source", func() { o.text("ip", l.SourceIP) })
	o.in("client", func() { o.text("ip", l.SourceIP) })
	o.in("http", func() {
		o.in("request", func() {
			o.text("method", l.RequestMethod)
			o.text("id", l.RequestID)
		})
	})
	o.in("url", func() { o.text("path", l.RequestURI) })
	o.in("user_agent", func() { o.text("original", l.UserAgent) })
}

// threat names the techniques, on alerts only (see attacks).
func (o *object) threat(r reading) {
	if len(r.techniques) == 0 {
		return
	}
	var parents, subs []string
	for _, t := range r.techniques {
		parent, _, sub := strings.Cut(t, ".")
		parents = append(parents, parent)
		if sub {
			subs = append(subs, t)
		}
	}
	o.in("threat", func() {
		o.text("framework", "MITRE ATT&CK")
		o.in("technique", func() {
			o.list("id", parents...)
			o.in("subtechnique", func() { o.list("id", subs...) })
		})
	})
}
