package query_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/query"
)

// table is what the sums say, each row as text, but for those of other widths.
func (h *house) table(width time.Duration) (rows []string) {
	h.t.Helper()
	found, err := h.read.Query(context.Background(), `SELECT start, event, level, outcome, lines FROM rollup WHERE width = $1`, width.Microseconds())
	if err != nil {
		h.t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var start, lines int64
		var name, level, outcome string
		if err := found.Scan(&start, &name, &level, &outcome, &lines); err != nil {
			h.t.Fatal(err)
		}
		rows = append(rows, fmt.Sprint(start, name, level, outcome, lines))
	}
	slices.Sort(rows)
	return rows
}

// recount is what the sums should say.
func (h *crowd) recount(width time.Duration) (rows []string) {
	type kind struct {
		start                int64
		name, level, outcome string
	}
	sums := map[kind]int{}
	for _, l := range h.lines {
		at, err := time.Parse(time.RFC3339Nano, l.Datetime)
		if err != nil {
			h.t.Fatal(err)
		}
		sums[kind{at.UnixMicro() / width.Microseconds() * width.Microseconds(), l.Event, l.Level, l.Outcome}]++
	}
	for k, n := range sums {
		rows = append(rows, fmt.Sprint(k.start, k.name, k.level, k.outcome, n))
	}
	slices.Sort(rows)
	return rows
}

// TestRollup holds that each line is counted once: after stops at any moment,
// with steps that fail after their work, and with several at once.
func TestRollup(t *testing.T) {
	onCrowd(t, 40, func(t *testing.T, h *crowd) {
		ctx := context.Background()
		broken := errors.New("broken")
		for round := range 4 {
			fails := query.Rollup{Read: h.read, Pen: func(ctx context.Context, what string, fn func(*db.Tx) error) error {
				return h.log.Touch(ctx, what, func(tx *db.Tx) error { return errors.Join(fn(tx), broken) })
			}}
			if err := fails.Step(ctx); err == nil {
				t.Error("Step() = nil with a pen that breaks, want its error")
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					u := query.Rollup{Read: h.read, Pen: h.log.Touch}
					if err := u.Step(ctx); err != nil {
						t.Errorf("Step() = %v", err)
					}
				})
			}
			all.Wait()
			for _, width := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
				if got, want := h.table(width), h.recount(width); !slices.Equal(got, want) {
					t.Errorf("round %d, %v: %d rows, want %d\n%v\n%v", round, width, len(got), len(want), got, want)
				}
			}
			h.now = h.now.Add(9 * time.Hour)
			h.more(rand.New(rand.NewPCG(uint64(round), 5)), 20)
		}
	})
}

// TestCount holds counts and charts against a recount, at any mark of the sums
// and at any border of time.
func TestCount(t *testing.T) {
	onCrowd(t, 40, func(t *testing.T, h *crowd) {
		ctx, rnd := context.Background(), rand.New(rand.NewPCG(9, 9))
		u := query.Rollup{Read: h.read, Pen: h.log.Touch}
		for range 4 { // over two days, with gaps
			h.now = h.now.Add(13*time.Hour + 7*time.Minute)
			h.more(rnd, 15)
			if rnd.IntN(2) == 0 {
				if err := u.Step(ctx); err != nil {
					t.Fatal(err)
				}
			}
			for range 25 {
				q := pick(rnd, []string{"", "event:sensitive_read", "level:>=WARNING", "-event:log_*", "outcome:failure event:authn_* event:sensitive_read", "actor:" + crowdIDs[0]})
				f := parse(t, q)
				a, b := pick(rnd, h.lines).Datetime, pick(rnd, h.lines).Datetime
				if a > b {
					a, b = b, a
				}
				if rnd.IntN(3) > 0 {
					f = with(t, with(t, f, "since", a), "until", b)
				}
				want := h.brute(f)
				if n, more, err := h.house.lines.Count(ctx, f); err != nil || more || n != int64(len(want)) {
					t.Errorf("Count(%s) = %d, %v, %v, want %d", f, n, more, err, len(want))
				}
				h.chart(f, want, a, b, 3+rnd.IntN(200))
			}
		}
	})
}

func with(t *testing.T, f query.Filter, field, value string) query.Filter {
	t.Helper()
	f, want := f.With(field, value)
	if want != "" {
		t.Fatal(want)
	}
	return f
}

// chart demands that each bar holds what falls into it.
func (h *crowd) chart(f query.Filter, want []uint64, from, to string, bars int) {
	h.t.Helper()
	a, errA := time.Parse(time.RFC3339Nano, from)
	b, errB := time.Parse(time.RFC3339Nano, to)
	got, err := h.house.lines.Histogram(context.Background(), f, a, b, bars)
	if err := errors.Join(errA, errB, err); err != nil || got.More || len(got.Bars) > bars+1 {
		h.t.Errorf("Histogram(%s, %v, %v, %d) = %d bars, %v, %v", f, from, to, bars, len(got.Bars), got.More, err)
		return
	}
	for i, bar := range got.Bars {
		next := bar.From.Add(got.Width)
		sums := query.Bar{From: bar.From}
		for _, seq := range want {
			l := h.lines[seq]
			at, err := time.Parse(time.RFC3339Nano, l.Datetime)
			if err != nil {
				h.t.Fatal(err)
			}
			if at.Before(bar.From) || !at.Before(next) {
				continue
			}
			switch event.Level(l.Level) {
			case event.Info:
				sums.Info++
			case event.Warning:
				sums.Warning++
			case event.Critical:
				sums.Critical++
			}
		}
		if bar != sums {
			h.t.Errorf("Histogram(%s, %v, %v, %d): bar %d of %v is %+v, want %+v", f, from, to, bars, i, got.Width, bar, sums)
		}
	}
}
