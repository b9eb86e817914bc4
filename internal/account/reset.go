package account

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// LinkLife is how long a link that sets a password is good, once.
const LinkLife = time.Hour

// linkKept is how long a link that is over is remembered, so that whoever comes
// with it is recorded.
const linkKept = 30 * 24 * time.Hour

// What a link replaces.
const (
	// CoversPassword is the password alone: a second factor stays.
	CoversPassword = "password"
	// CoversFactors is every second factor too.
	CoversFactors = "factors"
)

const (
	resetForm = "/reset/{token}"
	// linkOver is said of every link that does nothing, known or not.
	linkOver = "This link does nothing (any more). It sets a password once, within an hour, and a newer link replaces it. Ask whoever gave it to you for another."
)

const (
	sqlInsertLink = `INSERT INTO reset (hash, account, covers, made_by, created, expires) VALUES ($1, $2, $3, $4, $5, $6)`

	sqlVoidLinks = `UPDATE reset SET expires = $1 WHERE account = $2 AND used IS NULL AND expires > $1`

	sqlForgetLinks = `DELETE FROM reset WHERE account = $1 AND expires < $2`

	sqlFindLink = `SELECT r.account, a.username, r.covers, r.made_by, r.expires, r.used
FROM reset r JOIN account a ON a.id = r.account WHERE r.hash = $1`

	sqlUseLink = `UPDATE reset SET used = $1 WHERE hash = $2 AND used IS NULL AND expires > $1`

	sqlDropPassword = `DELETE FROM credential WHERE account = $1 AND kind = 'password'`
)

// Link is one that sets a person's password.
type Link struct {
	Account, Username string
	// Covers is what it replaces: CoversPassword or CoversFactors.
	Covers string

	by   string
	hash []byte
}

// startReset makes a link in the place of those that the person may have.
func startReset(tx *db.Tx, account, covers, by string) (token secret.Text, events []event.Event, err error) {
	var n int
	if err := tx.QueryRow(sqlIsDisabled, account).Scan(&n); err != nil {
		return secret.Text{}, nil, err
	}
	if n > 0 {
		return secret.Text{}, nil, fault.New(fault.Conflict, "This account is disabled. Enable it first.")
	}
	if err := voidLinks(tx, account); err != nil {
		return secret.Text{}, nil, err
	}
	if _, err := tx.Exec(sqlForgetLinks, account, tx.Now.Add(-linkKept).UnixMicro()); err != nil {
		return secret.Text{}, nil, err
	}
	token = secret.New(base64.RawURLEncoding.EncodeToString(random(32)))
	_, err = tx.Exec(sqlInsertLink, linkHash(token), account, covers, by, tx.Now.UnixMicro(), tx.Now.Add(LinkLife).UnixMicro())
	return token, []event.Event{event.UserUpdated{Account: account, Change: "reset_started", Covers: covers}}, err
}

func voidLinks(tx *db.Tx, account string) error {
	_, err := tx.Exec(sqlVoidLinks, tx.Now.UnixMicro(), account)
	return err
}

// linkHash is under what a link is stored: there is nothing to guess in 256
// random bits.
func linkHash(token secret.Text) []byte {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return sum[:]
}

// FindLink finds an open link and leaves it open. One that served or is over is
// told apart from one that never was in the log alone.
func (s *Service) FindLink(ctx context.Context, token secret.Text) (Link, error) {
	l := Link{hash: linkHash(token)}
	var expires int64
	var used sql.Null[int64]
	err := s.Read.QueryRow(ctx, sqlFindLink, l.hash).Scan(&l.Account, &l.Username, &l.Covers, &l.by, &expires, &used)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Link{}, fault.New(fault.NotFound, linkOver)
	case err != nil:
		return Link{}, cannot(err)
	case used.Valid:
		return Link{}, fault.New(fault.NotFound, linkOver, event.PasswordChangeFailed{Account: l.Account, Reason: "link_used"})
	case expires <= s.Now().UnixMicro():
		return Link{}, fault.New(fault.NotFound, linkOver, event.PasswordChangeFailed{Account: l.Account, Reason: "link_expired"})
	}
	return l, nil
}

// errSpent says that another request used the link first.
var errSpent = fault.New(fault.NotFound, linkOver)

// UseLink sets the person's password and uses the link up. All of their sessions
// end: whoever has one may be why the link was asked for. The locks of the
// account are lifted; a second factor stays, unless the link covers it.
func (s *Service) UseLink(ctx context.Context, l Link, fresh secret.Text) error {
	wrong := s.Policy.Check(l.Username, fresh)
	for i := range wrong {
		wrong[i].Name = newField
	}
	if len(wrong) > 0 {
		return invalid(resetForm, wrong)
	}
	phc, err := s.Hasher.Hash(ctx, fresh)
	if err != nil {
		return err
	}
	err = s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) { return s.useLink(tx, l, phc) })
	if errors.Is(err, errSpent) {
		return fault.New(fault.NotFound, linkOver, event.PasswordChangeFailed{Account: l.Account, Reason: "link_used"})
	}
	return err
}

func (s *Service) useLink(tx *db.Tx, l Link, phc string) ([]event.Event, error) {
	now := tx.Now.UnixMicro()
	n, err := tx.Exec(sqlUseLink, now, l.hash)
	if err == nil && n == 0 {
		err = errSpent
	}
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(sqlDropPassword, l.Account); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(sqlInsertCredential, event.NewID("f_"), l.Account, phc, now); err != nil {
		return nil, err
	}
	if err := errors.Join(showCards(tx, l.Account), session.DropHalf(tx, l.Account)); err != nil {
		return nil, err
	}
	dropped, err := dropFactors(tx, l)
	if err != nil {
		return nil, err
	}
	ended, err := session.EndOthers(tx, session.Session{Account: l.Account})
	if err != nil {
		return nil, err
	}
	unlocked, err := s.unlockAll(tx, l)
	used := event.UserUpdated{Account: l.Account, Change: "reset_used", Covers: l.Covers, By: l.by, Ended: len(ended)}
	changed := event.PasswordChanged{Account: l.Account, Ended: len(ended), Signed: event.Unsigned}
	return slices.Concat([]event.Event{used, changed}, dropped, ended, unlocked), err
}

// unlockAll lifts the account's locks, those too that the name brought with it
// from before anybody had it.
func (s *Service) unlockAll(tx *db.Tx, l Link) ([]event.Event, error) {
	if err := limit.Claim(tx, s.lockName(l.Username), l.Account); err != nil {
		return nil, err
	}
	return limit.Unlock(tx, l.Account)
}
