package session

import (
	"context"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
)

// Portion is how many sessions one transaction of the sweep ends or forgets, so
// that visitors' writes never wait long behind it.
const Portion = 100

// Due tells whether a sweep would find a session to end.
func Due(ctx context.Context, r *db.Reader, now time.Time) (due bool, err error) {
	return some(ctx, r, sqlAnyOver, micro(now.Add(-Absolute)), micro(now.Add(-Idle)))
}

// Old tells whether a purge would find something to forget.
func Old(ctx context.Context, r *db.Reader, now time.Time) (old bool, err error) {
	old, err = some(ctx, r, sqlAnyOld, micro(now.Add(-Kept)))
	if err != nil || old {
		return old, err
	}
	return some(ctx, r, sqlAnyStuck, micro(now.Add(-HalfLife)))
}

// Sweep ends up to a portion of the sessions that are over by rest or age.
// Until it comes by they let nobody in either: Find judges by the clock.
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
	return events, nil
}

// Purge forgets up to a portion of the sessions that ended long ago, tokens
// included, and of the sign-ins that were never made whole. The log still has them.
func Purge(tx *db.Tx) error {
	before := micro(tx.Now.Add(-Kept))
	if _, err := tx.Exec(sqlPurgeTokens, before, Portion); err != nil {
		return err
	}
	if _, err := tx.Exec(sqlPurge, before, Portion); err != nil {
		return err
	}
	stuck := micro(tx.Now.Add(-HalfLife))
	if _, err := tx.Exec(sqlStuckTokens, stuck, Portion); err != nil {
		return err
	}
	_, err := tx.Exec(sqlStuck, stuck, Portion)
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
