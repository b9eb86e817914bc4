package factor

import (
	"database/sql"
	"time"

	"coffer/internal/db"
)

// The kinds of factors beside the password, as their rows and targets have them.
const (
	TOTP     = "totp"
	Passkey  = "passkey"
	Recovery = "recovery"
)

// Held is what a person can prove themselves with beside the password.
type Held struct {
	// App is the authenticator app, if there is one.
	App *Listed
	// Passkeys are in the order in which they were added.
	Passkeys []Listed
	// Codes is how many recovery codes still serve; Set is the set that they are
	// of, and Made when it was made. Given says that there is a set at all.
	Codes int
	Set   string
	Made  time.Time
	Given bool
}

// Listed is a factor as its person sees it.
type Listed struct {
	// ID is random; with the kind before it, it is the target in the log.
	ID string
	// Name is what its person calls it.
	Name string
	// Created is when it was added, and Used when it last served; zero is never.
	Created, Used time.Time
}

// Second reports that signing in takes more than a password. Recovery codes
// alone do not make it so: they are for when something is lost.
func (h Held) Second() (second bool) { return h.App != nil || len(h.Passkeys) > 0 }

// querier is what reads rows: a transaction, or a Reader with its context.
type querier func(q string, args ...any) (*sql.Rows, error)

const sqlHeld = `SELECT id, kind, name, created, used, body FROM credential
WHERE account = $1 AND kind <> 'password' ORDER BY created, id`

// HeldIn reads what the account holds, within a transaction.
func HeldIn(tx *db.Tx, account string) (Held, error) { return held(tx.Query, account) }

func held(query querier, account string) (h Held, err error) {
	rows, err := query(sqlHeld, account)
	if err != nil {
		return Held{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var l Listed
		var kind, body string
		var created int64
		var used sql.Null[int64]
		if err := rows.Scan(&l.ID, &kind, &l.Name, &created, &used, &body); err != nil {
			return Held{}, err
		}
		l.Created = time.UnixMicro(created).UTC()
		if used.Valid {
			l.Used = time.UnixMicro(used.V).UTC()
		}
		h.add(kind, l, body)
	}
	return h, rows.Err()
}

func (h *Held) add(kind string, l Listed, body string) {
	switch kind {
	case TOTP:
		h.App = &l
	case Passkey:
		h.Passkeys = append(h.Passkeys, l)
	case Recovery:
		h.Given, h.Set, h.Made = true, body, l.Created
		if l.Used.IsZero() {
			h.Codes++
		}
	}
}
