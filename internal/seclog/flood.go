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
	// PerMinute is for one event from one address.
	PerMinute int
	// PerSecond is for all of it together; beyond it, sums name no address.
	PerSecond int
}

// maxSums bounds the sums a minute may write, and with them the disk that
// strangers can fill: what comes from further addresses goes into one sum.
const maxSums = 100

// never are the events that are not summed up, whoever caused them.
var never = map[string]bool{
	"session_use_after_expire": true, "authn_token_reuse": true,
	"authn_login_fail_max": true, "authn_login_lock": true, "authn_login_unlock": true,
}

// source is what a sum is kept by; no address means all the others.
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
	return &flood{Flood: f, now: now, singles: map[source]int{}, sums: map[source]*sum{}, start: now()}
}

// sieve gives the filter for one refusal. It decides once for each place, so
// that a transaction which runs twice counts once.
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
			if single {
				kept = append(kept, r)
			}
		}
		return kept
	}
}

// admit says whether r is written by itself; otherwise it is counted.
func (f *flood) admit(r event.Record) (single bool) {
	if r.Actor != "" || r.Subject != "" || never[r.Event] {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.now().Unix(); s != f.second {
		f.second, f.total = s, 0
	}
	f.total++
	from := source{r.Event, r.SourceIP}
	if f.PerSecond > 0 && f.total > f.PerSecond {
		f.sum(source{event: r.Event}, r)
		return false
	}
	n, known := f.singles[from]
	if f.PerMinute > 0 && n >= f.PerMinute {
		f.sum(from, r)
		return false
	}
	if known || len(f.singles) < 60*max(f.PerSecond, 200) {
		f.singles[from] = n + 1
	}
	return true
}

func (f *flood) sum(from source, r event.Record) {
	s := f.sums[from]
	if s == nil && len(f.sums) >= maxSums {
		from.address = ""
		s = f.sums[from]
	}
	if s == nil {
		s = newSum()
		f.sums[from] = s
	}
	s.add(r)
}

// take ends the minute and gives its sums as events.
func (f *flood) take() []event.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, to := event.Stamp(f.start), event.Stamp(f.now())
	out := make([]event.Event, 0, len(f.sums))
	for src, s := range f.sums {
		out = append(out, s.event(src, from, to))
	}
	f.start = f.now()
	clear(f.singles)
	clear(f.sums)
	return out
}

// putBack keeps what could not be written for the next minute's sums.
func (f *flood) putBack(events []event.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		a := e.(event.EventsAggregated)
		from := source{a.Event, a.Address}
		if f.sums[from] == nil {
			f.sums[from] = newSum()
		}
		f.sums[from].count += a.Count
	}
}

// SumUp writes what flood control counted since it last did.
func (l *Log) SumUp(ctx context.Context) error {
	events := l.flood.take()
	if len(events) == 0 {
		return nil
	}
	err := l.Record(ctx, events...)
	if err != nil {
		l.flood.putBack(events)
	}
	return err
}
