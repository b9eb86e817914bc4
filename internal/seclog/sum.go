package seclog

import (
	"bytes"
	"cmp"
	"slices"

	"coffer/internal/event"
)

// maxDistinct bounds what one sum remembers of who and what it covers; beyond
// it a count of different ones says at least so many.
const maxDistinct = 1000

// commonest is how many of them a sum names.
const commonest = 5

// sum counts what was not written singly, and keeps enough of it that spraying
// (many names, one address) and stuffing (many addresses) stay visible.
type sum struct {
	count     int
	addresses map[string]int
	typed     map[string]int
	targets   map[string]int
}

func newSum() *sum {
	return &sum{addresses: map[string]int{}, typed: map[string]int{}, targets: map[string]int{}}
}

func (s *sum) add(r event.Record) {
	s.count++
	tally(s.addresses, r.SourceIP, 1)
	tally(s.typed, typedIn(r.Rest), 1)
	tally(s.targets, r.Target, 1)
}

// merge adds all of another sum.
func (s *sum) merge(other *sum) {
	s.count += other.count
	for _, m := range []struct{ to, from map[string]int }{
		{s.addresses, other.addresses}, {s.typed, other.typed}, {s.targets, other.targets},
	} {
		for value, n := range m.from {
			tally(m.to, value, n)
		}
	}
}

func tally(m map[string]int, value string, n int) {
	if _, known := m[value]; value != "" && (known || len(m) < maxDistinct) {
		m[value] += n
	}
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

// event is the sum as a line. The commonest are the addresses where it covers
// several, else the typed names, else what was asked for.
func (s *sum) event(from source, start, end string) event.Event {
	common := s.targets
	switch {
	case len(s.addresses) > 1:
		common = s.addresses
	case len(s.typed) > 0:
		common = s.typed
	}
	return event.EventsAggregated{
		Event: from.event, Address: from.address, Count: s.count,
		Addresses: len(s.addresses), Typed: len(s.typed), Common: top(common), From: start, To: end,
	}
}

func top(m map[string]int) []event.Tally {
	all := make([]event.Tally, 0, len(m))
	for v, n := range m {
		all = append(all, event.Tally{Value: v, Count: n})
	}
	slices.SortFunc(all, func(a, b event.Tally) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return all[:min(commonest, len(all))]
}
