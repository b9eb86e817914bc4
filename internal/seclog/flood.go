package seclog

import (
	"context"
	"sync"
	"time"

	"coffer/internal/event"
)

// Flood says how much unauthenticated noise is written line by line; the rest
// is counted and summed up once a minute. A zero means no limit.
type Flood struct {
	// PerMinute is for one event from one group of addresses.
	PerMinute int
	// PerSecond is for all lines together; beyond it, sums name no address.
	PerSecond int
	// Group names the group that an address counts as; nil: each is its own.
	Group func(address string) string
}

// maxSums bounds the sums a minute may write, and with them the disk that
// strangers can fill: what comes from further addresses goes into one sum.
const maxSums = 100

// never are the events that are not summed up, whoever caused them.
var never = map[string]bool{
	"session_use_after_expire": true, "authn_token_reuse": true,
	"authn_login_fail_max": true, "authn_login_lock": true, "authn_login_unlock": true,
}

// source is what a sum is kept by: an event and the address, or the group, that
// it came from; no address means all the others.
type source struct{ event, address string }

type flood struct {
	Flood
	now func() time.Time

	mu      sync.Mutex
	start   time.Time // of the running minute
	singles map[source]int
	sums    map[source]*sum
	second  int64
	total   int
}

func newFlood(f Flood, now func() time.Time) *flood {
	if f.Group == nil {
		f.Group = func(address string) string { return address }
	}
	return &flood{Flood: f, now: now, singles: map[source]int{}, sums: map[source]*sum{}, start: now()}
}

// sieve gives the filter for one refusal. It decides once for each place, so
// that a transaction which runs twice counts once; but what must be written is,
// whatever stood in its place the first time.
func (f *flood) sieve() func([]event.Record) []event.Record {
	decided := map[int]bool{}
	return func(recs []event.Record) []event.Record {
		kept := recs[:0:0]
		for i, r := range recs {
			single, ok := decided[i]
			if !ok {
				single = f.admit(r)
				decided[i] = single
			}
			if single || exempt(r) {
				kept = append(kept, r)
			}
		}
		return kept
	}
}

// exempt is what is never summed up.
func exempt(r event.Record) bool { return r.Actor != "" || r.Subject != "" || never[r.Event] }

// admit says whether r is written by itself; otherwise it is counted. Only what
// is written counts toward the second: else one that is loud beyond its own
// quota would push the others' lines out.
func (f *flood) admit(r event.Record) (single bool) {
	if exempt(r) {
		return true
	}
	from := source{r.Event, f.Group(r.SourceIP)}
	f.mu.Lock()
	defer f.mu.Unlock()
	n, known := f.singles[from]
	if f.PerMinute > 0 && n >= f.PerMinute {
		f.sum(from, r)
		return false
	}
	if s := f.now().Unix(); s != f.second {
		f.second, f.total = s, 0
	}
	if f.PerSecond > 0 && f.total >= f.PerSecond {
		f.sum(source{event: r.Event}, r)
		return false
	}
	f.total++
	if known || len(f.singles) < 60*max(f.PerSecond, 200) {
		f.singles[from] = n + 1
	}
	return true
}

func (f *flood) sum(from source, r event.Record) { f.kept(from).add(r) }

// kept is the sum of a source, or the one of all the others when there are many.
func (f *flood) kept(from source) *sum {
	s := f.sums[from]
	if s == nil && len(f.sums) >= maxSums {
		from.address = ""
		s = f.sums[from]
	}
	if s == nil {
		s = &sum{}
		f.sums[from] = s
	}
	return s
}

// window is a stretch of time and the sums of what came in it.
type window struct {
	start, end time.Time
	sums       map[source]*sum
}

// take ends the minute and gives its sums.
func (f *flood) take() window {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := window{f.start, f.now(), f.sums}
	f.start, f.sums = w.end, map[source]*sum{}
	clear(f.singles)
	return w
}

// putBack adds what could not be written to the sums of the running minute,
// which thereby began when w did.
func (f *flood) putBack(w window) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start = w.start
	for from, s := range w.sums {
		f.kept(from).merge(s)
	}
}

func (w window) events() []event.Event {
	out := make([]event.Event, 0, len(w.sums))
	for from, s := range w.sums {
		out = append(out, s.event(from, event.Stamp(w.start), event.Stamp(w.end)))
	}
	return out
}

// SumUp writes what flood control counted since it last did.
func (l *Log) SumUp(ctx context.Context) error {
	w := l.flood.take()
	if len(w.sums) == 0 {
		return nil
	}
	err := l.Record(ctx, w.events()...)
	if err != nil {
		l.flood.putBack(w)
	}
	return err
}
