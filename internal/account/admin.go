package account

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// The forms on which an administrator acts, as the log names them.
const (
	roleForm  = "/people/{id}/role"
	lockForm  = "/people/{id}/lock"
	resetPost = "/people/{id}/reset"
)

const (
	sqlStateOf = `SELECT role, COALESCE(disabled, 0) FROM account WHERE id = $1`

	sqlOtherAdmins = `SELECT COUNT(*) FROM account WHERE role = 'admin' AND disabled IS NULL AND id <> $1`
)

// GiveRole gives somebody another role, asked for by an administrator, and waits
// for the log's signature; without it, signed is false and the role is given all
// the same. The role that they have already is no change.
func (s *Service) GiveRole(ctx context.Context, who session.Session, id, role string) (signed bool, err error) {
	if !slices.Contains(Roles, role) {
		return false, inForm(roleForm, "role", "choice", "Please choose one of: "+strings.Join(Roles, ", ")+".")
	}
	signed, err = s.Log.CommitSealed(ctx, func(tx *db.Tx) ([]event.Event, error) {
		from, err := meant(tx, who, id)
		switch {
		case err != nil:
			return nil, err
		case from == role:
			return nil, errNothing
		case id == who.Account:
			return nil, ownRole(tx, id)
		}
		return changeRole(tx, id, from, role)
	})
	if errors.Is(err, errNothing) {
		return true, nil
	}
	return signed, err
}

// ownRole refuses an administrator who would stop being one.
func ownRole(tx *db.Tx, id string) error {
	var others int
	if err := tx.QueryRow(sqlOtherAdmins, id).Scan(&others); err != nil {
		return err
	}
	if others == 0 {
		return inForm(roleForm, "role", "last_admin", "You are the only administrator. Make somebody else one first; then they can change your role.")
	}
	return inForm(roleForm, "role", "own", "Your own role is for another administrator to change.")
}

// Lock disables somebody.
func (s *Service) Lock(ctx context.Context, who session.Session, id string) error {
	return s.operate(ctx, who, id, func(tx *db.Tx) ([]event.Event, error) {
		if id == who.Account {
			return nil, inForm(lockForm, "account", "own", "You would lock yourself out. Another administrator can disable your account.")
		}
		return disable(tx, id)
	})
}

// Unlock enables somebody again and lifts every lock of their name.
func (s *Service) Unlock(ctx context.Context, who session.Session, id string) error {
	return s.operate(ctx, who, id, func(tx *db.Tx) ([]event.Event, error) { return enableUnlocked(tx, id) })
}

// StartReset makes a link by which somebody sets a new password. The second
// factor stays.
func (s *Service) StartReset(ctx context.Context, who session.Session, id string) (link secret.Text, err error) {
	err = s.operate(ctx, who, id, func(tx *db.Tx) (events []event.Event, err error) {
		link, events, err = startReset(tx, id, CoversPassword, who.Account)
		if fault.Is(err, fault.Conflict) {
			err = inForm(resetPost, "account", "disabled", fault.As(err).Text)
		}
		return events, err
	})
	return link, err
}

// operate lets an administrator do something to an account; nothing to do is no
// error: it was done a moment ago.
func (s *Service) operate(ctx context.Context, who session.Session, id string, do func(*db.Tx) ([]event.Event, error)) error {
	err := s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		if _, err := meant(tx, who, id); err != nil {
			return nil, err
		}
		events, err := do(tx)
		if err == nil && len(events) == 0 {
			err = errNothing
		}
		return events, err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// meant gives the role of the account that is meant, and looks once more at who
// asks: two administrators may take the role from each other at once.
func meant(tx *db.Tx, who session.Session, id string) (role string, err error) {
	role, disabled, err := stateOf(tx, who.Account)
	if err == nil && (role != Admin || disabled) {
		err = fault.New(fault.NotFound, "There is nobody of this id.", event.AuthzFailed{Reason: "role", Resource: "account:" + id})
	}
	if err != nil {
		return "", err
	}
	role, _, err = stateOf(tx, id)
	return role, err
}

func stateOf(tx *db.Tx, id string) (role string, disabled bool, err error) {
	var since int64
	err = tx.QueryRow(sqlStateOf, id).Scan(&role, &since)
	if errors.Is(err, sql.ErrNoRows) {
		err = noSuchPerson(id)
	}
	return role, since > 0, err
}

// inForm is the fault for a form whose one broken rule is said in a sentence.
func inForm(form, field, rule, text string) *fault.Error {
	f := invalid(form, []fault.Field{{Name: field, Rule: rule, Text: text}})
	f.Text = text
	return f
}
