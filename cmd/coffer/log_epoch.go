package main

import (
	"context"
	"fmt"
	"strings"

	"coffer/internal/app"
)

type logNewEpochCmd struct {
	place
	Reason string `required:"" placeholder:"TEXT" help:"Why; it stands in the log for ever."`

	AcceptChangedLines bool `help:"Go on from lines that are others than were signed; files with other lines are kept aside."`
}

// Help is what stands under the usage.
func (c *logNewEpochCmd) Help() string {
	return "The lines in the database are compared with what was signed: by security.log, the tree's hashes and every checkpoint at hand. " +
		"Fewer lines, as after a restored backup, are gone on from. Others than were signed are named and refused: put back a copy of the database " +
		"that has the right ones, or give --accept-changed-lines. Stop Coffer first; on PostgreSQL connect as the owner of the tables."
}

// Run goes on from the lines at hand, and says what that leaves behind.
func (c *logNewEpochCmd) Run(ctx context.Context, s streams) error {
	e, err := app.NewEpoch(ctx, c.config(), app.Options{Version: version, Fatal: fatal}, app.Break{
		Reason: c.Reason, AcceptChanged: c.AcceptChangedLines,
	})
	for _, path := range e.Kept {
		fmt.Fprintf(s.err, "kept aside: %s\n", path)
	}
	if err != nil {
		return err
	}
	if e.Signature == "" {
		fmt.Fprintln(s.err, "The old key vouches for no line: no checkpoint from before fits the lines at hand.")
	} else {
		fmt.Fprintf(s.err, "The old key vouches only for the first %d lines: that is the last good checkpoint.\n", e.Size)
	}
	if e.Changed > 0 {
		fmt.Fprintf(s.err, "Lines that are others than were there before: %d (%s).\n", e.Changed, strings.Join(e.Which, ", "))
	}
	fmt.Fprintf(s.err, "The log goes on from line %d%s.\n"+
		"Its new key, which is also the newest line of log.pub; give it to whoever verifies the log, and back up keys/ again:\n", e.Lines, gone(e))
	fmt.Fprintln(s.out, e.Key)
	if e.Witnesses != "" {
		fmt.Fprintf(s.err, "No witness has signed it yet, and none knows this key: give it to whoever runs them (%s).\n"+
			"coffer serve asks them when it is started.\n", strings.ReplaceAll(e.Witnesses, ",", ", "))
	}
	return nil
}

// gone says how many signed lines a new epoch goes on without.
func gone(e app.Epoch) string {
	most := ""
	if e.AtMost {
		most = "at most "
	}
	switch e.Lost {
	case 0:
		return ""
	case 1:
		return "; " + most + "1 signed line is not there any more"
	}
	return fmt.Sprintf("; %s%d signed lines are not there any more", most, e.Lost)
}
