// Package web is what pages stand on: the route table's type, guards, forms,
// the one place that answers errors, the shell of a page and its assets. It has
// no page of its own but the error page, and it knows no card.
package web

import (
	"net/http"
	"strings"

	"coffer/internal/account"
	"coffer/internal/factor"
)

// Guard says who may come in.
type Guard int

// The guards.
const (
	// Bare routes read no cookie: static files and health.
	Bare Guard = iota
	// Blind routes read no cookie and take no form either, but meet the limits:
	// what browsers report by themselves, and what is public to every program.
	Blind
	// Open routes are for everyone; who is signed in is known.
	Open
	// SignedOut routes send whoever is signed in to the start page.
	SignedOut
	// SignedIn routes send whoever is not to the login page, with an event.
	SignedIn
	// SteppedUp routes are SignedIn ones that also want whoever asks to have
	// proved within minutes who they are; else they lead to /confirm, and from
	// there to the page that holds the form. Nothing is refused by that, so it is
	// no event.
	SteppedUp
	// Halfway routes are for a sign-in whose second factor is outstanding; others
	// are led to where they belong.
	Halfway
	// Auditor routes are for whoever reads the log. They are a program's rather
	// than a browser's: who is not signed in gets 401, and who has another role
	// finds nothing there, each with an event.
	Auditor
	// Holder routes are SignedIn ones for whoever holds cards, and Admin routes
	// for whoever looks after people: who has another role finds nothing there,
	// with an event.
	Holder
	Admin
)

// blind reports that no cookie is read, so that nobody is known.
func (g Guard) blind() bool { return g == Bare || g == Blind }

// guarded reports that only somebody who is signed in may come in.
func (g Guard) guarded() bool { return g.personal() || g == Auditor }

// personal reports that the route is a signed-in person's page.
func (g Guard) personal() bool { return g == SignedIn || g == SteppedUp || g == Holder || g == Admin }

// roles are those that a route is for, where it is not for everyone's.
var roles = map[Guard]string{Auditor: account.Auditor, Holder: account.Holder, Admin: account.Admin}

// foreign reports that the route is for another role.
func (g Guard) foreign(role string) bool { return roles[g] != "" && roles[g] != role }

// Handler answers a request, or returns why not: see Server.fail.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one line of the one route table.
type Route struct {
	// Pattern is method and path, as net/http.ServeMux has it.
	Pattern string
	Guard   Guard
	Handle  Handler
	// Fields are the names the form may post. Others are refused.
	Fields []string
	// Page is the GET page that holds the form, where its path is another.
	Page string
	// JSON says that a POST carries JSON instead of a form, and that errors are
	// answered in it (RFC 9457).
	JSON bool
	// Operation is what a SteppedUp route is going to do, where that is known
	// before; a passkey signs for exactly this.
	Operation func(r *http.Request, account string) factor.Operation
	// Acts says of a GET that it does something: HEAD does not, and neither does a
	// link on another site.
	Acts bool
	// Proof says that its guard also wants what SteppedUp wants.
	Proof bool
	// Enrols says that the route belongs to adding a second factor, so that it is
	// open to whoever has to add one first.
	Enrols bool
}

// Method is the pattern's method.
func (r Route) Method() string { return strings.Fields(r.Pattern)[0] }

// program reports that a program asks here, which gets errors as JSON and is
// led nowhere.
func (r Route) program(req *http.Request) bool {
	return r.JSON || strings.HasSuffix(req.URL.Path, ".json")
}

// Path is the pattern's path, without the mark for an exact match.
func (r Route) Path() string {
	return strings.TrimSuffix(strings.Fields(r.Pattern)[1], "{$}")
}

// page is the path that a visitor can go back to with a GET.
func (r Route) page(req *http.Request) string {
	switch {
	case req.Method == http.MethodGet || req.Method == http.MethodHead:
		return req.URL.RequestURI()
	case r.Page == "":
		return req.URL.Path
	}
	return r.held(req)
}

// held is the page that holds the form.
func (r Route) held(req *http.Request) string {
	return strings.ReplaceAll(r.Page, "{id}", req.PathValue("id"))
}
