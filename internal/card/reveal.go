package card

import (
	"context"
	"database/sql"
	"errors"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
)

// Showing is the operation of showing a card's number.
func Showing(id string) factor.Operation {
	return factor.Operation{Kind: "sensitive_read", Target: "card:" + id}
}

// Reveal gives a card's number to its owner: opened first, handed over only
// once the log says so, signed by their passkey where it is. ErrUnproven of
// factor says that they have to prove themselves first.
func (s *Service) Reveal(ctx context.Context, who factor.Asker, id string) (secret.Text, Card, error) {
	owner := who.Account
	c, err := s.find(ctx, owner, id, VerbReveal)
	if err != nil {
		return secret.Text{}, Card{}, err
	}
	if err := unlocked(s.read.QueryRow(ctx, selectLocked, owner), id); err != nil {
		return secret.Text{}, Card{}, cannot(err)
	}
	// After the ownership, or a stranger could use up the owner's count; before the
	// opening, so that beyond the limit the number is not even in memory.
	if allowed, retry := s.limits.Allow(limit.Reveal, owner); !allowed {
		return secret.Text{}, Card{}, s.limits.Refused(limit.Reveal, owner, retry)
	}
	number, err := s.open(ctx, c)
	if err != nil {
		return secret.Text{}, Card{}, err
	}
	err = s.log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		if err := unlocked(tx.QueryRow(selectLocked, owner), id); err != nil {
			return nil, err
		}
		signed, _, err := factor.Approve(tx, who, Showing(id))
		if err != nil {
			return nil, err
		}
		n, err := tx.Exec(updateShown, tx.Now.UnixMicro(), id, owner)
		if err == nil && n == 0 {
			err = absent(id) // deleted since it was read: a gone card shows no number
		}
		if err != nil {
			return nil, err
		}
		c.Shown = tx.Now
		return []event.Event{event.CardViewed{Owner: owner, Card: id, Last4: c.Last4, Part: "number", Signed: signed}}, nil
	})
	s.known.Drop(id) // its last showing is another now
	if err != nil {
		return secret.Text{}, Card{}, err
	}
	return number, c, nil
}

func (s *Service) open(ctx context.Context, c Card) (secret.Text, error) {
	var sealed []byte
	err := s.read.QueryRow(ctx, selectSealed, c.ID).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return secret.Text{}, absent(c.ID) // deleted since it was found
	}
	if err != nil {
		return secret.Text{}, unreadable(err)
	}
	key, err := s.dataKey(ctx, c.Owner)
	if fault.Is(err, fault.Unavailable) {
		return secret.Text{}, err
	}
	if err == nil {
		number, failed := key.Open(sealed, c.ref())
		if failed == nil {
			s.keys.put(c.Owner, key)
			return number, nil
		}
		err = failed
	}
	return secret.Text{}, fault.Wrap(fault.Internal, "The number could not be opened and was not shown.",
		err, event.DecryptFailed{Owner: c.Owner, Card: c.ID})
}
