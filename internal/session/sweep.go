package session

import (
	"context"
	"errors"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
)

// Portion is how many sessions one transaction of the sweep ends or forgets, so
// that visitors' writes never wait long behind it.
const Portion = 100

// Due tells whether a sweep would find a session to end.
func Due(ctx context.Context, r *db.Reader, now time.Time) (due bool, err error) {
	due, err = some(ctx, r, sqlAnyOver, micro(now.Add(-Absolute)), micro(now.Add(-Idle)))
	if err != nil || due {
		return due, err
	}
	return some(ctx, r, sqlAnyStuck, micro(now.Add(-HalfLife)))
}

// Old tells whether a purge would find something to forget.
func Old(ctx context.Context, r *db.Reader, now time.Time) (old bool, err error) {
	return some(ctx, r, sqlAnyOld, micro(now.Add(-Kept)))
}

// Sweep ends up to a portion of the sessions that are over by rest or age, and
// of the sign-ins that stopped before their second step: whoever began one knew
// the password. Until it comes by they let nobody in either: Find judges by the
// clock.
func Sweep(tx *db.Tx) ([]event.Event, error) {
	due, err := overdue(tx)
	if err != nil {
		return nil, err
	}
	var events []event.Event
	for _, s := range due {
		ended, err := End(tx, s.ID, s.Reason)
		if err != nil {
			return nil, err
		}
		if ended {
			events = append(events, event.SessionExpired{Account: s.Account, Session: hashID(s.ID), Reason: s.Reason})
		}
	}
	stuck, err := giveUp(tx)
	return append(events, stuck...), err
}

// giveUp forgets sign-ins that were never made whole, and says so of each.
func giveUp(tx *db.Tx) (events []event.Event, err error) {
	rows, err := tx.Query(sqlStuck, micro(tx.Now.Add(-HalfLife)), Portion)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		e := event.FactorFailed{Step: "login", Method: "none", Reason: "abandoned"}
		if err := rows.Scan(&id, &e.Account, &e.Address); err != nil {
			return nil, err
		}
		ids, events = append(ids, id), append(events, e)
	}
	if err := errors.Join(rows.Close(), rows.Err()); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := drop(tx, id); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func drop(tx *db.Tx, id string) error {
	if _, err := tx.Exec(sqlDropTokensOf, id); err != nil {
		return err
	}
	_, err := tx.Exec(sqlDropOne, id)
	return err
}

// Purge forgets up to a portion of the sessions that ended long ago, tokens
// included. The log still has them.
func Purge(tx *db.Tx) error {
	before := micro(tx.Now.Add(-Kept))
	if _, err := tx.Exec(sqlPurgeTokens, before, Portion); err != nil {
		return err
	}
	_, err := tx.Exec(sqlPurge, before, Portion)
	return err
}

func overdue(tx *db.Tx) ([]Session, error) {
	rows, err := tx.Query(sqlOver, micro(tx.Now.Add(-Absolute)), micro(tx.Now.Add(-Idle)), Portion)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var due []Session
	for rows.Next() {
		var s Session
		var created, seen int64
		if err := rows.Scan(&s.ID, &s.Account, &created, &seen); err != nil {
			return nil, err
		}
		s.Reason = over(at(created), at(seen), tx.Now)
		due = append(due, s)
	}
	return due, rows.Err()
}

func some(ctx context.Context, r *db.Reader, q string, args ...any) (found bool, err error) {
	var n int
	err = r.QueryRow(ctx, q, args...).Scan(&n)
	return n > 0, err
}
