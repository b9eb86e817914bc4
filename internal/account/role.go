package account

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

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
	sqlPeople  = `SELECT id, username, role, created, COALESCE(last_login, 0) FROM account ORDER BY username_key`
)

// SetRole gives a person another role, within the transaction of its event.
func SetRole(tx *db.Tx, username, role string) (from string, events []event.Event, err error) {
	if !slices.Contains(Roles, role) {
		return "", nil, fault.New(fault.Invalid, "There is no role "+role+"; there are "+strings.Join(Roles, ", ")+".")
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
	_, err = tx.Exec(sqlSetRole, role, id)
	return from, []event.Event{event.RoleChanged{Account: id, From: from, To: role}}, err
}

// holderOf is the account that has the name.
func holderOf(tx *db.Tx, username string) (id string, err error) {
	err = tx.QueryRow(sqlNameHolder, nameKey(username)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.New(fault.NotFound, "Nobody has this name.")
	}
	return id, err
}

// Person is an account as a list shows it.
type Person struct {
	ID, Username, Role string
	Created            time.Time
	// LastLogin is zero until the first.
	LastLogin time.Time
}

// People lists everyone, by name.
func People(ctx context.Context, r *db.Reader) (all []Person, err error) {
	rows, err := r.Query(ctx, sqlPeople)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p Person
		var created, last int64
		if err := rows.Scan(&p.ID, &p.Username, &p.Role, &created, &last); err != nil {
			return nil, err
		}
		p.Created = time.UnixMicro(created).UTC()
		if last > 0 {
			p.LastLogin = time.UnixMicro(last).UTC()
		}
		all = append(all, p)
	}
	return all, rows.Err()
}
