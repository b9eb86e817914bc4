package account

import (
	"database/sql"
	"errors"
	"slices"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/session"
)

// eraseForm is the form that deletes an account.
const eraseForm = "/settings/delete"

const (
	sqlHeld = `SELECT role FROM account WHERE id = $1`

	sqlDropCredentials = `DELETE FROM credential WHERE account = $1`

	sqlDropFamiliar = `DELETE FROM familiar WHERE account = $1`

	sqlDropReported = `DELETE FROM reported WHERE account = $1`

	sqlDropApprovals = `DELETE FROM approval WHERE session IN (SELECT id FROM session WHERE account = $1)`

	sqlDropResets = `DELETE FROM reset WHERE account = $1`

	sqlDropRemoval = `DELETE FROM factor_removal WHERE account = $1`

	sqlDropAccount = `DELETE FROM account WHERE id = $1`
)

// Mistyped refuses an erasure before anything is done: the name that the person
// typed is not theirs.
func Mistyped(who session.Session, typed string) error {
	if typed != "" && nameKey(typed) == nameKey(who.Username) {
		return nil
	}
	return invalid(eraseForm, []fault.Field{{Name: "username", Rule: "mismatch", Text: "That is not your username. Nothing was deleted."}})
}

// Erase removes an account with all that is its own, within the transaction in
// which the caller removes its cards, so many of them. Only the log still knows
// its id. The last admin stays: without one nobody could make another.
func Erase(tx *db.Tx, who session.Session, cards int) ([]event.Event, error) {
	if err := erasable(tx, who.Account); err != nil {
		return nil, err
	}
	signed, _, err := factor.Approve(tx, Asker(who), factor.Operation{Kind: "user_erased", Target: "account:" + who.Account})
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(sqlDropApprovals, who.Account); err != nil {
		return nil, err
	}
	ended, err := session.Erase(tx, who.Account)
	if err != nil {
		return nil, err
	}
	unlocked, err := limit.Erase(tx, who.Account)
	if err != nil {
		return nil, err
	}
	for _, q := range []string{sqlDropCredentials, sqlDropFamiliar, sqlDropReported, sqlDropResets, sqlDropRemoval, sqlDropAccount} {
		if _, err := tx.Exec(q, who.Account); err != nil {
			return nil, err
		}
	}
	gone := event.UserErased{Account: who.Account, Cards: cards, Sessions: len(ended), Signed: signed}
	return slices.Concat([]event.Event{gone}, ended, unlocked), nil
}

// erasable says why an account must stay, if it must.
func erasable(tx *db.Tx, account string) error {
	var role string
	err := tx.QueryRow(sqlHeld, account).Scan(&role)
	if errors.Is(err, sql.ErrNoRows) {
		return session.ErrReplaced // another request erased it a moment ago
	}
	if err != nil || role != Admin {
		return err
	}
	var others int
	if err := tx.QueryRow(sqlOtherAdmins, account).Scan(&others); err != nil {
		return err
	}
	if others > 0 {
		return nil
	}
	f := invalid(eraseForm, []fault.Field{{Name: "username", Rule: "last_admin", Text: "You are the only administrator. Make somebody else one first: coffer user role NAME admin."}})
	f.Text = "Nothing was deleted."
	return f
}
