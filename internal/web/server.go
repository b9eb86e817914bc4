package web

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/seclog"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// Config is what a Server needs; app fills it.
type Config struct {
	Log *seclog.Log
	// Recognise says whose live session a token is, and records nothing.
	Recognise func(ctx context.Context, token secret.Text) (s session.Session, alive bool, err error)
	// Identify does so too, and records what a dead or stolen token deserves if
	// the page is a guarded one.
	Identify func(ctx context.Context, token secret.Text, guarded bool) (s session.Session, alive, recorded bool, err error)
	// Proven tells whether a person proved themselves enough for an operation, and
	// what they hold.
	Proven func(ctx context.Context, s session.Session, op factor.Operation) (ready bool, held factor.Held, err error)
	// MustEnrol tells whether a person has to add a second factor before anything
	// else; nil, and nobody has.
	MustEnrol func(ctx context.Context, s session.Session) (must bool, err error)
	// Requests and Unknown are the limits per address on requests in all and on
	// paths that are not there.
	Requests, Unknown func(netip.Addr) (allowed bool, retry time.Duration)
	// RequestLimit names the first of them for the event, as 50/s.
	RequestLimit string
	Proxies      Proxies
	// Lookout notices what looks wrong about the way here; nil looks at nothing.
	Lookout *Lookout
	// Secure says that the browser sees HTTPS.
	Secure bool
	// Origin is the address the browser sees, trusted as a form's origin even
	// where a proxy rewrites Host.
	Origin  string
	Version string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Server answers every request: it gathers who and where, lets the guard
// decide, calls the handler and answers its error.
type Server struct {
	Config
	routes []Route
	mux    *http.ServeMux
	byPat  map[string]Route
	cross  *http.CrossOriginProtection
	// reading is how many people who are signed in wait for a page.
	reading atomic.Int64
}

// Reading reports whether somebody who is signed in waits for a page now.
func (s *Server) Reading() (yes bool) { return s.reading.Load() > 0 }

// New makes the server of a route table.
func New(c Config, routes []Route) (*Server, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Server{Config: c, routes: routes, mux: http.NewServeMux(), byPat: map[string]Route{}, cross: http.NewCrossOriginProtection()}
	if err := s.cross.AddTrustedOrigin(strings.TrimSuffix(c.Origin, "/")); err != nil {
		return nil, fmt.Errorf("the browser's address %q: %w", c.Origin, err)
	}
	for _, r := range routes {
		s.byPat[r.Pattern] = r
		s.mux.HandleFunc(r.Pattern, func(w http.ResponseWriter, req *http.Request) { s.serve(w, req, r) })
	}
	return s, nil
}

// Routes is the table, for the test that sweeps it.
func (s *Server) Routes() []Route { return slices.Clone(s.routes) }

func (s *Server) match(r *http.Request) (Route, bool) {
	_, pattern := s.mux.Handler(r)
	route, ok := s.byPat[pattern]
	return route, ok
}

// ServeHTTP is the outermost wrapper.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	client, peer := s.Proxies.addresses(r)
	s.Lookout.request(r, peer)
	v := &visit{address: client, secure: s.Secure || s.Proxies.https(r, peer), origin: event.Origin{
		SourceIP: text(client), PeerIP: text(peer), UserAgent: r.UserAgent(),
		Method: methodWord(r.Method), URI: event.CleanPath(r.URL.Path), RequestID: event.NewID("r_"),
	}}
	setHeaders(w.Header(), v.secure)
	r = r.WithContext(v.in(r.Context()))
	if route, ok := s.match(r); ok && clean(r.URL.EscapedPath()) {
		v.route = route
		s.mux.ServeHTTP(w, r)
		return
	}
	s.guarded(w, r, func() error { return s.stray(w, r) })
}

// stray answers what no route matches. Whose request it is still counts: for
// the event, and for the bar of the page.
func (s *Server) stray(w http.ResponseWriter, r *http.Request) error {
	if err := s.recognise(r); err != nil {
		return err
	}
	if err := s.throttle(r); err != nil {
		return err
	}
	return s.NotFound(w, r)
}

// clean reports whether the mux would serve the path as it stands, rather than
// redirect to what it takes it for.
func clean(path string) bool {
	return !strings.Contains(path, "//") && !strings.Contains(path, "/./") && !strings.Contains(path, "/../") &&
		!strings.HasSuffix(path, "/.") && !strings.HasSuffix(path, "/..")
}

// methodWord keeps a made-up method from being a stranger's text in the log.
func methodWord(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "OTHER"
}

// serve runs a matched route: who it is, limit, origin of the form, guard, form,
// handler. Each may refuse by returning a fault.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, route Route) {
	s.guarded(w, r, func() error {
		if route.Guard == Bare {
			// A busy proxy must not be taken for a dead server, so health
			// checks meet no limit.
			return route.Handle(w, r)
		}
		if route.Guard != Blind {
			if err := s.recognise(r); err != nil {
				return err
			}
		}
		// A page is short; a form can be sent slowly, to seem to wait for long.
		if visitOf(r).alive && r.Method == http.MethodGet {
			s.reading.Add(1)
			defer s.reading.Add(-1)
		}
		if err := s.throttle(r); err != nil {
			return err
		}
		if err := s.sameSite(r, route); err != nil {
			return err
		}
		if route.Guard == Blind {
			return route.Handle(w, r)
		}
		if err := s.admit(w, r, route); err != nil {
			return err
		}
		if err := headless(r, route); err != nil {
			return err
		}
		if r.Method == http.MethodPost {
			if err := read(w, r, route); err != nil {
				return err
			}
		}
		return route.Handle(w, r)
	})
}

// throttle is the limit on all requests of an address.
func (s *Server) throttle(r *http.Request) error {
	if s.Requests == nil {
		return nil
	}
	ok, retry := s.Requests(visitOf(r).address)
	if ok {
		return nil
	}
	return &fault.Error{
		Kind: fault.TooMany, Text: "You have asked for more pages than a person reads.", Retry: retry,
		Events: []event.Event{event.RateLimited{Limit: "request", Allowed: s.RequestLimit}},
	}
}

// nothingHere is what a path says that is not there, or not there for them.
const nothingHere = "Nothing is at this address. Check it, or start from the first page."

// NotFound answers a path that is not there, or a method that its page does not
// have. Neither is an event by itself; a stranger who tries many is.
func (s *Server) NotFound(w http.ResponseWriter, r *http.Request) error {
	f := fault.New(fault.NotFound, nothingHere)
	// A path that has the method is a page's that found nothing under it.
	if allowed := s.allowed(r); len(allowed) > 0 && !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		f.Status, f.Text = http.StatusMethodNotAllowed, "This page cannot be used that way. Start from the first page."
	}
	if s.Unknown != nil {
		if ok, _ := s.Unknown(visitOf(r).address); !ok {
			f.Events = []event.Event{event.Excess404{}}
		}
	}
	return f
}

// allowed lists the methods that the request's path has.
func (s *Server) allowed(r *http.Request) (methods []string) {
	if !clean(r.URL.EscapedPath()) {
		return nil
	}
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, ok := s.match(probe); ok {
			methods = append(methods, m)
		}
	}
	return methods
}
