package limit

import (
	"hash/maphash"
	"net/netip"
	"time"

	"coffer/internal/event"
	"coffer/internal/fault"
)

// Limits counts against a table.
type Limits struct {
	// Now is the clock.
	Now func() time.Time
	// Room is how many rows of counts the names that nobody has may take.
	Room int

	table   Table
	buckets [len(table)]*Buckets // nil where the limit is off or counted elsewhere
}

// New starts counting, with nothing counted yet.
func New(t Table) *Limits {
	l := &Limits{Now: time.Now, Room: Room, table: t}
	for i, r := range table {
		if v := t.values[i]; r.charges && !v.Off() {
			l.buckets[i] = NewBuckets(v.N, v.Unit, v.N*r.burst)
		}
	}
	return l
}

// Table is the table in force.
func (l *Limits) Table() Table { return l.table }

// Allow counts one more for the key (an owner's id) and says whether the limit
// allows it; if not, retry says when it would.
func (l *Limits) Allow(n Name, key string) (allowed bool, retry time.Duration) {
	b := l.buckets[index(n)]
	if b == nil {
		return true, 0 // the operator turned this limit off
	}
	return b.Take(key, l.Now())
}

// AllowAddress is Allow for whoever shares the address's group. What has no
// address shares one group of its own.
func (l *Limits) AllowAddress(n Name, a netip.Addr) (allowed bool, retry time.Duration) {
	b := l.buckets[index(n)]
	if b == nil {
		return true, 0 // the operator turned this limit off
	}
	var room [16]byte
	return b.take(maphash.Bytes(b.seed, group(a, room[:0])), l.Now().UnixNano())
}

// Group is the network that counts as one visitor: an IPv4 address by itself,
// an IPv6 address with the rest of its /64, since whoever has one has them all.
// An IPv4 address written as IPv6 is that IPv4 address.
func Group(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(a, bits).Masked()
}

// GroupText names the group of an address that is text: an IPv4 address by
// itself, an IPv6 address by its network. What is no address is its own group.
func GroupText(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	g := Group(a)
	if g.IsSingleIP() {
		return g.Addr().String()
	}
	return g.String()
}

// group appends the bytes that tell the address's group: four for IPv4, eight
// for IPv6, none for no address. It is Group without making one, for the path
// of every request.
func group(a netip.Addr, b []byte) []byte {
	switch a = a.Unmap(); {
	case a.Is4():
		four := a.As4()
		return append(b, four[:]...)
	case a.Is6():
		six := a.As16()
		return append(b, six[:8]...)
	}
	return b
}

// Refused is the answer to what Allow did not allow; account is the person
// concerned, if known.
func (l *Limits) Refused(n Name, account string, retry time.Duration) *fault.Error {
	f := fault.New(fault.TooMany, "That was a lot in a short time. Please wait a moment and try again.",
		event.RateLimited{Limit: string(n), Allowed: l.table.Of(n).String(), Account: account})
	f.Retry = (retry + time.Second - 1).Truncate(time.Second) // never too early by rounding
	return f
}
