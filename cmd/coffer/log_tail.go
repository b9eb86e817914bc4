package main

import (
	"context"
	"fmt"

	"coffer/internal/app"
)

type logTailCmd struct {
	place
	Follow bool   `short:"f" xor:"silent" help:"Go on with what comes, until Ctrl-C."`
	Lines  int    `short:"n" default:"10" placeholder:"N" help:"How many of the newest lines to begin with (10)."`
	Format string `default:"text" placeholder:"FORMAT" help:"text, jsonl, csv, ocsf, ecs or cef (text)."`

	Unrecorded bool `xor:"silent" help:"For a log that takes no line (TAMPERED, ROLLBACK)."`

	Words []string `arg:"" optional:"" name:"query" help:"As in: level:>=WARNING actor:alice -ip:10.0.0.0/8"`
}

// Run shows the newest lines that match, and with -f those that come.
func (c *logTailCmd) Run(ctx context.Context, s streams) error {
	filter, err := parseQuery(c.Words)
	if err != nil {
		return err
	}
	if c.Lines < 0 {
		return &app.Wrong{Flag: "lines", Value: fmt.Sprint(c.Lines), Want: "give how many lines, 0 or more"}
	}
	return piped(func() (err error) {
		d, err := c.open(ctx)
		if err != nil {
			return err
		}
		defer d.Close()
		q := app.Reading{Tool: "tail", Filter: filter, Out: s.out, Newest: c.Lines}
		if q.Format, err = output(ctx, s, d, c.Format); err != nil {
			return err
		}
		if c.Unrecorded {
			q.Unrecorded = s.slow
		}
		if c.Follow {
			q.Tool = "follow"
			_, err = d.Follow(ctx, q)
			return err
		}
		read, err := d.Read(ctx, q)
		if err != nil {
			return err
		}
		if read.Short {
			fmt.Fprintf(s.err, "looked back to line %d; coffer log query --before %d looks further\n", read.Next, read.Next)
		}
		if read.Lines == 0 && c.Lines > 0 {
			return nothing(s, read)
		}
		return nil
	})
}

// nothing says that nothing was found, which is an answer: no.
func nothing(s streams, read app.Read) error {
	if !read.Short {
		fmt.Fprintln(s.err, "nothing found")
	}
	return errNo
}
