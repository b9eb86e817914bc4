package query

import (
	"context"
	"errors"
	"slices"
	"time"
)

// MaxCount is where counting line by line stops; beyond, there are "more than"
// so many.
const MaxCount = 100_000

// countReach is how many lines are looked at for a count, which takes about a
// second.
const countReach = 500_000

// Count is how many lines match. What asks only for event, level, outcome and
// time is answered exactly, out of the sums; all else is counted line by line,
// from the newest back, and more says that counting stopped before the end.
func (r *Reader) Count(ctx context.Context, f Filter) (n int64, more bool, err error) {
	if f.summed() {
		n, err = r.countSums(ctx, f)
		return n, false, err
	}
	plan, err := r.plan(ctx, f)
	if err != nil {
		return 0, false, err
	}
	for m := r.merge(plan, true, portion); n <= MaxCount; n++ {
		_, state, err := m.next(ctx, countReach)
		if err != nil || state != found {
			return n, state == tired, err
		}
	}
	return MaxCount, true, nil
}

var errEnough = errors.New("enough is counted")

// summed reports whether the sums know all that the filter asks for.
func (f Filter) summed() (ok bool) {
	return !slices.ContainsFunc(f.Words, func(w Word) bool {
		return !slices.Contains([]string{"event", "level", "outcome", "since", "until"}, w.Field) || w.Field == ""
	})
}

// fits reports whether a sum is of lines that match.
func (s *sum) fits(c *matcher) (ok bool) {
	return c.matches(&members{event: []byte(s.event), level: []byte(s.level), outcome: []byte(s.outcome)})
}

// stretch is the time that a filter asks about, in microseconds.
func (r *Reader) stretch(f Filter) (from, below int64) {
	below = 1<<62 - 1
	for _, w := range f.Words {
		switch w.Field {
		case "since":
			from = max(from, ceil(since(w.Value, r.now())))
		case "until":
			below = min(below, ceil(until(w.Value, r.now())))
		}
	}
	return from, below
}

// ceil is the first microsecond that is not before t.
func ceil(t time.Time) int64 {
	if t.After(t.Truncate(time.Microsecond)) {
		return t.UnixMicro() + 1
	}
	return t.UnixMicro()
}

func (r *Reader) countSums(ctx context.Context, f Filter) (n int64, err error) {
	c, from, below := compile(f.Words), int64(0), int64(0)
	if from, below = r.stretch(f); from >= below {
		return 0, nil
	}
	err = r.tally(ctx, from, below, func(s sum) {
		if s.fits(c) {
			n += s.lines
		}
	})
	return n, err
}

// tally gives the sums of a stretch of time: whole days, hours and minutes out
// of the table, and what is left at its ends, or is not summed up yet, out of
// the lines themselves.
func (r *Reader) tally(ctx context.Context, from, below int64, fn func(sum)) error {
	first, last := roundUp(from, minute), below-below%minute
	if first >= last { // within a minute
		return r.lines(ctx, from, below, 0, fn)
	}
	next, err := r.sums(ctx, first, last, fn)
	if err != nil {
		return err
	}
	for _, end := range [][3]int64{{from, first, 0}, {last, below, 0}, {first, last, next}} {
		if err := r.lines(ctx, end[0], end[1], end[2], fn); err != nil {
			return err
		}
	}
	return nil
}

func roundUp(at, width int64) int64 {
	return at - at%width + map[bool]int64{true: width}[at%width != 0]
}

// sums reads the fewest rows that cover whole minutes, and with them, as of the
// same moment, how far they go.
func (r *Reader) sums(ctx context.Context, first, last int64, fn func(sum)) (next int64, err error) {
	hours := [2]int64{min(roundUp(first, hour), last), last - last%hour}
	days := [2]int64{min(roundUp(first, day), last), last - last%day}
	hours[1], days[1] = max(hours[0], hours[1]), max(days[0], days[1])
	if days[0] >= days[1] { // no whole day
		days = [2]int64{hours[0], hours[0]}
	}
	return r.rows(ctx, selectTally, fn,
		day, days[0], days[1],
		hour, hours[0], days[0], days[1], hours[1],
		minute, first, hours[0], hours[1], last)
}

// rows reads sums, and the row without an event that tells how far they go.
func (r *Reader) rows(ctx context.Context, text string, fn func(sum), args ...any) (next int64, err error) {
	rows, err := r.db.Query(ctx, text, args...)
	if err != nil {
		return 0, unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s sum
		if err := rows.Scan(&s.start, &s.event, &s.level, &s.outcome, &s.lines); err != nil {
			return 0, unreadable(err)
		}
		if s.event == "" {
			next = s.lines
			continue
		}
		fn(s)
	}
	if err := rows.Err(); err != nil {
		return 0, unreadable(err)
	}
	return next, nil
}

// lines counts a stretch of time by its lines, from the one numbered at least on.
func (r *Reader) lines(ctx context.Context, from, below, least int64, fn func(sum)) error {
	if from >= below {
		return nil
	}
	first, end, err := r.Extent(ctx)
	if err != nil {
		return err
	}
	first = max(first, uint64(least))
	low, err := r.SeqAt(ctx, time.UnixMicro(from), first, max(first, end))
	if err != nil {
		return err
	}
	high, err := r.SeqAt(ctx, time.UnixMicro(below), low, max(low, end))
	if err != nil {
		return err
	}
	u := Rollup{Read: r.db}
	for at := int64(low); at < int64(high); at += stride {
		sums, err := u.sum(ctx, at, min(at+stride, int64(high)))
		if err != nil {
			return err
		}
		for _, s := range sums {
			fn(s)
		}
	}
	return nil
}
