package account

import (
	"context"
	"strconv"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/session"
)

const (
	// sqlReport keeps nothing of somebody who was erased a moment ago.
	sqlReport = `INSERT INTO reported (account, seq, at)
SELECT $1, CAST($2 AS BIGINT), CAST($3 AS BIGINT) WHERE EXISTS (SELECT 1 FROM account WHERE id = $1) ON CONFLICT (account, seq) DO NOTHING`

	sqlReported = `SELECT seq FROM reported WHERE account = $1 AND seq >= $2 AND seq <= $3`

	sqlLockCards = `UPDATE account SET cards_locked = $1 WHERE id = $2 AND cards_locked IS NULL`

	sqlShowCards = `UPDATE account SET cards_locked = NULL WHERE id = $1 AND cards_locked IS NOT NULL`

	sqlCardsLocked = `SELECT COUNT(*) FROM account WHERE id = $1 AND cards_locked IS NOT NULL`
)

// Report takes a person's word that a line of their history was not their doing:
// their other sessions end, and no card number is shown until they have a new
// password. That the line is theirs is for the caller to know. Reporting a line
// again, with nothing left to do, writes nothing.
func (s *Service) Report(ctx context.Context, who session.Session, seq uint64, what string) error {
	return s.endAsked(ctx, func(tx *db.Tx) ([]event.Event, error) {
		fresh, err := tx.Exec(sqlReport, who.Account, int64(seq), tx.Now.UnixMicro())
		if err != nil {
			return nil, err
		}
		if err := voidLinks(tx, who.Account); err != nil {
			return nil, err
		}
		locked, err := tx.Exec(sqlLockCards, tx.Now.UnixMicro(), who.Account)
		if err != nil {
			return nil, err
		}
		ended, err := session.EndOthers(tx, who)
		if err != nil || fresh+locked == 0 && len(ended) == 0 {
			return nil, err
		}
		reported := event.UserReported{Account: who.Account, Line: strconv.FormatUint(seq, 10), Event: what, Ended: len(ended)}
		return append([]event.Event{reported}, ended...), nil
	})
}

// showCards lets card numbers be shown again. A new password does that, whoever
// set it and how: it is what a report asks for.
func showCards(tx *db.Tx, account string) error {
	_, err := tx.Exec(sqlShowCards, account)
	return err
}

// Reported tells which of the lines between two numbers the person reported.
func (s *Service) Reported(ctx context.Context, account string, from, to uint64) (lines map[uint64]bool, err error) {
	rows, err := s.Read.Query(ctx, sqlReported, account, int64(from), int64(to))
	if err != nil {
		return nil, cannot(err)
	}
	defer rows.Close()
	lines = map[uint64]bool{}
	for rows.Next() {
		var seq uint64
		if err := rows.Scan(&seq); err != nil {
			return nil, cannot(err)
		}
		lines[seq] = true
	}
	return lines, cannot(rows.Err())
}

// CardsLocked tells that the person reported something, and has set no new
// password since.
func (s *Service) CardsLocked(ctx context.Context, account string) (locked bool, err error) {
	var n int
	err = s.Read.QueryRow(ctx, sqlCardsLocked, account).Scan(&n)
	return n > 0, cannot(err)
}
