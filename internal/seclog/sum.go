package seclog

import (
	"bytes"
	"cmp"
	"slices"

	"coffer/internal/event"
)

// commonest is how many of what a sum covers it names.
const commonest = 5

// sum counts what was not written singly, and keeps enough of it that spraying
// (many names, one address) and stuffing (many addresses) stay visible.
type sum struct {
	count                     int
	addresses, typed, targets tally
}

func (s *sum) add(r event.Record) {
	n := 1 + moreIn(r.Rest)
	s.count += n
	s.addresses.add(r.SourceIP, n)
	s.typed.add(typedIn(r.Rest), n)
	s.targets.add(r.Target, n)
}

// merge adds all of another sum.
func (s *sum) merge(other *sum) {
	s.count += other.count
	s.addresses.merge(&other.addresses)
	s.typed.merge(&other.typed)
	s.targets.merge(&other.targets)
}

// typedIn finds the HMAC of a typed name among an event's data. The line is
// Coffer's own, so the member's form is known and no visitor can feign it: a
// quote in their text is escaped.
func typedIn(rest []byte) string {
	_, after, found := bytes.Cut(rest, []byte(`"typed":"`))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(after, []byte(`"`))
	return string(value)
}

// moreIn finds how many more an event stands for, in the same way.
func moreIn(rest []byte) (n int) {
	_, after, _ := bytes.Cut(rest, []byte(`"more":`))
	for _, c := range after {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// event is the sum as a line.
func (s *sum) event(from source, start, end string) event.Event {
	return event.EventsAggregated{
		Event: from.event, Address: from.address, Count: s.count,
		Addresses: s.addresses.different(), Typed: s.typed.different(), Common: s.common(), From: start, To: end,
	}
}

// common names the commonest of whatever the sum covers. One address alone says
// nothing beside the sum's own, and one target little.
func (s *sum) common() []event.Tally {
	all := s.typed.list()
	if s.addresses.different() > 1 {
		all = append(all, s.addresses.list()...)
	}
	if s.targets.different() > 1 || len(all) == 0 {
		all = append(all, s.targets.list()...)
	}
	slices.SortFunc(all, func(a, b event.Tally) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return all[:min(commonest, len(all))]
}
