package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"coffer/internal/query"
)

// Questions to a log of everyday: each is asked of another person, card and
// time whenever it is asked. Nothing is found by the last ones of the pages:
// they are ended by how far a page looks.
var (
	pageQuestions = []string{
		"", "event:authn_login_fail", "level:>=WARNING", "level:CRITICAL", "actor:ACTOR", "card:CARD", "subject:ACTOR outcome:failure",
		"until:TIME", "event:sensitive_create -actor:ACTOR", "ip:198.51.7.0/24", "ip:203.0.113.9", "nowhere",
	}
	streamQuestions = []string{
		"", "event:authn_login_fail", "level:>=WARNING", "actor:ACTOR", "card:CARD", "since:TIME", "since:TIME level:>=WARNING",
	}
	countQuestions = []string{
		"", "event:authn_login_fail", "level:>=WARNING", "outcome:failure", "event:sensitive_read since:TIME", "level:CRITICAL until:TIME",
		"-event:sensitive_read since:30d",
	}
)

// rows is how many lines are on a page.
const rows = 50

var errFull = errors.New("the page is full")

// ask times the first page, the beginning of a stream, counts and charts.
func (m *measurement) ask(r *query.Reader) (figures []figure, err error) {
	for _, q := range []struct {
		name      string
		questions []string
		put       func(context.Context, query.Filter) error
	}{
		{"first page of a query, p99", pageQuestions, func(ctx context.Context, f query.Filter) error {
			_, err := r.Search(ctx, f, query.Page{Limit: rows})
			return err
		}},
		{"first page of an export, p99", streamQuestions, func(ctx context.Context, f query.Filter) error { return begin(ctx, r, f) }},
		{"count from the sums, p99", countQuestions, func(ctx context.Context, f query.Filter) error { return count(ctx, r, f) }},
		{"histogram from the sums, p99", countQuestions[:4], func(ctx context.Context, f query.Filter) error {
			_, err := r.Histogram(ctx, f, time.Now().Add(-m.span()), time.Now(), 60)
			return err
		}},
	} {
		f, err := m.question(q.name, q.questions, q.put)
		if err != nil {
			return figures, fmt.Errorf("%s: %w", q.name, err)
		}
		figures = append(figures, f)
	}
	return figures, nil
}

// begin reads a page of a stream, and no more.
func begin(ctx context.Context, r *query.Reader, f query.Filter) error {
	left := rows
	err := r.Each(ctx, f, query.Span{}, func(uint64, []byte) error {
		if left--; left == 0 {
			return errFull
		}
		return nil
	})
	if errors.Is(err, errFull) {
		return nil
	}
	return err
}

// count demands an exact one, which only the sums can give of a long log.
func count(ctx context.Context, r *query.Reader, f query.Filter) error {
	_, more, err := r.Count(ctx, f)
	if more {
		err = errors.Join(err, errors.New("it was counted line by line"))
	}
	return err
}

// question puts each question many times and names the slowest one.
func (m *measurement) question(name string, questions []string, put func(context.Context, query.Filter) error) (figure, error) {
	var all []time.Duration
	slowest, most := "", 0.0
	for _, words := range questions {
		var took []time.Duration
		for n := range m.asks {
			asked := filled(words, n, m.span()*time.Duration(n+1)/time.Duration(m.asks+1))
			filter, err := query.Parse(asked)
			if err != nil {
				return figure{}, err
			}
			began := time.Now()
			if err := put(context.Background(), filter); err != nil {
				return figure{}, fmt.Errorf("%q: %w", asked, err)
			}
			took = append(took, time.Since(began))
		}
		if p := p99(took); p > most {
			slowest, most = words, p
		}
		fmt.Fprintf(os.Stderr, "    %-28s %10.1f ms (p99)  %q\n", name, p99(took), words)
		all = append(all, took...)
	}
	return atMost(name, "ms", p99(all), 100).with("%d lines; slowest %.0f ms: %q", m.events, most, slowest), nil
}

// filled puts a person, a card and a time into a question, others each time.
func filled(words string, n int, ago time.Duration) string {
	at := time.Now().Add(-ago).UTC().Format(time.RFC3339)
	return strings.NewReplacer("ACTOR", person(37*n), "CARD", cardID(101*n), "TIME", at).Replace(words)
}
