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
	alive   bool // session is a live one
	secure  bool // the browser sees HTTPS
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

// RequestID is the number an error page shows; it finds the line again.
func RequestID(r *http.Request) string { return visitOf(r).origin.RequestID }
