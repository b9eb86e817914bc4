package web

import (
	"strconv"
	"time"
)

// Mark is the badge of a row; its word says it, its shape and colour repeat it.
type Mark string

// The badges.
const (
	Plain     Mark = ""
	Refused   Mark = "Refused"
	NotSigned Mark = "Not signed"
	Unusual   Mark = "Unusual"
	Grave     Mark = "Critical"
)

// Row is one line of the log as a person reads it: the sentence first.
type Row struct {
	Seq uint64
	At  time.Time
	// Says is the sentence.
	Says string
	// Device is the browser in words; Address, Session and Note follow it.
	Device, Address, Session, Note string
	Mark                           Mark
}

func (r Row) number() string { return "#" + strconv.FormatUint(r.Seq, 10) }

// short is enough of a session's hash to tell a person's sessions apart.
func short(session string) string { return session[:min(len(session), 8)] }

// Day is a day's rows, newest first.
type Day struct {
	Date time.Time
	Rows []Row
}

// ByDay groups rows, newest first, by their day in UTC.
func ByDay(rows []Row) []Day {
	var days []Day
	for _, r := range rows {
		date := r.At.UTC().Truncate(24 * time.Hour)
		if len(days) == 0 || !days[len(days)-1].Date.Equal(date) {
			days = append(days, Day{Date: date})
		}
		last := &days[len(days)-1]
		last.Rows = append(last.Rows, r)
	}
	return days
}
