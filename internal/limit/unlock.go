package limit

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
)

// How long counts are kept that no lock came of, from the last failure on; the
// same for every name, so that forgetting tells nothing of who has an account.
const (
	// KeptClient is for a client's.
	KeptClient = 24 * time.Hour
	// KeptStrangers is for that of all strangers together: a hundred guesses
	// are not to be had again by waiting a while.
	KeptStrangers = 365 * 24 * time.Hour
)

// Room is how many rows the names that nobody has may take, some 20 MB: a flood
// of made-up names fills no disk. Beyond it the oldest go, locks among them.
// The rows of an account are bounded by its strangers' limit, after which no
// address is counted any more.
const Room = 100_000

// Portion is how many rows one transaction ends or forgets.
const Portion = 500

// row is what a lock's end needs.
type row struct {
	name                   []byte
	client, account, typed string
	until                  int64
}

func (r row) opened(reason string) event.Event {
	kind, id, _ := strings.Cut(r.client, ":")
	return opened(Client{kind, id}, r.account, r.typed, reason)
}

// Claim makes a name's counts those of the account that takes the name.
func Claim(tx *db.Tx, name []byte, account string) error {
	_, err := tx.Exec(sqlClaim, account, name)
	return err
}

// Unlock forgets every count of an account and gives the events of the locks
// that this lifts; without one there was none.
func Unlock(tx *db.Tx, account string) (events []event.Event, err error) {
	rows, err := list(tx, sqlOfAccount, account)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		switch {
		case r.until == 0:
		case r.until <= tx.Now.UnixMicro():
			events = append(events, r.opened("expired"))
		default:
			events = append(events, r.opened("operator"))
		}
	}
	_, err = tx.Exec(sqlForgetAccount, account)
	return events, err
}

// Erase is Unlock for an account that is going.
func Erase(tx *db.Tx, account string) (events []event.Event, err error) {
	rows, err := list(tx, sqlOfAccount, account)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.until > 0 {
			events = append(events, r.opened("erased"))
		}
	}
	_, err = tx.Exec(sqlForgetAccount, account)
	return events, err
}

// Due says what a sweep would find.
type Due struct {
	// Locks are over, Counts are old.
	Locks, Counts bool
	// beyond is when the newest row of nobody's was changed for which there is
	// no room; 0 means that there is room for all.
	beyond int64
}

// Due looks what there is to sweep.
func (l *Limits) Due(ctx context.Context, r *db.Reader, now time.Time) (d Due, err error) {
	err = r.QueryRow(ctx, sqlSurplus, l.Room).Scan(&d.beyond)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Due{}, err
	}
	if d.Locks, err = some(r.QueryRow(ctx, sqlAnyOver, now.UnixMicro(), d.beyond)); err != nil {
		return Due{}, err
	}
	d.Counts, err = some(r.QueryRow(ctx, sqlAnyOld, now.UnixMicro(), d.beyond))
	return d, err
}

// EndLocks ends a portion of the locks that are over, or have no room.
func (d Due) EndLocks(tx *db.Tx) (events []event.Event, err error) {
	rows, err := list(tx, sqlOver, tx.Now.UnixMicro(), d.beyond, Portion)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if _, err := tx.Exec(sqlDropCount, r.name, r.client); err != nil {
			return nil, err
		}
		if r.until <= tx.Now.UnixMicro() {
			events = append(events, r.opened("expired"))
		} else {
			events = append(events, r.opened("forgotten"))
		}
	}
	return events, nil
}

// Forget drops a portion of the counts that are old, or have no room.
func (d Due) Forget(tx *db.Tx) error {
	_, err := tx.Exec(sqlForget, tx.Now.UnixMicro(), d.beyond, Portion)
	return err
}

func some(one *sql.Row) (found bool, err error) {
	var n int
	err = one.Scan(&n)
	return n > 0, err
}

func list(tx *db.Tx, q string, args ...any) (all []row, err error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.name, &r.client, &r.account, &r.typed, &r.until); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}
