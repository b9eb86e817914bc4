// Package admin is the pages of whoever looks after people: a list of everyone,
// a person with what can be done about them, and the checklist of a new
// installation. It also greets auditors. It shows no password, no card and no
// line of the log that is not about an account itself; what is done here has
// its event, and the services decide whether it may be.
package admin

import (
	"context"
	"net/http"

	"coffer/internal/account"
	"coffer/internal/query"
	"coffer/internal/web"
)

// Item is a line of the checklist.
type Item struct {
	// Key names it in the page; Title says what it is about.
	Key, Title string
	// Done says that nothing is left to do, and State how things stand.
	Done  bool
	State string
	// Do is what to do, where it is not done.
	Do string
	// To leads to where it is done; Says is the button of a thing that only its
	// person can know, and posts to /checklist/<Key>.
	To   web.Link
	Says string
}

// Pages are the room and what it stands on.
type Pages struct {
	Web    *web.Server
	People *account.Service
	Lines  *query.Reader
	// Checklist says how the installation stands, as a person's request sees it.
	Checklist func(ctx context.Context, person string, b web.Before) ([]Item, error)
	// BackedUp notes that the keys that there are now were copied elsewhere.
	BackedUp func(ctx context.Context) error
}

const onePerson = "/people/{id}"

// Routes are this room's lines of the one route table. Web must be set before
// the first request, not before this.
func (p *Pages) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /people", Guard: web.Admin, Handle: p.list},
		{Pattern: "GET /people/{id}", Guard: web.Admin, Handle: p.person},
		{Pattern: "POST /people/{id}/role", Guard: web.Admin, Handle: p.role, Fields: []string{"role"}, Page: onePerson, Proof: true},
		{Pattern: "POST /people/{id}/lock", Guard: web.Admin, Handle: p.lock, Page: onePerson, Proof: true},
		{Pattern: "POST /people/{id}/unlock", Guard: web.Admin, Handle: p.unlock, Page: onePerson, Proof: true},
		{Pattern: "POST /people/{id}/reset", Guard: web.Admin, Handle: p.reset, Page: onePerson, Proof: true},
		{Pattern: "POST /people/{id}/factors", Guard: web.Admin, Handle: p.factors, Fields: []string{"step"}, Page: onePerson, Proof: true},
		{Pattern: "POST /checklist/keys", Guard: web.Admin, Handle: p.backedUp, Page: "/"},
	}
}

// Starts are the first pages of the roles that hold no cards.
func (p *Pages) Starts() map[string]web.Handler {
	return map[string]web.Handler{account.Admin: p.checklist, account.Auditor: p.auditor}
}

func (p *Pages) checklist(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // only whoever is signed in has a role
	items, err := p.Checklist(r.Context(), s.Account, p.Web.Before(r))
	if err != nil {
		return err
	}
	shell, err := p.Web.Told(r, p.People)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, ChecklistView{Shell: shell, Items: items}.Page())
}

func (p *Pages) backedUp(w http.ResponseWriter, r *http.Request) error {
	if err := p.BackedUp(r.Context()); err != nil {
		return err
	}
	return web.SeeOther(w, "/")
}

func (p *Pages) auditor(w http.ResponseWriter, r *http.Request) error {
	shell, err := p.Web.Told(r, p.People)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, AuditorView{Shell: shell, URL: p.Web.Origin}.Page())
}
