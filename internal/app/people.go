package app

import (
	"context"
	"time"

	"coffer/internal/account"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog"
)

// RoleChange is what came of giving a person a role.
type RoleChange struct {
	From string
	// Signed says that a checkpoint covers it already.
	Signed bool
}

// SetRole gives a person another role. A running Coffer lets them do what it
// allows, and no more, within half a second.
func (d *Desk) SetRole(ctx context.Context, username, role string) (c RoleChange, err error) {
	err = d.Commit(ctx, func(tx *db.Tx) (events []event.Event, err error) {
		c.From, events, err = account.SetRole(tx, username, role)
		return events, err
	})
	if err != nil {
		return RoleChange{}, err
	}
	c.Signed, err = d.signed(ctx)
	return c, err
}

// Unlock lifts every lock of a person's name, and says how many there were. A
// running Coffer takes the password again at once: locks are asked for in the
// database alone.
func (d *Desk) Unlock(ctx context.Context, username string) (locks int, err error) {
	err = d.Commit(ctx, func(tx *db.Tx) (events []event.Event, err error) {
		locks, events, err = account.Unlock(tx, username)
		return events, err
	})
	return locks, err
}

// People lists everyone who has an account.
func (d *Desk) People(ctx context.Context) ([]account.Person, error) {
	return account.People(ctx, d.app.read)
}

// signed waits until a checkpoint covers all that the log holds now, with the
// cosignatures that a quorum needs where one is set. Where nobody serves nobody
// signs, and there is nothing to wait for.
func (d *Desk) signed(ctx context.Context) (signed bool, err error) {
	head, err := d.Sealer.Head(ctx)
	if err != nil {
		return false, err
	}
	unlock, err := d.lock(ctx)
	if err != nil {
		return false, err
	}
	if unlock != nil {
		return false, unlock()
	}
	ctx, cancel := context.WithTimeout(ctx, seclog.Deadline)
	defer cancel()
	tick := time.NewTicker(Poll / 5)
	defer tick.Stop()
	for {
		if _, c, _, err := d.Sealer.Checkpoint(ctx); err == nil && c.Size >= head.Size && d.app.vouched(ctx, head.Size) {
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, nil // it is late, and the change is made all the same
		case <-tick.C:
		}
	}
}
