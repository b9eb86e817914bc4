package holder

import (
	"strings"

	"coffer/internal/event"
)

// sample is the line that the welcome page explains to whoever has made none.
// Its addresses are from the networks kept for documentation (RFC 5737).
const sample = `{"seq":48205,"datetime":"2026-11-24T16:47:12.052913Z","level":"WARNING","event":"authz_fail","outcome":"failure",` +
	`"reason":"signed_out","description":"Access refused: not signed in","actor":"","subject":"","source_ip":"198.51.100.77",` +
	`"peer_ip":"198.51.100.77","useragent":"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0","request_method":"GET",` +
	`"request_uri":"/view_credit_card/1","request_id":"r_sample","session":"","appid":"coffer","node":"a1","version":"0.1.0",` +
	`"data":{"target":"card:1"},"schema":1}`

// did says in a sentence what the visitor did to get their line.
func did(raw []byte) string {
	line, err := event.Parse(raw)
	if err != nil {
		return ""
	}
	switch line.Event {
	case "authz_fail":
		if strings.HasPrefix(line.Target(), "card:") {
			return "You asked for a card without being signed in. This is what was written down, member by member."
		}
		return "You asked for a page without being signed in. This is what was written down, member by member."
	case "input_validation_fail":
		return "You sent a form whose fields broke a rule. This is what was written down, member by member: the fields and the rules, never what you typed."
	}
	return line.Description + ". This is what was written down, member by member."
}
