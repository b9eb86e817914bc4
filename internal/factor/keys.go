package factor

import (
	"context"
	"database/sql"

	"coffer/internal/db"
	"coffer/internal/secret"
)

// Keys are what second factors are kept under.
type Keys struct {
	// Seal and Open are the vault's, for the secrets of authenticator apps.
	Seal func(plain secret.Text, ref string) (string, error)
	Open func(sealed, ref string) (secret.Text, error)
	// MAC makes a keyed hash, under a key of its own for each label.
	MAC func(label string, data []byte) []byte
}

const (
	sqlEnrol = `INSERT INTO credential (id, account, kind, body, name, handle, counter, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

	sqlRemove = `DELETE FROM credential WHERE id = $1 AND account = $2 AND kind = $3`

	sqlRemoveKind = `DELETE FROM credential WHERE account = $1 AND kind = $2`
)

// HeldBy reads what the account holds.
func HeldBy(ctx context.Context, r *db.Reader, account string) (Held, error) {
	return held(func(q string, args ...any) (*sql.Rows, error) { return r.Query(ctx, q, args...) }, account)
}

// Remove takes a factor away; removed is false if it was not there any more. A
// set of recovery codes goes as a whole.
func Remove(tx *db.Tx, account, kind, id string) (removed bool, err error) {
	var n int64
	if kind == Recovery {
		n, err = tx.Exec(sqlRemoveKind, account, Recovery)
	} else {
		n, err = tx.Exec(sqlRemove, id, account, kind)
	}
	return n > 0, err
}

// RemoveAll takes all factors but the password away, and gives the targets of
// those that there were.
func RemoveAll(tx *db.Tx, account string) (targets []string, err error) {
	h, err := HeldIn(tx, account)
	if err != nil {
		return nil, err
	}
	if h.App != nil {
		targets = append(targets, TOTP+":"+h.App.ID)
	}
	for _, p := range h.Passkeys {
		targets = append(targets, Passkey+":"+p.ID)
	}
	if h.Given {
		targets = append(targets, Recovery+":"+h.Set)
	}
	for _, kind := range []string{TOTP, Passkey, Recovery} {
		if _, err := tx.Exec(sqlRemoveKind, account, kind); err != nil {
			return nil, err
		}
	}
	return targets, nil
}
