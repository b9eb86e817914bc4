package web

import (
	"context"
	"net/http"
	"net/netip"

	"coffer/internal/event"
	"coffer/internal/session"
)

// visit is what is known about one request. It is filled from the outside in
// and travels in the context.
type visit struct {
	address netip.Addr
	origin  event.Origin
	route   Route
	session session.Session
	alive   bool            // session is a live one
	half    session.Session // a sign-in whose second factor is outstanding, or none
	body    []byte          // what was posted to a route that takes JSON
	secure  bool            // the browser sees HTTPS
}

type visitKey struct{}

// in gives a context that carries the visit and, for the log, its origin.
func (v *visit) in(ctx context.Context) context.Context {
	return context.WithValue(event.With(ctx, v.origin), visitKey{}, v)
}

func visitOf(r *http.Request) *visit {
	v, ok := r.Context().Value(visitKey{}).(*visit)
	if !ok {
		return &visit{}
	}
	return v
}

// found notes what a token is worth: a sign-in that is not whole proves nobody.
func (v *visit) found(r *http.Request, s session.Session) {
	if s.Whole() {
		v.signedIn(r, s)
		return
	}
	v.half = s
}

// signedIn notes whose request it is; from here on the events say so too.
func (v *visit) signedIn(r *http.Request, s session.Session) {
	v.session, v.alive = s, true
	v.origin.Actor, v.origin.Session = s.Account, s.Hash
	*r = *r.WithContext(v.in(r.Context()))
}

// Session is the live session of a request that a SignedIn guard let in.
func Session(r *http.Request) (s session.Session, alive bool) {
	v := visitOf(r)
	return v.session, v.alive
}

// Half is the sign-in of a request whose second factor is outstanding; without
// an ID there is none.
func Half(r *http.Request) session.Session { return visitOf(r).half }

// Body is the JSON that was posted to a route that takes it.
func Body(r *http.Request) []byte { return visitOf(r).body }

// RequestID is the number an error page shows; it finds the line again.
func RequestID(r *http.Request) string { return visitOf(r).origin.RequestID }
