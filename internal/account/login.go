package account

import (
	"context"
	"database/sql"
	"errors"
	"net/http"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
)

// refusal is the one answer to whoever does not get in, whatever the reason.
const refusal = "Name or password is not right."

// known is a person with the password credential that they are checked against.
type known struct {
	person
	credential, phc string
}

// errOutdated says that the password was changed while it was being checked.
var errOutdated = fault.New(fault.Invalid, refusal)

// LogIn lets a person in who knows their password. A wrong password and a name
// that nobody has get the same answer for the same work: one look-up, one hash,
// one transaction.
func (s *Service) LogIn(ctx context.Context, username string, password secret.Text) (Entry, error) {
	if err := s.limited(ctx, limit.LogIn, ""); err != nil {
		return Entry{}, err
	}
	who, err := s.find(ctx, sqlByName, nameKey(username))
	if err != nil {
		return Entry{}, err
	}
	if who.id == "" {
		if err := s.Hasher.Pretend(ctx, password); err != nil {
			return Entry{}, err
		}
		return Entry{}, s.refuse(ctx, event.LoginFailed{Typed: s.pseudonym(username, s.Now()), Reason: "unknown_name"})
	}
	match, err := s.Hasher.Verify(ctx, who.phc, password)
	if err != nil {
		return Entry{}, err
	}
	if match {
		entry, err := s.admit(ctx, who, s.rehash(ctx, who.phc, password))
		if !errors.Is(err, errOutdated) {
			return entry, err
		}
	}
	return Entry{}, s.refuse(ctx, event.LoginFailed{Account: who.id, Reason: "wrong_password"})
}

// find reads a person; one without an id means that there is none.
func (s *Service) find(ctx context.Context, q, by string) (known, error) {
	var k known
	err := s.Read.QueryRow(ctx, q, by).Scan(&k.id, &k.username, &k.role, &k.credential, &k.phc)
	if errors.Is(err, sql.ErrNoRows) {
		return known{}, nil
	}
	return k, cannot(err)
}

// rehash gives the hash under today's settings, where the stored one has
// others. It is empty where that is not needed or cannot be had now: an old
// hash is a worse reason to keep a person out than to wait for the next login.
func (s *Service) rehash(ctx context.Context, phc string, password secret.Text) string {
	if !s.Hasher.Stale(phc) {
		return ""
	}
	fresh, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return ""
	}
	return fresh
}

// admit starts the session of a person whose password was right.
func (s *Service) admit(ctx context.Context, who known, fresh string) (Entry, error) {
	var entry Entry
	err := s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		failures, err := cameIn(tx, who, fresh)
		if err != nil {
			return nil, err
		}
		var events []event.Event
		entry, events, err = enter(ctx, tx, who.person, byPassword)
		return append([]event.Event{succeeded(entry, failures)}, events...), err
	})
	if err != nil {
		return Entry{}, err
	}
	return entry, nil
}

// cameIn counts anew and says how many attempts failed before.
func cameIn(tx *db.Tx, who known, fresh string) (failures int, err error) {
	err = tx.QueryRow(sqlFailures, who.credential).Scan(&failures)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, errOutdated
	}
	if err != nil {
		return 0, err
	}
	if _, err = tx.Exec(sqlCameIn, tx.Now.UnixMicro(), who.id); err != nil || fresh == "" {
		return failures, err
	}
	_, err = tx.Exec(sqlRehash, fresh, who.credential)
	return failures, err
}

func succeeded(e Entry, failures int) event.Event {
	if failures > 0 {
		return event.LoginSucceededAfterFail{Account: e.Session.Account, Session: e.Session.Hash, Method: byPassword, Failures: failures}
	}
	return event.LoginSucceeded{Account: e.Session.Account, Session: e.Session.Hash, Method: byPassword}
}

// refuse counts the failure, records it and gives the answer. Without an
// account the same statements run and find nothing to count.
func (s *Service) refuse(ctx context.Context, e event.LoginFailed) error {
	err := s.Log.Refuse(ctx, func(tx *db.Tx) ([]event.Event, error) {
		if _, err := tx.Exec(sqlFailed, e.Account); err != nil {
			return nil, err
		}
		failed := e // the transaction may run twice
		err := tx.QueryRow(sqlAttempt, e.Account).Scan(&failed.Attempt)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		return []event.Event{failed}, nil
	})
	if err != nil {
		return err
	}
	return notIn(refusal)
}

// notIn is a refusal whose events are in the log already.
func notIn(text string) *fault.Error {
	f := fault.New(fault.Invalid, text)
	f.Status, f.Recorded = http.StatusUnauthorized, true
	return f
}
