package card

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/vault"
)

// errKeyMoved says that the owner's data key is not the one that was sealed
// with: another request made it first, or it was destroyed. It is a fault so
// that a batch of transactions goes on without this one.
var errKeyMoved = fault.New(fault.Conflict, "Nothing was changed. Please try again.")

// sealed is a card on its way into the table.
type sealed struct {
	Card
	number, print []byte
	// wrapped is the data key to be stored with it, if the owner has none yet.
	wrapped []byte
}

// Add keeps a card. One that is there already, a renewed one, gets the new
// expiry and holder, and a new label where one is given, and stays the same.
func (s *Service) Add(ctx context.Context, owner string, d Draft) (Card, error) {
	c, number, err := d.check(s.now())
	if err != nil {
		return Card{}, err
	}
	c.ID, c.Owner = event.NewID(idPrefix), owner
	// Once more is enough when two first cards race; a third time is for an owner
	// who was erased between.
	for range 3 {
		if c, err = s.add(ctx, c, number); !errors.Is(err, errKeyMoved) {
			break
		}
		s.keys.forget(owner)
	}
	return c, err
}

// add seals before the transaction begins, so that nobody waits for it.
func (s *Service) add(ctx context.Context, c Card, number Number) (Card, error) {
	row, key, err := s.seal(ctx, c, number)
	if err != nil {
		return c, err
	}
	kept := c
	err = s.log.Commit(ctx, func(tx *db.Tx) (events []event.Event, err error) {
		if events, err = storeKey(tx, row); err != nil {
			return nil, err
		}
		var e event.Event
		if kept, e, err = s.store(tx, row); err != nil {
			return nil, err
		}
		return append(events, e), nil
	})
	if err != nil {
		return c, err
	}
	// Only now: a key that was not committed must not seal the next card.
	s.keys.put(c.Owner, key)
	return kept, nil
}

func (s *Service) seal(ctx context.Context, c Card, number Number) (sealed, *vault.DataKey, error) {
	row := sealed{Card: c}
	key, err := s.dataKey(ctx, c.Owner)
	if errors.Is(err, sql.ErrNoRows) {
		row.wrapped, key, err = s.vault.NewDataKey(c.Owner)
	}
	if err != nil {
		if _, ok := errors.AsType[*fault.Error](err); ok {
			return row, nil, err
		}
		return row, nil, fault.Wrap(fault.Internal, "The card could not be sealed. Nothing was saved.",
			err, event.EncryptFailed{Owner: c.Owner, Card: c.ID})
	}
	row.number, row.print = key.Seal(number.Text, c.ref()), key.Fingerprint(number.Text)
	return row, key, nil
}

func storeKey(tx *db.Tx, row sealed) ([]event.Event, error) {
	if row.wrapped == nil {
		return nil, nil
	}
	n, err := tx.Exec(insertKey, row.Owner, row.wrapped, tx.Now.UnixMicro())
	if err == nil && n == 0 {
		err = errKeyMoved
	}
	return []event.Event{event.KeyCreated{Key: "data/" + row.Owner, Use: "data", Owner: row.Owner}}, err
}

// store inserts the card, or updates the one with the same number.
func (s *Service) store(tx *db.Tx, row sealed) (Card, event.Event, error) {
	c := row.Card
	c.Created = tx.Now
	n, err := tx.Exec(insertCard, c.ID, c.Owner, string(c.Brand), c.Last4, c.Expiry, c.Holder, c.Label,
		row.number, row.print, tx.Now.UnixMicro())
	if err != nil {
		return c, nil, err
	}
	if n == 0 {
		return renew(tx, row)
	}
	if err := s.room(tx, c.Owner); err != nil {
		return c, nil, err
	}
	return c, event.CardAdded{Owner: c.Owner, Card: c.ID, Brand: string(c.Brand), Last4: c.Last4}, nil
}

// room counts after the insert: on SERIALIZABLE the count is then safe against
// another one going on, and a card that is only renewed needs no room.
func (s *Service) room(tx *db.Tx, owner string) error {
	most := s.limits.Table().Of(limit.Cards)
	if most.Off() {
		return nil
	}
	var n int
	if err := tx.QueryRow(countCards, owner).Scan(&n); err != nil {
		return err
	}
	if n <= most.N {
		return nil
	}
	f := s.limits.Refused(limit.Cards, owner, 0)
	f.Text = fmt.Sprintf("The card was not saved: you have %d cards, and there can be no more. Delete one first.", most.N)
	return f
}

// renew updates the card that has the same number.
func renew(tx *db.Tx, row sealed) (Card, event.Event, error) {
	c, err := scanCard(tx.QueryRow(selectTwin, row.Owner, row.print))
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil, errKeyMoved // no twin: the insert missed the data key
	}
	if err != nil {
		return c, nil, err
	}
	changed := []string{}
	set := func(field string, old *string, fresh string) {
		if *old != fresh {
			*old, changed = fresh, append(changed, field)
		}
	}
	set(FieldExpiry, &c.Expiry, row.Expiry)
	set(FieldHolder, &c.Holder, row.Holder)
	// Who adds a card again seldom types its label again.
	if row.Label != "" {
		set(FieldLabel, &c.Label, row.Label)
	}
	if _, err := tx.Exec(updateCard, c.Expiry, c.Holder, c.Label, c.ID); err != nil {
		return c, nil, err
	}
	return c, event.CardUpdated{Owner: c.Owner, Card: c.ID, Last4: c.Last4, Fields: changed}, nil
}

// dataKey gives the owner's key out of memory or the database; an owner without
// one is sql.ErrNoRows.
func (s *Service) dataKey(ctx context.Context, owner string) (*vault.DataKey, error) {
	if k := s.keys.get(owner); k != nil {
		return k, nil
	}
	var wrapped []byte
	err := s.read.QueryRow(ctx, selectKey, owner).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return s.vault.DataKey(bytes.Clone(wrapped), owner)
}
