package web

import "net/http"

// Before is what stands between a browser and Coffer, as far as one request
// shows it.
type Before struct {
	// Secure says that the browser sees HTTPS.
	Secure bool
	// Peer is the address that the connection comes from.
	Peer string
	// Forwarded says that the request came with a proxy's header, and Trusted
	// that the peer is one of the proxies that are believed.
	Forwarded, Trusted bool
}

// Before looks at what stands before Coffer on the way of this request.
func (s *Server) Before(r *http.Request) Before {
	_, peer := s.Proxies.addresses(r)
	forwarded := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("X-Forwarded-Proto") != "" || r.Header.Get("Forwarded") != ""
	return Before{Secure: visitOf(r).secure, Peer: text(peer), Forwarded: forwarded, Trusted: s.Proxies.trusts(peer)}
}
