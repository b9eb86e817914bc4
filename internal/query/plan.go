package query

import (
	"context"
	"slices"
	"strings"

	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// plan is how a filter is carried out: between which lines, out of which
// indexes, and what is judged line by line.
type plan struct {
	from, below uint64
	open        uint64 // the first line that the index lacks
	ways        []way
	match       *matcher
}

// way is one place to find candidates in: a name that stands in the log's index.
type way string

// all is the way that passes every line.
const all way = ""

const (
	// maxWays is how many events are looked up one by one: beyond that, they
	// are most of the log.
	maxWays = 24
	// probed is how many blocks of the index are counted to judge what it would cost.
	probed = 2000
)

// plan resolves names and times, and chooses the index that leaves the fewest
// candidates.
func (r *Reader) plan(ctx context.Context, f Filter) (*plan, error) {
	words, err := r.resolve(ctx, f.Words)
	if err != nil {
		return nil, err
	}
	p := &plan{match: compile(words)}
	if err := r.limit(ctx, f, p); err != nil || p.from >= p.below {
		return p, err
	}
	p.ways = []way{all}
	if p.below-p.from <= portion {
		return p, nil // as few as one read fetches
	}
	least := int64(p.below - p.from)
	for _, ways := range choices(words) {
		cost := int64(0)
		for _, w := range ways {
			n, err := r.probe(ctx, w, p)
			if err != nil {
				return nil, err
			}
			cost += n
		}
		// What an index gives is fetched line by line; a scan is not.
		if cost*4 < least || len(ways) == 0 {
			least, p.ways = cost*4, ways
		}
	}
	return p, nil
}

// limit turns numbers and times into one stretch of lines.
func (r *Reader) limit(ctx context.Context, f Filter, p *plan) error {
	first, end, err := r.Extent(ctx)
	if err != nil {
		return err
	}
	from, below, times := f.bounds(r.now())
	p.from, p.below, p.open = max(from, first), min(below, end), end-end%seal.Block
	for _, w := range times {
		at := since(w.Value, r.now())
		if w.Field == "until" {
			at = until(w.Value, r.now())
		}
		n, err := r.SeqAt(ctx, at, first, end)
		if err != nil {
			return err
		}
		if w.Field == "since" {
			p.from = max(p.from, n)
		} else {
			p.below = min(p.below, n)
		}
	}
	return nil
}

// choices are the ways of each index that finds every line the words ask for.
func choices(words []Word) (out [][]way) {
	for _, c := range []struct{ field, prefix string }{{"card", "card:"}, {"target", ""}, {"subject", ""}, {"actor", ""}, {"session", ""}, {"ip", ""}} {
		var ways []way
		values := positive(words, c.field)
		for _, v := range values {
			ways = append(ways, way(c.prefix+v))
		}
		network := func(v string) bool { return c.field == "ip" && strings.Contains(v, "/") }
		if len(values) > 0 && len(values) <= maxWays && !slices.Contains(values, "") && !slices.ContainsFunc(values, network) {
			out = append(out, ways)
		}
	}
	if names, bound := eventsOf(words); bound && len(names) <= maxWays {
		ways := []way{}
		for _, n := range names {
			ways = append(ways, way(n))
		}
		out = append(out, ways)
	}
	return out
}

// positive are the different values of a field that are asked for.
func positive(words []Word, field string) (values []string) {
	for _, w := range words {
		if w.Field == field && !w.Not && !slices.Contains(values, w.Value) {
			values = append(values, w.Value)
		}
	}
	return values
}

// eventsOf are the events that the words leave of the vocabulary, whose levels
// and outcomes never change; bound says that they leave some out by asking for
// others. A line of an event that this Coffer does not know is found by number,
// person, target or a free word, not by its level.
func eventsOf(words []Word) (names []string, bound bool) {
	about := slices.DeleteFunc(slices.Clone(words), func(w Word) bool {
		return !slices.Contains([]string{"event", "level", "outcome", "reason"}, w.Field)
	})
	bound = slices.ContainsFunc(about, func(w Word) bool { return !w.Not && w.Value != "" })
	for _, k := range event.All {
		if kindFits(k, about) {
			names = append(names, k.Name)
		}
	}
	return names, bound
}

// kindFits reports whether a line of this kind could match.
func kindFits(k *event.Kind, words []Word) (fits bool) {
	m := &members{event: []byte(k.Name), level: []byte(k.Level), outcome: []byte(k.Outcome)}
	c := compile(slices.DeleteFunc(slices.Clone(words), func(w Word) bool { return w.Field == "reason" }))
	if !c.matches(m) {
		return false
	}
	asked := positive(words, "reason")
	return len(asked) == 0 || slices.ContainsFunc(asked, func(reason string) bool {
		_, has := k.Reasons[reason]
		return reason == "" || has
	})
}
