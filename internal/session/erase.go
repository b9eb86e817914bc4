package session

import (
	"coffer/internal/db"
	"coffer/internal/event"
)

const (
	sqlDropTokens = `DELETE FROM token WHERE session IN (SELECT id FROM session WHERE account = $1)`

	sqlDrop = `DELETE FROM session WHERE account = $1`
)

// Erase ends all sessions of an account that is going, and forgets them and
// those that ended before.
func Erase(tx *db.Tx, account string) ([]event.Event, error) {
	open, err := ids(tx, sqlOthers, account, "")
	if err != nil {
		return nil, err
	}
	events, err := endAsked(tx, account, open...)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(sqlDropTokens, account); err != nil {
		return nil, err
	}
	_, err = tx.Exec(sqlDrop, account)
	return events, err
}
