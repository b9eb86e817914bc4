package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// mostPeers is how many peers that send headers a Lookout remembers, and how
// many places it tells of.
const mostPeers = 16

// Finding is something that makes the way to Coffer look wrongly set up. It is a
// guess: anybody can make up a header, and people may share an address.
type Finding struct {
	// Header is the forwarding header that Network sent and was not believed
	// for; empty is a finding about many people on one address.
	Header string
	// Network is whom to trust if it is the operator's own proxy.
	Network netip.Prefix
	// Requests is how many came with the header.
	Requests uint64
	// People is how many were signed in there within an hour, at least.
	People int
	// First and Last are when it was seen.
	First, Last time.Time
}

// String says what was seen, and what to do if it is what it looks like.
func (f Finding) String() string {
	if f.Header == "" {
		return fmt.Sprintf("%d people or more were signed in at %v within an hour, and share its limits; if that is your proxy, add it to --trusted-proxies as %v, and if it is a network that they share, nothing is wrong", f.People, f.Network.Addr(), f.Network)
	}
	return fmt.Sprintf("%v sends %s and is not believed, so that all who come by way of it count as one address; if that is your proxy, add it to --trusted-proxies as %v, and if it is not, somebody made the header up", f.Network.Addr(), f.Header, f.Network)
}

// Lookout notices while requests come whether a proxy stands before Coffer that
// it was not told of. What it remembers is bounded, and nothing hangs on it.
type Lookout struct {
	// Proxies are those that it was told of.
	Proxies Proxies
	// Tell is told of each finding once.
	Tell func(Finding)
	// Now is the clock.
	Now func() time.Time

	unbelieved atomic.Uint64
	mu         sync.Mutex
	peers      map[netip.Addr]*Finding
	told       [2]int // of peers in public and in private networks
	places     map[netip.Prefix]*place
	crowds     int // places where many people are
}

// forwarding are the headers by which a proxy says for whom it asks.
var forwarding = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"}

// Unbelieved is how many requests came with a forwarding header that was not believed.
func (l *Lookout) Unbelieved() uint64 { return l.unbelieved.Load() }

// request looks at where a request comes from.
func (l *Lookout) request(r *http.Request, peer netip.Addr) {
	if l == nil {
		return
	}
	for _, name := range forwarding {
		if len(r.Header[name]) > 0 && peer.IsValid() && !l.Proxies.trusts(peer) {
			l.unbelieved.Add(1)
			l.tell(l.forwarded(name, peer))
			return
		}
	}
}

func (l *Lookout) tell(f *Finding) {
	if f != nil && l.Tell != nil {
		l.Tell(*f)
	}
}

// forwarded counts a peer's header and gives a finding that is to be told. When
// the table is full, the newcomer takes the place and the count of the rarest:
// whoever stands before Coffer sends the most, and comes to stay. Strangers
// cannot use up what is told of private networks, where most proxies are.
func (l *Lookout) forwarded(name string, peer netip.Addr) *Finding {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if f, known := l.peers[peer]; known {
		f.Requests, f.Last = f.Requests+1, now
		return nil
	}
	if l.peers == nil {
		l.peers = map[netip.Addr]*Finding{}
	}
	f := &Finding{Header: name, Network: netip.PrefixFrom(peer, peer.BitLen()), Requests: 1, First: now, Last: now}
	if len(l.peers) >= mostPeers {
		rarest := slices.MinFunc(slices.Collect(maps.Values(l.peers)), func(a, b *Finding) int { return cmp.Compare(a.Requests, b.Requests) })
		f.Requests += rarest.Requests
		delete(l.peers, rarest.Network.Addr())
	}
	l.peers[peer] = f
	told := &l.told[map[bool]int{true: 1}[peer.IsPrivate() || peer.IsLoopback() || peer.IsLinkLocalUnicast()]]
	if *told++; *told > mostPeers {
		return nil
	}
	copied := *f
	return &copied
}

// Findings are what was noticed since the start: networks that send headers, the
// commonest first, then those with many people.
func (l *Lookout) Findings() (all []Finding) {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.peers {
		all = append(all, *f)
	}
	for _, p := range l.places {
		if p.found != nil {
			all = append(all, *p.found)
		}
	}
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), a.First.Compare(b.First), a.Network.Addr().Compare(b.Network.Addr()))
	})
	return all
}
