// Package fault is the error that crosses rooms on purpose: what kind it is,
// what the visitor may read, what the operator needs, and which events it
// brings. Anything else that reaches the edge is Internal and shows nothing.
package fault

import (
	"errors"
	"fmt"
	"time"

	"coffer/internal/event"
)

// Kind is what went wrong, in eight words; web's outcome table maps it to a status.
type Kind int

// The kinds.
const (
	Internal    Kind = iota // a bug or something unforeseen
	Invalid                 // input breaks a rule
	SignedOut               // sign in first
	Forbidden               // known, but not allowed
	NotFound                // not there, or not yours
	Conflict                // taken
	TooMany                 // a limit
	Unavailable             // cannot be done now; nothing was changed
)

var names = [...]string{"internal", "invalid", "signed_out", "forbidden", "not_found", "conflict", "too_many", "unavailable"}

// String is the kind's word.
func (k Kind) String() string { return names[k] }

// Kinds lists all, for tests that demand a row for each.
func Kinds() []Kind {
	return []Kind{Internal, Invalid, SignedOut, Forbidden, NotFound, Conflict, TooMany, Unavailable}
}

// Field is what is wrong with one field of a form.
type Field struct {
	Name string // the form's field name
	Rule string // the broken rule, a word of a closed list, for the event
	Text string // for the visitor
}

// Error is the one kind of error that crosses rooms.
type Error struct {
	Kind Kind
	// Status is the finer HTTP status where the contract names one; 0 means the kind's own.
	Status int
	// Text is for the visitor. It never holds what is not theirs to know.
	Text string
	// Fields are the form's faults.
	Fields []Field
	// Events are recorded by whoever answers, before the answer.
	Events []event.Event
	// Recorded says that the events are in the log already.
	Recorded bool
	// Retry says when trying again makes sense.
	Retry time.Duration
	// Unsure says that time alone may change nothing: Retry is for programs,
	// and people are promised no moment.
	Unsure bool
	// To is where a redirect leads instead of an error page: a GET page.
	To string
	// Err is the operator's part.
	Err error
}

// Error is the operator's message.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%v: %s", e.Kind, e.Text)
	}
	return fmt.Sprintf("%v: %s: %v", e.Kind, e.Text, e.Err)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes a fault with the visitor's text and the events it brings.
func New(k Kind, text string, events ...event.Event) *Error {
	return &Error{Kind: k, Text: text, Events: events}
}

// Wrap makes a fault with the operator's cause.
func Wrap(k Kind, text string, err error, events ...event.Event) *Error {
	return &Error{Kind: k, Text: text, Err: err, Events: events}
}

// As finds the fault in err; an error that is none becomes Internal.
func As(err error) *Error {
	if f, ok := errors.AsType[*Error](err); ok {
		return f
	}
	return Wrap(Internal, "Something went wrong on our side.", err)
}

// Is reports whether err is a fault of kind k.
func Is(err error, k Kind) bool {
	f, ok := errors.AsType[*Error](err)
	return ok && f.Kind == k
}
