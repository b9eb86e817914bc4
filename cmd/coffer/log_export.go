package main

import (
	"context"
	"fmt"
)

type logExportCmd struct {
	place
	To string `arg:"" name:"dir" help:"Where to write. What is there already is kept, so that it can go on."`
}

// Help says what comes of it.
func (logExportCmd) Help() string {
	return `Writes checkpoint, tile/…, tile/entries/… (C2SP tlog-tiles) and log.pub, which
any web server can hand out, and coffer-verify can judge.`
}

// Run writes the log as static files.
func (c *logExportCmd) Run(ctx context.Context, s streams) error {
	d, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	bar := newBar(s, "lines")
	out, err := d.Export(ctx, c.To, bar.at)
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d lines are in %s", out.Size, c.To)
	if out.Kept > 0 {
		fmt.Fprintf(s.err, "; %d files were there already", out.Kept)
	}
	if out.Pruned > 0 {
		fmt.Fprintf(s.err, "; %d bundles of lines are pruned", out.Pruned)
	}
	fmt.Fprintln(s.err)
	return nil
}
