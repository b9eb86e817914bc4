package card

import (
	"database/sql"
	"time"
)

const columns = `id, owner, brand, last4, expiry, holder, label, created, shown`

const (
	selectCard   = `SELECT ` + columns + ` FROM card WHERE id = $1`
	selectCards  = `SELECT ` + columns + ` FROM card WHERE owner = $1 ORDER BY created DESC, id`
	selectTwin   = `SELECT ` + columns + ` FROM card WHERE owner = $1 AND fingerprint = $2`
	selectSealed = `SELECT sealed FROM card WHERE id = $1`
	countCards   = `SELECT COUNT(*) FROM card WHERE owner = $1`
	// insertCard keeps no card without its owner's data key: one whose key was
	// destroyed meanwhile could never be opened.
	insertCard = `INSERT INTO card (id, owner, brand, last4, expiry, holder, label, sealed, fingerprint, created)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, CAST($10 AS BIGINT)
		WHERE EXISTS (SELECT 1 FROM data_key WHERE owner = $2) ON CONFLICT DO NOTHING`
	updateCard  = `UPDATE card SET expiry = $1, holder = $2, label = $3 WHERE id = $4`
	updateShown = `UPDATE card SET shown = $1 WHERE id = $2 AND owner = $3`
	deleteCard  = `DELETE FROM card WHERE id = $1 AND owner = $2`
	selectKey   = `SELECT wrapped FROM data_key WHERE owner = $1`
	// insertKey makes no key for an owner who was erased a moment ago.
	insertKey = `INSERT INTO data_key (owner, wrapped, created)
		SELECT $1, $2, CAST($3 AS BIGINT) WHERE EXISTS (SELECT 1 FROM account WHERE id = $1) ON CONFLICT DO NOTHING`
)

// Statements are all of the above, for the test that prepares each on both engines.
func Statements() []string {
	return []string{
		selectCard, selectCards, selectTwin, selectSealed, countCards, insertCard,
		updateCard, updateShown, deleteCard, selectKey, insertKey,
		selectOwned, deleteOwned, deleteKey, selectLocked,
	}
}

type scanner interface{ Scan(...any) error }

func scanCard(row scanner) (Card, error) {
	var c Card
	var created int64
	var shown sql.NullInt64
	err := row.Scan(&c.ID, &c.Owner, &c.Brand, &c.Last4, &c.Expiry, &c.Holder, &c.Label, &created, &shown)
	c.Created = time.UnixMicro(created).UTC()
	if shown.Valid {
		c.Shown = time.UnixMicro(shown.Int64).UTC()
	}
	return c, err
}
