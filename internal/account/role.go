package account

import (
	"database/sql"
	"errors"
	"slices"
	"strings"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
)

// The roles.
const (
	// Holder is the role of whoever signs up: cards of their own and no more.
	Holder = "holder"
	// Auditor reads the log.
	Auditor = "auditor"
	// Admin looks after people and settings, and sees no number.
	Admin = "admin"
)

// Roles are all there are.
var Roles = []string{Holder, Auditor, Admin}

const (
	sqlRoleOf  = `SELECT id, role FROM account WHERE username_key = $1`
	sqlSetRole = `UPDATE account SET role = $1 WHERE id = $2`
)

// SetRole gives a person another role, within the transaction of its event.
func SetRole(tx *db.Tx, username, role string) (from string, events []event.Event, err error) {
	if !slices.Contains(Roles, role) {
		return "", nil, noRole(role)
	}
	var id string
	switch err := tx.QueryRow(sqlRoleOf, nameKey(username)).Scan(&id, &from); {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil, fault.New(fault.NotFound, "Nobody has this name.")
	case err != nil:
		return "", nil, err
	case from == role:
		return from, nil, fault.New(fault.Conflict, "That is their role already.")
	}
	events, err = changeRole(tx, id, from, role)
	return from, events, err
}

func changeRole(tx *db.Tx, id, from, to string) ([]event.Event, error) {
	_, err := tx.Exec(sqlSetRole, to, id)
	return []event.Event{event.RoleChanged{Account: id, From: from, To: to}}, err
}

func noRole(role string) *fault.Error {
	return fault.New(fault.Invalid, "There is no role "+role+"; there are "+strings.Join(Roles, ", ")+".")
}

// holderOf is the account that has the name.
func holderOf(tx *db.Tx, username string) (id string, err error) {
	err = tx.QueryRow(sqlNameHolder, nameKey(username)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.New(fault.NotFound, "Nobody has this name.")
	}
	return id, err
}
