package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
)

// sameSite refuses forms posted from other sites. A request with neither
// Sec-Fetch-Site nor Origin passes: no browser that Coffer serves leaves both
// out, and what is no browser carries no stranger's cookie.
func (s *Server) sameSite(r *http.Request, route Route) error {
	err := s.cross.Check(r)
	if site := r.Header.Get("Sec-Fetch-Site"); route.Acts && (site == "cross-site" || site == "same-site") {
		err = errLed
	}
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.Forbidden, "This form came from another site, so it was not accepted. Open the page here and try again.", err,
		event.CrossSite{Account: visitOf(r).session.Account, Form: route.Path(), Site: siteWord(r)})
}

// errLed says that another site led to what only its own page may ask for.
var errLed = errors.New("a link of another site")

// headless refuses HEAD where a GET does something.
func headless(r *http.Request, route Route) error {
	if !route.Acts || r.Method != http.MethodHead {
		return nil
	}
	return &fault.Error{Kind: fault.NotFound, Status: http.StatusMethodNotAllowed, Text: "This page cannot be used that way."}
}

func siteWord(r *http.Request) string {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site":
		return "cross_site"
	case "same-site":
		return "same_site"
	}
	return "origin_mismatch"
}

// admit lets the guard decide.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, route Route) error {
	recorded, err := s.identify(w, r, route)
	if err != nil {
		return err
	}
	v := visitOf(r)
	if err := s.enrol(r, route); err != nil {
		return err
	}
	switch {
	case route.Guard == Halfway && v.half.ID == "":
		return &fault.Error{Kind: fault.SignedOut, Text: "Sign in first.", To: "/login", Recorded: true} // or in already, from where it leads on
	case route.Guard.guarded() && v.half.ID != "":
		return s.skipped(r, route)
	case route.Guard == SignedOut && v.alive:
		return &fault.Error{Kind: fault.Forbidden, To: "/", Recorded: true} // nothing was refused: they are in already
	case route.Guard.guarded() && !v.alive:
		f := &fault.Error{
			Kind: fault.SignedOut, Text: "Sign in to see this page.", Recorded: recorded,
			Events: []event.Event{event.AuthzFailed{Reason: "signed_out", Resource: resource(r, route)}},
		}
		if route.Guard.personal() && !route.program(r) {
			f.To = loginAt(route.page(r))
		}
		return f
	case route.Guard.foreign(v.session.Role):
		// To them it is like any address where nothing is.
		return fault.New(fault.NotFound, nothingHere, event.AuthzFailed{Reason: "role", Resource: resource(r, route)})
	case route.Guard == SteppedUp || route.Proof:
		return s.steppedUp(r, route)
	}
	return nil
}

// EnrolPage leads through adding a second factor where one is demanded.
const EnrolPage = "/settings/required"

// enrol leads whoever must hold a second factor and holds none to the page that
// adds one. Nothing was refused: a step is missing, and every page waits for it.
func (s *Server) enrol(r *http.Request, route Route) error {
	v := visitOf(r)
	if s.MustEnrol == nil || !v.alive || route.Enrols || route.Guard == SignedOut {
		return nil
	}
	must, err := s.MustEnrol(r.Context(), v.session)
	if err != nil || !must {
		return err
	}
	f := &fault.Error{Kind: fault.Forbidden, Text: "Add a second factor first.", Recorded: true}
	if route.Guard != Auditor {
		f.To = EnrolPage
	}
	return f
}

// skipped leads a sign-in that is not whole to the step that is outstanding.
func (s *Server) skipped(r *http.Request, route Route) error {
	f := fault.New(fault.SignedOut, "Finish signing in first: the second step is outstanding.",
		event.SequenceFailed{Account: visitOf(r).half.Account, Page: route.Path(), Reason: "second_factor"})
	if route.Guard != Auditor { // which is a program's: it is led nowhere
		f.To = "/login/verify"
	}
	return f
}

// steppedUp holds that the person proved themselves enough for the operation.
func (s *Server) steppedUp(r *http.Request, route Route) error {
	var op factor.Operation
	if route.Operation != nil {
		op = route.Operation(r, visitOf(r).session.Account)
	}
	return s.Proved(r, op, cmp.Or(route.held(r), route.page(r)))
}

// Proved asks whether the person proved themselves enough for an operation, and
// if not gives what leads to /confirm, from there to next.
func (s *Server) Proved(r *http.Request, op factor.Operation, next string) error {
	ready, held, err := s.Proven(r.Context(), visitOf(r).session, op)
	if err != nil || ready {
		return err
	}
	if len(held.Passkeys) == 0 {
		op = factor.Operation{}
	}
	return Confirm(next, op)
}

// Confirm leads to the page that asks who is there once more, and from it to a
// GET page; it says for what, where a passkey is to sign it. Nothing was
// refused: one step is missing.
func Confirm(next string, op factor.Operation) error {
	to := "/confirm?next=" + url.QueryEscape(next)
	if op.Kind != "" {
		to += "&kind=" + url.QueryEscape(op.Kind) + "&target=" + url.QueryEscape(op.Target)
	}
	return &fault.Error{Kind: fault.Forbidden, Text: "Confirm that it is you.", Recorded: true, To: to}
}

// resource names what was asked for: a card by its id, else the page.
func resource(r *http.Request, route Route) string {
	if id := r.PathValue("id"); id != "" && strings.HasPrefix(route.Path(), "/view_credit_card/") {
		return "card:" + strings.TrimPrefix(event.CleanPath("/"+id), "/")
	}
	return "route:" + route.Path()
}

// recognise finds out whose request it is, before anything can be refused: every
// refusal then says who it was.
func (s *Server) recognise(r *http.Request) error {
	token, given := s.token(r)
	if !given {
		return nil
	}
	found, alive, err := s.Recognise(r.Context(), token)
	if err != nil || !alive {
		return err
	}
	visitOf(r).found(r, found)
	if found.Whole() {
		s.Lookout.signedIn(visitOf(r).address, found.Account)
	}
	return nil
}

// identify deals with a token that is dead: it is taken from the browser, and
// recorded says that the log has its event already.
func (s *Server) identify(w http.ResponseWriter, r *http.Request, route Route) (recorded bool, err error) {
	token, given := s.token(r)
	v := visitOf(r)
	if !given || v.alive || v.half.ID != "" {
		return false, nil
	}
	found, alive, recorded, err := s.Identify(r.Context(), token, route.Guard.guarded())
	switch {
	case err != nil:
		return false, err
	case alive: // it began a moment ago
		v.found(r, found)
	default:
		s.ClearSession(w, r)
	}
	return recorded, nil
}
