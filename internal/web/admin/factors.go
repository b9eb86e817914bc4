package admin

import (
	"net/http"
	"time"

	"coffer/internal/account"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/web"
)

// The steps by which two administrators take somebody's second factors off, as
// the form names them. The page offers the one that is next, and the form says
// which it meant: a page that was left open does nothing else.
const (
	askStep    = "ask"
	agreeStep  = "agree"
	linkStep   = "link"
	cancelStep = "cancel"
)

// Removal is how far it is.
type Removal struct {
	// Next is the step that this administrator can take, or empty.
	Next string
	// Wanted says that somebody asks for it; Due is from when on it can be done,
	// once another agreed.
	Wanted bool
	Due    time.Time
}

func stepOf(r account.Removal, me string, now time.Time) Removal {
	out := Removal{Wanted: r.AskedBy != "", Due: r.Due}
	switch {
	case r.AskedBy == "":
		out.Next = askStep
	case r.Ripe(now):
		out.Next = linkStep
	case r.AgreedBy == "" && r.AskedBy != me:
		out.Next = agreeStep
	}
	return out
}

// factors takes the step that the form names.
func (p *Pages) factors(w http.ResponseWriter, r *http.Request) error {
	s, _ := web.Session(r) // the guard let nobody else in
	id := r.PathValue("id")
	switch r.PostForm.Get("step") {
	case askStep:
		signed, err := p.People.AskRemoval(r.Context(), s, id)
		return p.sealed(w, r, signed, err)
	case agreeStep:
		signed, err := p.People.AgreeRemoval(r.Context(), s, id)
		return p.sealed(w, r, signed, err)
	case linkStep:
		token, err := p.People.LinkRemoving(r.Context(), s, id)
		return p.hand(w, r, token, err)
	case cancelStep:
		if err := p.People.CancelRemoval(r.Context(), s, id); err != nil {
			return p.again(r, err)
		}
		return p.back(w, r)
	}
	return p.again(r, fault.New(fault.Invalid, "The form does not say what to do.",
		event.InputInvalid{Form: "/people/{id}/factors", Fields: []event.FieldRule{{Field: "step", Rule: "choice"}}}))
}
