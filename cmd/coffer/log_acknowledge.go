package main

import (
	"context"
	"errors"
	"fmt"

	"coffer/internal/fault"
)

type logAcknowledgeCmd struct {
	place
	Seq uint64 `arg:"" help:"The number of the line, its seq."`
}

// Run writes into the log that somebody has seen to one of its lines.
func (c *logAcknowledgeCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	what, again, err := d.Acknowledge(ctx, c.Seq)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Unavailable {
		return errors.New(f.Text)
	}
	if err != nil {
		return err
	}
	if again {
		fmt.Fprintf(s.out, "Line %d (%s) was acknowledged before.\n", c.Seq, what)
		return nil
	}
	fmt.Fprintf(s.out, "Line %d (%s) is acknowledged.\n", c.Seq, what)
	return nil
}
