package main

import (
	"context"
	"fmt"
	"strings"

	"coffer/internal/app"
	"coffer/internal/query"
)

type logQueryCmd struct {
	place
	Since  string `placeholder:"TIME" help:"From here: 24h, 2026-11-24, 2026-11-24T16:51:27Z."`
	Until  string `placeholder:"TIME" help:"To there; a date with all its day. Times are UTC."`
	Format string `default:"text" placeholder:"FORMAT" help:"text, jsonl, csv, ocsf, ecs or cef (text)."`
	Limit  int    `placeholder:"N" help:"Only the newest N."`
	Before uint64 `placeholder:"SEQ" help:"Only what is older than this line."`

	Unrecorded bool `help:"For a log that takes no line (TAMPERED, ROLLBACK)."`

	Words []string `arg:"" optional:"" name:"query" help:"As in: event:authn_login_fail actor:alice -ip:10.0.0.0/8"`
}

// Help names the fields of the language.
func (logQueryCmd) Help() string {
	return "Fields: " + strings.Join(query.FieldNames(), ", ") + `.
One field's words are alternatives, as in ip:A ip:B or ip:A,B; different fields
must all hold; a - turns a word around (-ip:A,B is neither). Free words are looked
for in the description. Quotes hold a space or a comma together.`
}

// Run writes what matches, the oldest first.
func (c *logQueryCmd) Run(ctx context.Context, s streams) error {
	filter, err := c.filter()
	if err != nil {
		return err
	}
	return piped(func() error {
		d, err := c.open(ctx)
		if err != nil {
			return err
		}
		defer d.Close()
		q := app.Reading{Tool: "query", Filter: filter, Out: s.out, Newest: -1, Before: c.Before}
		if c.Unrecorded {
			q.Unrecorded = s.slow
		}
		if c.Limit > 0 {
			q.Newest = c.Limit
		}
		if q.Format, err = output(ctx, s, d, c.Format); err != nil {
			return err
		}
		bar := newBar(s, "lines")
		if terminal(s.out) { // the lines themselves show how far it is
			bar.out = nil
		}
		q.Passed = func(at, from, below uint64) { bar.at(at-min(at, from), below-from) }
		read, err := d.Read(ctx, q)
		bar.end()
		if err != nil {
			return err
		}
		switch {
		case read.Short:
			fmt.Fprintf(s.err, "looked back to line %d; go on with --before %d\n", read.Next, read.Next)
		case read.More:
			fmt.Fprintf(s.err, "there are older ones; go on with --before %d\n", read.Next)
		}
		if read.Lines == 0 {
			return nothing(s, read)
		}
		return nil
	})
}

// filter is the query with what the flags add.
func (c *logQueryCmd) filter() (query.Filter, error) {
	filter, err := parseQuery(c.Words)
	if err != nil {
		return filter, err
	}
	if c.Limit < 0 {
		return filter, &app.Wrong{Flag: "limit", Value: fmt.Sprint(c.Limit), Want: "give how many lines, or leave it out for all"}
	}
	for _, flag := range []struct{ name, value string }{{"since", c.Since}, {"until", c.Until}} {
		if flag.value == "" {
			continue
		}
		more, want := filter.With(flag.name, flag.value)
		if want != "" {
			return filter, &app.Wrong{Flag: flag.name, Value: flag.value, Want: want}
		}
		filter = more
	}
	return filter, nil
}
