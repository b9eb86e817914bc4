package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"

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
	var all []seal.Finding
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
			all = append(all, closer...)
		}
		seen(round.Lines(), round.Size())
		if err := ctx.Err(); err != nil {
			return c, err
		}
	}
	c.Lines, c.Size = round.Lines(), round.Size()
	for _, f := range gravest(all) {
		c.Findings = append(c.Findings, failed(f, c.Size))
	}
	return c, nil
}

// grave is the order of what a round finds: that a line is another one, or gone,
// says more than under what it is filed.
var grave = []string{seal.Edited, seal.Missing, seal.Added, seal.Root, seal.Column, seal.Tiles, seal.Index}

// gravest puts the gravest first, and leaves out what another finding says of the
// same line.
func gravest(all []seal.Finding) (out []seal.Finding) {
	edited := map[seal.Finding]bool{}
	for _, f := range all {
		if f.Why == seal.Edited && f.Lines == 1 {
			edited[f] = true
		}
	}
	slices.SortStableFunc(all, func(a, b seal.Finding) int {
		return cmp.Or(slices.Index(grave, a.Why)-slices.Index(grave, b.Why), cmp.Compare(a.First, b.First), cmp.Compare(a.Lines, b.Lines))
	})
	for i, f := range all {
		again := i > 0 && f == all[i-1]
		if f.Why == seal.Column && edited[seal.Finding{Why: seal.Edited, First: f.First, Lines: f.Lines}] {
			again = true
		}
		if !again {
			out = append(out, f)
		}
	}
	return out
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
	local, err := readSmall(d.app.checkpointPath()) // first: the head goes on
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoFile) {
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
