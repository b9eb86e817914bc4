package query

import (
	"context"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
)

// The widths of the sums. Minutes are what a chart is drawn from; hours and days
// keep a count over years as quick.
const (
	minute = int64(time.Minute / time.Microsecond)
	hour   = 60 * minute
	day    = 24 * hour
)

var widths = []int64{minute, hour, day}

// stride is how many lines are summed up in one step: few enough that the write
// which keeps the sums is short.
const stride = 8192

// Pen writes what makes no event: seclog's Touch.
type Pen func(ctx context.Context, what string, fn func(*db.Tx) error) error

// Rolled is the name of the sums' write, on the log's list of such writes.
const Rolled = "query.rolled"

// Rollup keeps sums of the sealed log. Each line is counted exactly once, since
// the sums and how far they go are written in one transaction.
type Rollup struct {
	Read *db.Reader
	Pen  Pen
}

// sum is how many lines of one kind fell into one stretch of time.
type sum struct {
	start                 int64
	event, level, outcome string
	lines                 int64
}

// Step sums up everything sealed so far, a stride at a time. Of several nodes
// that do so at once, one is first and the others find nothing left.
func (u *Rollup) Step(ctx context.Context) error {
	for ctx.Err() == nil {
		next, size, err := u.stand(ctx)
		if err != nil || next >= size {
			return err
		}
		below := min(next+stride, size)
		sums, err := u.sum(ctx, next, below)
		if err != nil {
			return err
		}
		if err := u.Pen(ctx, Rolled, func(tx *db.Tx) error { return add(tx, sums, next, below) }); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// stand is how far the sums go, and how far they could.
func (u *Rollup) stand(ctx context.Context) (next, size int64, err error) {
	if err := u.Read.QueryRow(ctx, selectRolled).Scan(&next, &size); err != nil {
		return 0, 0, unreadable(err)
	}
	return next, size, nil
}

// sum counts the lines of a stretch by minute. They are sealed, so they are the
// same whenever they are read.
func (u *Rollup) sum(ctx context.Context, from, below int64) ([]sum, error) {
	rows, err := u.Read.Query(ctx, selectSums, from, below)
	if err != nil {
		return nil, unreadable(err)
	}
	defer rows.Close()
	var sums []sum
	for rows.Next() {
		var s sum
		if err := rows.Scan(&s.start, &s.event, &s.lines); err != nil {
			return nil, unreadable(err)
		}
		if k, known := event.Find(s.event); known { // which never change
			s.level, s.outcome = string(k.Level), string(k.Outcome)
		}
		sums = append(sums, s)
	}
	if err := rows.Err(); err != nil {
		return nil, unreadable(err)
	}
	return sums, nil
}

// add writes sums and moves the mark, if nobody else has: else the lines are
// counted already, and it writes nothing.
func add(tx *db.Tx, sums []sum, from, below int64) error {
	moved, err := tx.Exec(updateRolled, below, from)
	if err != nil || moved == 0 {
		return err
	}
	for _, width := range widths {
		wide := map[sum]int64{}
		var order []sum
		for _, s := range sums {
			key := sum{start: s.start - s.start%width, event: s.event, level: s.level, outcome: s.outcome}
			if wide[key] == 0 {
				order = append(order, key)
			}
			wide[key] += s.lines
		}
		for _, k := range order {
			if _, err := tx.Exec(upsertSum, width, k.start, k.event, k.level, k.outcome, wide[k]); err != nil {
				return err
			}
		}
	}
	return nil
}
