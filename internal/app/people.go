package app

import (
	"context"

	"coffer/internal/account"
	"coffer/internal/db"
	"coffer/internal/event"
)

// RoleChange is what came of giving a person a role.
type RoleChange struct {
	From string
	Standing
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
	c.Standing = d.standing(ctx)
	return c, nil
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
