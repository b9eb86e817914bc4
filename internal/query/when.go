package query

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"
)

// instants are how a point in time may be written; without a zone it is UTC.
var instants = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04"}

// checkTime takes a point in time, a date, or how long ago.
func checkTime(value string) (canonical, want string) {
	if t, isDate := parseDate(value); isDate {
		return t.Format(time.DateOnly), ""
	}
	if t, is := parseInstant(value); is {
		return t.Format(time.RFC3339Nano), ""
	}
	if _, is := parseAgo(value); is {
		return strings.ToLower(value), ""
	}
	return "", "a time is a date (2026-11-24), an instant (2026-11-24T16:51:27Z) or how long ago (90m, 24h, 7d); all are UTC"
}

func parseDate(value string) (t time.Time, is bool) {
	t, err := time.Parse(time.DateOnly, value)
	return t, err == nil && t.Year() > 0
}

func parseInstant(value string) (t time.Time, is bool) {
	for _, layout := range instants {
		if t, err := time.Parse(layout, strings.ToUpper(value)); err == nil && t.UTC().Year() > 0 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// parseAgo reads a duration, which beyond Go's may be in days and weeks.
func parseAgo(value string) (d time.Duration, is bool) {
	value = strings.ToLower(value)
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, has := strings.CutSuffix(value, unit); has {
			n, err := strconv.ParseUint(number, 10, 16)
			return time.Duration(n) * length, err == nil
		}
	}
	d, err := time.ParseDuration(value)
	return d, err == nil && d >= 0
}

// since is the first instant that a value of since: takes in.
func since(value string, now time.Time) time.Time {
	if t, isDate := parseDate(value); isDate {
		return t
	}
	if t, is := parseInstant(value); is {
		return t
	}
	ago, _ := parseAgo(value) // checked when it was parsed
	return now.Add(-ago)
}

// until is the first instant that a value of until: leaves out. A date is meant
// with all its day; an instant is not, so that two stretches that share a
// border share no line.
func until(value string, now time.Time) time.Time {
	if t, isDate := parseDate(value); isDate {
		return t.AddDate(0, 0, 1)
	}
	return since(value, now)
}

// SeqAt finds the first line that is not older than t; below is the number
// beyond the newest line, which it gives where there is none. Time in the log
// never runs backwards, so numbers can be halved and no index is needed.
func (r *Reader) SeqAt(ctx context.Context, t time.Time, first, below uint64) (uint64, error) {
	low, high, at := first, below, t.UnixMicro()
	if t.After(t.Truncate(time.Microsecond)) {
		at++ // a line's time has no finer part
	}
	for low < high {
		middle := low + (high-low)/2
		var seq, found int64
		err := r.db.QueryRow(ctx, selectTime, int64(middle), int64(high)).Scan(&seq, &found)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			high = middle // the upper half is empty
		case err != nil:
			return 0, unreadable(err)
		case found >= at:
			high = middle
		default:
			low = uint64(seq) + 1
		}
	}
	return low, nil
}

// Extent is which lines there are: the first that is kept, and the number
// beyond the newest.
func (r *Reader) Extent(ctx context.Context) (first, below uint64, err error) {
	var low sql.NullInt64
	var size int64
	if err := r.db.QueryRow(ctx, selectExtent).Scan(&low, &size); err != nil {
		return 0, 0, unreadable(err)
	}
	return uint64(low.Int64), uint64(size), nil
}
