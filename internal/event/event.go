// Package event is the vocabulary: every security event Coffer can write, its
// wire name, level, one sentence, and the line that carries it. The interface
// is sealed, so no other package can invent an event. Fields hold ids, counts,
// words out of closed lists and last four digits; what a visitor typed enters
// only as Text, which is capped and escaped. It does no I/O.
package event

import (
	"crypto/rand"
	"strings"
	"time"
)

// Level says who should look at a line.
type Level string

// The three levels: allowed; refused or unusual; needs a person.
const (
	Info     Level = "INFO"
	Warning  Level = "WARNING"
	Critical Level = "CRITICAL"
)

// Outcome says how it ended; a refusal is a failure.
type Outcome string

// The two outcomes.
const (
	Success Outcome = "success"
	Failure Outcome = "failure"
)

// Event is one fact of the vocabulary.
type Event interface {
	// Kind names the event; it is the same for every value of a type.
	Kind() *Kind
	// about gives what stands in the envelope rather than among the data. It
	// is unexported so that no other package can add to the vocabulary.
	about() About
}

// About is what an event says in the line's envelope.
type About struct {
	// Actor is who this event itself proves to act (at sign-in the Origin does
	// not know yet). Empty means whoever the Origin names, and Nobody that
	// nothing is proven, whatever the Origin says. A system:… actor stays.
	Actor string
	// Subject is the account concerned; empty means the actor's own, and
	// Nobody that there is none.
	Subject string
	// Session is the session member where the event knows better than the Origin.
	Session string
	// Target is what was touched, as kind:id.
	Target string
	// Reason is a word out of the kind's closed list, or empty.
	Reason string
	// Detail, if set, ends the description (never a visitor's text).
	Detail string
}

// Nobody is the actor or subject of an event that has none.
const Nobody = "-"

// Kind describes one type of event.
type Kind struct {
	// Name is the wire name, from the OWASP logging vocabulary where it has one.
	Name    string
	Level   Level
	Outcome Outcome
	// Says is the sentence that stands in the line's description.
	Says string
	// Reasons are the words that Reason may hold, each with its sentence,
	// which then stands in the description instead of Says.
	Reasons map[string]string
	// Doc says when the event is written, for docs/EVENTS.md.
	Doc string
	// New makes an empty value, for decoding.
	New func() Event
	// fill completes a member that follows from the others, before encoding.
	fill func(Event) Event
}

// Origin is what the request, or the part of the system, says about itself.
// It is gathered once, at the edge, and travels in the context.
type Origin struct {
	// Actor is the signed-in person's id, system:<name>, or empty.
	Actor     string
	SourceIP  string
	PeerIP    string
	UserAgent string
	Method    string
	// URI is the path as CleanPath leaves it.
	URI       string
	RequestID string
	// Session is the hash of the session's id.
	Session string
}

// NewID makes a random identifier, 128 bits or more, with the prefix that says
// of what: u_ account, s_ session, c_ card, r_ request. It draws again when
// chance gave digits that CleanPath would take for a number to be hidden.
func NewID(prefix string) string {
	for {
		if id := prefix + strings.ToLower(rand.Text()); harmless(id) {
			return id
		}
	}
}

// Stamp is the time as the log writes it: UTC, microseconds.
func Stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

const stampLayout = "2006-01-02T15:04:05.000000Z"
