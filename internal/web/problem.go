package web

import (
	"net/http"
	"strconv"
	"time"
)

// Problem is what the error page says. Only what the visitor may know is in it.
type Problem struct {
	Status int
	// Title is the sentence that stands as the heading.
	Title string
	// Text says what happened, for this request.
	Text      string
	RequestID string
	// At is when; zero leaves the row out.
	At time.Time
	// Retry is when trying again makes sense; zero means that waiting does not help.
	Retry time.Time
	// Form is the page that holds the form which was refused, or empty.
	Form string
	// Written names the events that were written about it, or none.
	Written []string
}

// lost says whether anything was changed, which a visitor asks first.
func (p Problem) lost() string {
	switch {
	case p.Status == http.StatusServiceUnavailable:
		return "Coffer does nothing that it cannot write down, so nothing was done. A password or card number is never sent back to a page: you will have to type it again. Usually this passes within a minute."
	case p.Status >= http.StatusInternalServerError:
		return "It is not your doing. If you were changing something, look whether it is there before you do it again."
	case p.Status == http.StatusNotFound, p.Status == http.StatusMethodNotAllowed:
		return ""
	}
	return "Nothing was changed."
}

// wait is the time left, counted from At or, without it, from now.
func (p Problem) wait() int {
	from := p.At
	if from.IsZero() {
		from = time.Now()
	}
	if left := p.Retry.Sub(from); left > 0 {
		return int((left + time.Second - 1) / time.Second)
	}
	return 0
}

// clock writes seconds as 24:12.
func clock(seconds int) string {
	rest := strconv.Itoa(seconds % 60)
	if len(rest) < 2 {
		rest = "0" + rest
	}
	return strconv.Itoa(seconds/60) + ":" + rest
}

// ways are where to go from here, for who has cards or not; the first is the
// filled button.
func (p Problem) ways(cards bool) []Link {
	var ways []Link
	if p.Form != "" {
		ways = append(ways, Link{p.Form, "Open the form again"})
	}
	switch {
	case cards:
		ways = append(ways, Link{"/", "Back to your cards"})
	case p.Status == http.StatusUnauthorized && p.Form != "/login":
		ways = append(ways, Link{"/login", "Sign in"})
	default:
		ways = append(ways, Link{"/", "Back to the start"})
	}
	return ways
}
