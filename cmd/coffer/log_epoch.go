package main

import (
	"context"
	"fmt"

	"coffer/internal/app"
)

type logNewEpochCmd struct {
	place
	Reason string `required:"" placeholder:"TEXT" help:"Why; it stands in the log for ever."`
}

// Run goes on from the lines at hand, and says what that leaves behind.
func (c *logNewEpochCmd) Run(ctx context.Context, s streams) error {
	e, err := app.NewEpoch(ctx, c.config(), app.Options{Version: version, Fatal: fatal}, c.Reason)
	for _, path := range e.Kept {
		fmt.Fprintf(s.err, "kept aside: %s\n", path)
	}
	if err != nil {
		return err
	}
	if e.Signature == "" {
		fmt.Fprintln(s.err, "No checkpoint from before fits the lines at hand.")
	} else {
		fmt.Fprintf(s.err, "The last good checkpoint covers the first %d lines.\n", e.Size)
	}
	fmt.Fprintf(s.err, "The log goes on from line %d; %d signed lines are not there any more.\n"+
		"Its new key, which is also the newest line of log.pub; give it to whoever verifies the log, and back up keys/ again:\n", e.Lines, e.Lost)
	fmt.Fprintln(s.out, e.Key)
	return nil
}
