package card

import (
	"database/sql"
	"errors"
	"net/http"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
)

const (
	selectOwned = `SELECT id, last4 FROM card WHERE owner = $1 ORDER BY created, id`
	deleteOwned = `DELETE FROM card WHERE owner = $1`
	deleteKey   = `DELETE FROM data_key WHERE owner = $1`
	// selectLocked is the account's: what its person reported locks their cards.
	selectLocked = `SELECT COUNT(*) FROM account WHERE id = $1 AND cards_locked IS NOT NULL`
)

// Erase removes all cards of an owner who is going, and the key that their
// numbers are sealed under, within the transaction that removes the account;
// cards is how many there were. Call Forget once it is committed.
func Erase(tx *db.Tx, owner string) (cards int, events []event.Event, err error) {
	if events, err = owned(tx, owner); err != nil {
		return 0, nil, err
	}
	cards = len(events)
	if _, err = tx.Exec(deleteOwned, owner); err != nil {
		return 0, nil, err
	}
	keys, err := tx.Exec(deleteKey, owner)
	if keys > 0 {
		events = append(events, event.KeyDestroyed{Key: "data/" + owner, Use: "data", Owner: owner})
	}
	return cards, events, err
}

// owned are the events of an owner's cards being deleted.
func owned(tx *db.Tx, owner string) (events []event.Event, err error) {
	rows, err := tx.Query(selectOwned, owner)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		gone := event.CardDeleted{Owner: owner}
		if err := rows.Scan(&gone.Card, &gone.Last4); err != nil {
			return nil, err
		}
		events = append(events, gone)
	}
	return events, rows.Err()
}

// Forget drops an erased owner's key from memory. What is remembered of their
// cards goes with the lines that say so.
func (s *Service) Forget(owner string) { s.keys.forget(owner) }

// lockedText is the answer to an owner who may see no number for now.
const lockedText = "Your card numbers are not shown for now, because you reported something in your history as not your doing. They are shown again once you have set a new password."

// unlocked refuses a number whose owner reported something. It is asked before
// the number is opened, so that it is not even in memory, and again within the
// transaction that writes the showing down.
func unlocked(row *sql.Row, id string) error {
	var n int
	if err := row.Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	// A conflict, so that the handler may show its own page.
	f := fault.New(fault.Conflict, lockedText, event.AuthzFailed{Reason: "reported", Resource: "card:" + id})
	f.Status = http.StatusForbidden
	return f
}

// cannot is the answer when the database could not be read.
func cannot(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return unreadable(err)
}
