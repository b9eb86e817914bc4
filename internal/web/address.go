package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose forwarding headers are believed.
type Proxies []netip.Prefix

// trusts reports whether a is one of ours.
func (p Proxies) trusts(a netip.Addr) bool {
	for _, n := range p {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// addresses gives the client's address and the peer's own. The client's is the
// peer's unless the peer is a trusted proxy; then the forwarding header is read
// from the right, and the first address that is not ours is the client: what
// stands further left is whatever the client wrote there.
func (p Proxies) addresses(r *http.Request) (client, peer netip.Addr) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, netip.Addr{} // no network address: a test's or a socket's
	}
	peer = at.Addr().Unmap().WithZone("")
	client = peer
	if !p.trusts(peer) {
		return client, peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			return client, peer // not an address: nothing left of it is believed
		}
		client = hop.Unmap().WithZone("")
		if !p.trusts(client) {
			break
		}
	}
	return client, peer
}

// https reports whether a trusted proxy says that the browser came by HTTPS.
func (p Proxies) https(r *http.Request, peer netip.Addr) bool {
	said := r.Header.Values("X-Forwarded-Proto")
	return len(said) == 1 && strings.EqualFold(strings.TrimSpace(said[0]), "https") && p.trusts(peer)
}

// parseHop reads an address, with or without a port.
func parseHop(hop string) (netip.Addr, error) {
	if at, err := netip.ParseAddrPort(hop); err == nil {
		return at.Addr(), nil
	}
	return netip.ParseAddr(hop)
}

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
