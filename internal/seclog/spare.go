package seclog

import (
	"slices"
	"strings"

	"coffer/internal/event"
	"coffer/internal/fault"
)

// spared are the successes that are recorded even while room is short: signing
// in, so that an administrator can make room, and what changes nothing. Refusals
// and the system's own events always are.
var spared = []string{
	"authn_login_success", "authn_login_successafterfail", "authn_stepup_success",
	"session_created", "session_renewed", "session_logout", "session_expired",
	"sensitive_read", "log_read",
}

// Spare refuses changes of state from now on, for the reason given, and goes on
// recording; nil takes them again.
func (l *Log) Spare(why error) {
	if why == nil {
		l.short.Store(nil)
		return
	}
	l.short.Store(&why)
}

// whole demands an event of every change, and refuses what must wait while room
// is short.
func (l *Log) whole(recs []event.Record) ([]event.Record, error) {
	recs, err := atLeastOne(recs)
	why := l.short.Load()
	if err != nil || why == nil {
		return recs, err
	}
	for _, r := range recs {
		if r.Outcome == string(event.Success) && !strings.HasPrefix(r.Actor, "system:") && !slices.Contains(spared, r.Event) {
			return nil, fault.Wrap(fault.Unavailable, Sorry, *why)
		}
	}
	return recs, nil
}
