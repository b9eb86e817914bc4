package app

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// Checked is what a command found that looked through the database.
type Checked struct {
	// Lines is how many were compared, of Size.
	Lines, Size uint64
	// Findings are what is not as it was sealed.
	Findings []event.LogVerifyFailed
	// Misfit is how all of it disagrees with the checkpoint in the data directory.
	Misfit *Misfit
}

// Check looks through the log in the database, as serve does, and at once; seen
// is told how far it is.
func (d *Desk) Check(ctx context.Context, seen func(lines, of uint64)) (c Checked, err error) {
	if c.Misfit, err = d.misfit(ctx); err != nil {
		return c, err
	}
	round := d.Sealer.Round()
	for done := false; !done; {
		var found []seal.Finding
		if found, done, err = round.Step(ctx); err != nil {
			return c, err
		}
		for _, f := range found {
			closer, err := d.narrowed(ctx, f)
			if err != nil {
				return c, err
			}
			for _, f := range closer {
				c.Findings = append(c.Findings, failed(f, round.Size()))
			}
		}
		seen(round.Lines(), round.Size())
		if err := ctx.Err(); err != nil {
			return c, err
		}
	}
	c.Lines, c.Size = round.Lines(), round.Size()
	return c, nil
}

// RecordCheck writes into the log what Check found.
func (d *Desk) RecordCheck(ctx context.Context, c Checked) error {
	if c.Misfit != nil && len(c.Findings) == 0 {
		c.Findings = []event.LogVerifyFailed{failed(seal.Finding{Why: seal.Root}, c.Size)}
	}
	if len(c.Findings) == 0 {
		return d.Commit(ctx, verified(event.LogVerified{Lines: c.Lines, Size: c.Size}))
	}
	var events []event.Event
	for _, f := range c.Findings[:min(singly, len(c.Findings))] {
		events = append(events, f)
	}
	if more := len(c.Findings) - singly; more > 0 {
		events = append(events, event.LogVerifyFailed{Size: c.Size, More: more, Reason: "more"})
	}
	return d.Commit(ctx, broken(len(c.Findings), events...))
}

// misfit compares the database with the newest checkpoint in the data directory,
// which alone shows that an older copy of it was put back. What that file is
// worth, whoever judges the files says: one that no key here has signed is
// passed over, and so is one of the epoch before.
func (d *Desk) misfit(ctx context.Context) (*Misfit, error) {
	local, err := os.ReadFile(d.app.checkpointPath()) // first: the head goes on
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := d.publicKeys()
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	c, _, err := proof.Open(local, keys...)
	if err != nil {
		return nil, nil
	}
	head, err := d.Sealer.Head(ctx)
	if err != nil {
		return nil, err
	}
	if c.Origin != head.Origin {
		if former, err := d.app.former(ctx); err != nil || c.Origin == former {
			return nil, err
		}
	}
	return d.app.misfit(ctx, head, c, d.app.checkpointPath())
}
