package account

import (
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
)

// dropFactors removes every second factor of whoever uses a link that covers
// them, with the event of each.
func dropFactors(tx *db.Tx, l Link) (events []event.Event, err error) {
	if l.Covers != CoversFactors {
		return nil, nil
	}
	if _, err := tx.Exec(sqlEndRemoval, l.Account); err != nil {
		return nil, err
	}
	targets, err := factor.RemoveAll(tx, l.Account)
	for _, t := range targets {
		events = append(events, event.FactorRemoved{Account: l.Account, Factor: t, Signed: event.Unsigned})
	}
	return events, err
}
