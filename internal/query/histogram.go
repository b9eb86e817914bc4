package query

import (
	"context"
	"errors"
	"slices"
	"time"

	"coffer/internal/event"
)

// Bar is how many lines fell into a stretch of time, by level.
type Bar struct {
	From                    time.Time
	Info, Warning, Critical int64
}

// Histogram is how what matches is spread over time.
type Histogram struct {
	// Width is how long a bar's stretch is.
	Width time.Duration
	Bars  []Bar
	// More says that counting stopped at MaxCount lines, the oldest ones.
	More bool
}

// steps are the widths of bars, each the sum of whole rows of one width.
var steps = []struct{ bar, row int64 }{
	{minute, minute},
	{5 * minute, minute},
	{15 * minute, minute},
	{hour, hour},
	{6 * hour, hour},
	{day, day},
	{7 * day, day},
	{28 * day, day},
}

// Histogram spreads what matches between two times over at most so many bars.
// The first and the last bar hold what lies beyond the times, too.
func (r *Reader) Histogram(ctx context.Context, f Filter, from, to time.Time, bars int) (Histogram, error) {
	step := steps[len(steps)-1]
	for _, s := range slices.Backward(steps) {
		if (to.UnixMicro()-from.UnixMicro())/s.bar < int64(bars) {
			step = s
		}
	}
	first := from.UnixMicro() - from.UnixMicro()%step.bar
	last := roundUp(to.UnixMicro(), step.bar)
	h := Histogram{Width: time.Duration(step.bar) * time.Microsecond}
	for at := first; at < last; at += step.bar {
		h.Bars = append(h.Bars, Bar{From: time.UnixMicro(at).UTC()})
	}
	put := func(at int64, level string, n int64) {
		if at >= first && at < last {
			h.Bars[(at-first)/step.bar].add(level, n)
		}
	}
	if f.summed() {
		return h, r.barsOfSums(ctx, f, step.row, first, last, put)
	}
	err := r.barsOfLines(ctx, f, first, last, put)
	if h.More = errors.Is(err, errEnough); h.More {
		err = nil
	}
	return h, err
}

func (b *Bar) add(level string, n int64) {
	switch level {
	case string(event.Info):
		b.Info += n
	case string(event.Warning):
		b.Warning += n
	case string(event.Critical):
		b.Critical += n
	}
}

// barsOfSums reads rows of one width and, of what they do not hold yet, lines.
func (r *Reader) barsOfSums(ctx context.Context, f Filter, width, first, last int64, put func(int64, string, int64)) error {
	c := compile(f.Words)
	each := func(s sum) {
		if s.fits(c) {
			put(s.start, s.level, s.lines)
		}
	}
	from, below := r.stretch(f)
	from, below = max(first, from), min(last, below)
	whole, end := roundUp(from, width), below-below%width
	if whole >= end {
		return r.tallyMinutes(ctx, from, below, each)
	}
	next, err := r.rows(ctx, selectRows, each, width, whole, end)
	if err != nil {
		return err
	}
	// The filter's own times may cut rows: there, the minutes tell.
	return errors.Join(r.tallyMinutes(ctx, from, whole, each), r.lines(ctx, whole, end, next, each), r.tallyMinutes(ctx, end, below, each))
}

// tallyMinutes is tally that keeps minutes apart.
func (r *Reader) tallyMinutes(ctx context.Context, from, below int64, fn func(sum)) error {
	first, last := roundUp(from, minute), below-below%minute
	if first >= last {
		return r.lines(ctx, from, below, 0, fn)
	}
	next, err := r.rows(ctx, selectRows, fn, minute, first, last)
	if err != nil {
		return err
	}
	return errors.Join(r.lines(ctx, from, first, 0, fn), r.lines(ctx, last, below, 0, fn), r.lines(ctx, first, last, next, fn))
}

// barsOfLines counts line by line.
func (r *Reader) barsOfLines(ctx context.Context, f Filter, first, last int64, put func(int64, string, int64)) error {
	_, end, err := r.Extent(ctx)
	if err != nil {
		return err
	}
	low, err := r.SeqAt(ctx, time.UnixMicro(first), 0, end)
	if err != nil {
		return err
	}
	high, err := r.SeqAt(ctx, time.UnixMicro(last), low, end)
	if err != nil || low >= high {
		return err
	}
	n := 0
	return r.Each(ctx, f, Span{From: low, Below: high}, func(_ uint64, line []byte) error {
		if n++; n > MaxCount {
			return errEnough
		}
		l, err := event.Parse(line)
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339Nano, l.Datetime)
		if err == nil {
			put(at.UnixMicro(), l.Level, 1)
		}
		return err
	})
}
