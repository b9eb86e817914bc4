package web

import (
	"maps"
	"net/netip"
	"time"

	"coffer/internal/limit"
)

const (
	// crowd is how many people on one address within crowdTime look like a proxy
	// that nobody named.
	crowd     = 10
	crowdTime = time.Hour
	// mostPlaces bounds how many addresses are watched at once.
	mostPlaces = 512
)

// place is one address, or one network that counts as one.
type place struct {
	people map[string]time.Time // when each was last seen, until there are too many
	last   time.Time
	found  *Finding
}

// signedIn notes who is at an address. Where a proxy is trusted, addresses are
// those of visitors, and how many share one is their affair.
func (l *Lookout) signedIn(address netip.Addr, account string) {
	if l == nil || len(l.Proxies) > 0 || !address.IsValid() {
		return
	}
	l.tell(l.crowded(limit.Group(address), account))
}

// crowded notes that a person is at a place, and gives a finding that is to be told.
func (l *Lookout) crowded(at netip.Prefix, account string) *Finding {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	p := l.place(at, now)
	if p == nil {
		return nil
	}
	if p.last = now; p.found != nil {
		p.found.Last = now
		return nil
	}
	if p.people[account] = now; len(p.people) < crowd {
		return nil
	}
	maps.DeleteFunc(p.people, func(_ string, seen time.Time) bool { return now.Sub(seen) > crowdTime })
	if len(p.people) < crowd {
		return nil
	}
	p.found = &Finding{Network: at, People: len(p.people), First: now, Last: now}
	p.people = nil
	if l.crowds++; l.crowds > mostPeers {
		return nil
	}
	copied := *p.found
	return &copied
}

// place is what is known of one, or nil where no more are watched: those where
// nobody was for an hour make room.
func (l *Lookout) place(at netip.Prefix, now time.Time) *place {
	if p := l.places[at]; p != nil {
		return p
	}
	if len(l.places) >= mostPlaces {
		maps.DeleteFunc(l.places, func(_ netip.Prefix, p *place) bool { return now.Sub(p.last) > crowdTime })
	}
	if len(l.places) >= mostPlaces {
		return nil
	}
	if l.places == nil {
		l.places = map[netip.Prefix]*place{}
	}
	l.places[at] = &place{people: map[string]time.Time{}}
	return l.places[at]
}
