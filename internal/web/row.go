package web

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"coffer/internal/cache"
)

// Mark is the badge of a row; its word says it, its shape and colour repeat it.
type Mark string

// The badges.
const (
	Plain     Mark = ""
	Refused   Mark = "Refused"
	NotSigned Mark = "Not signed"
	Signed    Mark = "Signed by your passkey"
	Unusual   Mark = "Unusual"
	Grave     Mark = "Critical"
	// Unfamiliar sign-ins stand out from all else.
	Unfamiliar Mark = "Unfamiliar"
	Reported   Mark = "Reported by you"
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
	// To is the page of the line itself, if this person may see it.
	To string
	// Report is where its person says that it was not their doing, and ReportAs
	// what the link is called; empty leaves it out.
	Report, ReportAs string
}

func (r Row) number() string { return "#" + strconv.FormatUint(r.Seq, 10) }

// short is enough of a session's hash to tell a person's sessions apart.
func short(session string) string { return session[:min(len(session), 8)] }

type rowKey struct {
	row Row
	as  string
}

// drawnRows are the newest rows' markup, under a kilobyte each. A sealed line
// never changes, and neither does what is drawn of it.
var drawnRows = cache.Cache[rowKey, string]{Size: 2048}

// drawn is the row as a component; one that was drawn lately is not drawn again.
func drawn(r Row, as string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		key := rowKey{r, as}
		html, version, found := drawnRows.Get(key)
		if !found {
			var b strings.Builder
			if err := row(r, as).Render(ctx, &b); err != nil {
				return err
			}
			html = b.String()
			drawnRows.Put(version, key, html)
		}
		_, err := io.WriteString(w, html)
		return err
	})
}

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
