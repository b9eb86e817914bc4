package app

import (
	"context"
	"database/sql"
	"errors"

	"coffer/internal/account"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/secret"
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

// Made is a link that sets a password, and how far what came with it is vouched for.
type Made struct {
	// Link is the whole address.
	Link secret.Text
	Standing
}

// AddUser makes an account, and the link by which its person sets a password.
func (d *Desk) AddUser(ctx context.Context, username, role string) (m Made, err error) {
	m, err = d.link(ctx, func(tx *db.Tx) (secret.Text, []event.Event, error) {
		return account.Add(tx, username, role, Origin().Actor)
	})
	if err == nil && role != account.Holder {
		m.Standing = d.standing(ctx)
	}
	return m, err
}

// ResetUser makes a link by which a person sets a new password; factors takes
// their second factors off with the old one.
func (d *Desk) ResetUser(ctx context.Context, username string, factors bool) (Made, error) {
	covers := account.CoversPassword
	if factors {
		covers = account.CoversFactors
	}
	return d.link(ctx, func(tx *db.Tx) (secret.Text, []event.Event, error) {
		return account.Reset(tx, username, covers, Origin().Actor)
	})
}

// link commits what makes a link, and puts the address before it that browsers
// see: the one given, or else that of whoever served last. The first start opens
// the log, so nobody is entered before.
func (d *Desk) link(ctx context.Context, change func(*db.Tx) (secret.Text, []event.Event, error)) (m Made, err error) {
	var at string
	err = d.app.read.QueryRow(ctx, selectSetting, urlSetting).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return m, wrong("data", d.app.Data, "no coffer serve has run on it yet, so there is no log; start it once, and come back")
	}
	if err != nil {
		return m, err
	}
	if d.app.Config.URL != "" {
		at = d.app.origin
	}
	err = d.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		token, events, err := change(tx)
		m.Link = secret.New(at + "/reset/" + token.Reveal())
		return events, err
	})
	return m, err
}

// DisableUser keeps a person from signing in, and says how many of their
// sessions ended. A running Coffer lets none of them go on for more than about
// half a second.
func (d *Desk) DisableUser(ctx context.Context, username string) (ended int, err error) {
	err = d.Commit(ctx, func(tx *db.Tx) (events []event.Event, err error) {
		events, err = account.Disable(tx, username)
		ended = len(events) - 1
		return events, err
	})
	return ended, err
}

// EnableUser lets a disabled person sign in again.
func (d *Desk) EnableUser(ctx context.Context, username string) error {
	return d.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) { return account.Enable(tx, username) })
}

// urlSetting is the row that says where browsers find whoever served last, for
// commands, which are seldom told.
const urlSetting = "url"

// keepURL leaves it there; sys_startup says it too.
func (a *App) keepURL(tx *db.Tx) error {
	_, err := tx.Exec(upsertSetting, urlSetting, a.origin)
	return err
}
