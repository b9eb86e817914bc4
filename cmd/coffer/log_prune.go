package main

import (
	"context"
	"fmt"

	"coffer/internal/app"
)

type logPruneCmd struct {
	place
	Retention string `default:"400d" env:"COFFER_RETENTION" placeholder:"DAYS" help:"How long lines are kept: 400d (400d)."`
	DryRun    bool   `help:"Only say what would be removed."`
}

// Run removes one day of what is too old, and says what that was. That there is
// none is the answer no.
func (c *logPruneCmd) Run(ctx context.Context, s streams) error {
	config := c.config()
	config.Retention = c.Retention
	d, err := app.OpenDesk(ctx, config, app.Options{Version: version, Fatal: fatal})
	if err != nil {
		return err
	}
	defer d.Close()
	d.Slow = s.slow
	prune, done := d.Prune, "removed"
	if c.DryRun {
		prune, done = d.Prunable, "would be removed"
	}
	p, err := prune(ctx)
	if err != nil {
		return err
	}
	if p.Lines == 0 {
		fmt.Fprintf(s.err, "Nothing is removed: %s.\n", p.Why)
		return errNo
	}
	fmt.Fprintf(s.out, "Lines %d to %d, older than %s, %s: %d lines.\n", p.First, p.Last, p.Before, done, p.Lines)
	if !c.DryRun {
		s.pending(p.Standing)
	}
	return nil
}
