package web

import (
	"net/http"

	"coffer/internal/event"
	"coffer/internal/fault"
)

// outcome is what the visitor gets for a kind of fault, and which event it
// makes when the fault brings none.
type outcome struct {
	status int
	title  string
	event  func(Route) event.Event
}

// outcomes is the one table from faults to answers. A fault may name a finer
// status; the title then follows the status.
var outcomes = map[fault.Kind]outcome{
	fault.Internal:    {http.StatusInternalServerError, "Something went wrong on our side", nil},
	fault.Invalid:     {http.StatusUnprocessableEntity, "That could not be read", nil},
	fault.SignedOut:   {http.StatusUnauthorized, "Please sign in first", signedOut},
	fault.Forbidden:   {http.StatusForbidden, "That is not allowed from here", wrongRole},
	fault.NotFound:    {http.StatusNotFound, "There is no such page", nil},
	fault.Conflict:    {http.StatusUnprocessableEntity, "That is taken", nil},
	fault.TooMany:     {http.StatusTooManyRequests, "Too many requests from here", nil},
	fault.Unavailable: {http.StatusServiceUnavailable, "Nothing was changed", nil},
}

// titles are for the finer statuses of the HTTP contract.
var titles = map[int]string{
	http.StatusBadRequest:            "The form is not one of ours",
	http.StatusMethodNotAllowed:      "That page is not used this way",
	http.StatusRequestEntityTooLarge: "That was too much at once",
	http.StatusUnsupportedMediaType:  "That is not a form",
}

func signedOut(r Route) event.Event {
	return event.AuthzFailed{Reason: "signed_out", Resource: "route:" + r.Path()}
}

func wrongRole(r Route) event.Event {
	return event.AuthzFailed{Reason: "role", Resource: "route:" + r.Path()}
}

// status is the fault's own, or its kind's.
func status(f *fault.Error) int {
	if f.Status != 0 {
		return f.Status
	}
	return outcomes[f.Kind].status
}

func title(f *fault.Error) string {
	if t, ok := titles[f.Status]; ok {
		return t
	}
	return outcomes[f.Kind].title
}
