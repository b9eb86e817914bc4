package main

import (
	"context"
	"fmt"

	"coffer/internal/app"
	"coffer/internal/proof"
)

type logExportCmd struct {
	place
	To string `arg:"" name:"dir" help:"Where to write. What is there already is kept, so that it can go on."`
}

// Help says what comes of it.
func (logExportCmd) Help() string {
	return `Writes checkpoint, tile/…, tile/entries/… (C2SP tlog-tiles) and log.pub, which
any web server can hand out, and coffer-verify can judge. Each line is compared
with the hashes that were signed: what is not as it was sealed is named, and not
written, and the exit code is 1.`
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
	if len(out.Findings) > 0 {
		return c.refused(ctx, s, d, out, err)
	}
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

// refused says what is not as it was sealed, and writes it into the log.
func (c *logExportCmd) refused(ctx context.Context, s streams, d *app.Desk, out app.Exported, cut error) error {
	for _, f := range out.Findings[:min(mostSaid, len(out.Findings))] {
		sentence, _, _ := blamed(f)
		fmt.Fprintf(s.err, "TAMPERED  %s\n", sentence)
	}
	if more := len(out.Findings) - mostSaid; more > 0 {
		fmt.Fprintf(s.err, "          and %d more\n", more)
	}
	if cut != nil {
		fmt.Fprintf(s.err, "          %v\n", cut)
	}
	fmt.Fprintf(s.err, "There is no export of this state in %s: what is not as it was signed was not written, and no\n"+
		"checkpoint of it. Keep a copy of the whole data directory and of the database as they are; coffer log\n"+
		"verify looks through all of it, and security.log may have the lines as they were.\n", c.To)
	if err := d.RecordCheck(ctx, app.Checked{Size: out.Size, Findings: out.Findings}); err != nil {
		fmt.Fprintf(s.err, "coffer: what was found could not be written into the log: %v\n", err)
	}
	return verdict(proof.Tampered.Exit())
}

// mostSaid is how many findings are told singly.
const mostSaid = 20
