// Package card keeps payment cards: it checks them, seals their numbers, lists
// them, shows them masked, shows a number, deletes. Whatever shows or changes a
// card is in the log before the caller gets its answer. It takes no
// verification code, hands a number to nobody but its owner, and tells others
// nothing, not even that a card exists. It does not ask the issuer whether a
// card is real, nor decide who is signed in.
package card

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"coffer/internal/cache"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/seclog"
	"coffer/internal/vault"
)

// Card is what may be shown of a card.
type Card struct {
	ID, Owner string
	Brand     Brand
	// Last4 is all of the number that is stored in clear.
	Last4   string
	Expiry  string // YYYY-MM
	Holder  string
	Label   string
	Created time.Time
	// Shown is when the number was last shown; zero if never.
	Shown time.Time
}

// Expires is the expiry as it stands on the card, MM/YY.
func (c Card) Expires() string {
	year, month, _ := strings.Cut(c.Expiry, "-")
	return month + "/" + year[max(0, len(year)-2):]
}

// Ends is the first moment at which the card is no longer good.
func (c Card) Ends() time.Time {
	month, err := time.Parse("2006-01", c.Expiry)
	if err != nil {
		return time.Time{} // only a column that was tampered with
	}
	return month.AddDate(0, 1, 0)
}

// What may be tried with a card, as the log names it.
const (
	VerbView   = "view"
	VerbReveal = "reveal"
	VerbDelete = "delete"
)

// ref is what the sealed number is bound to.
func (c Card) ref() string { return "card/" + c.Owner + "/" + c.ID }

// Config is what New needs.
type Config struct {
	Log    *seclog.Log
	Reader *db.Reader
	Vault  *vault.Vault
	Limits *limit.Limits
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Service is the cards of everybody.
type Service struct {
	log    *seclog.Log
	read   *db.Reader
	vault  *vault.Vault
	limits *limit.Limits
	now    func() time.Time
	keys   keyring
	// known remembers cards between requests, where it may: see Follow.
	known    cache.Cache[string, Card]
	remember bool
}

// New makes the service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Service{log: c.Log, read: c.Reader, vault: c.Vault, limits: c.Limits, now: c.Now}
	s.known.Size = rememberedCards
	return s
}

// List reads all cards of an owner, newest first. It shows no more than last
// digits, so it makes no event.
func (s *Service) List(ctx context.Context, owner string) ([]Card, error) {
	rows, err := s.read.Query(ctx, selectCards, owner)
	if err != nil {
		return nil, unreadable(err)
	}
	defer rows.Close()
	var cards []Card
	for rows.Next() {
		c, err := scanCard(rows)
		if err != nil {
			return nil, unreadable(err)
		}
		cards = append(cards, c)
	}
	if err := rows.Err(); err != nil {
		return nil, unreadable(err)
	}
	return cards, nil
}

// View gives a card, masked, once the log says that it was looked at.
func (s *Service) View(ctx context.Context, owner, id string) (Card, error) {
	c, err := s.find(ctx, owner, id, VerbView)
	if err != nil {
		return Card{}, err
	}
	// A card deleted in between does no harm: what is shown was there, and the
	// event says so.
	seen := []event.Event{event.CardViewed{Owner: owner, Card: id, Last4: c.Last4, Part: "masked"}}
	err = s.log.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return seen, nil })
	if err != nil {
		return Card{}, err
	}
	return c, nil
}

// Delete removes a card.
func (s *Service) Delete(ctx context.Context, owner, id string) error {
	c, err := s.find(ctx, owner, id, VerbDelete)
	if err != nil {
		return err
	}
	return s.log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		n, err := tx.Exec(deleteCard, id, owner)
		if err == nil && n == 0 {
			err = absent(id)
		}
		if err != nil {
			return nil, err
		}
		return []event.Event{event.CardDeleted{Owner: owner, Card: id, Last4: c.Last4}}, nil
	})
}

// Owns tells whether the card is the owner's, with the same fault, and events,
// that verb itself would bring.
func (s *Service) Owns(ctx context.Context, owner, id, verb string) error {
	_, err := s.find(ctx, owner, id, verb)
	return err
}

// find reads the owner's card. Whoever asks for another's reads the same answer
// as for one that does not exist; the log knows better.
func (s *Service) find(ctx context.Context, owner, id, verb string) (Card, error) {
	if !plausible(id) {
		return Card{}, absent(id)
	}
	c, err := s.lookUp(ctx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Card{}, absent(id)
	case err != nil:
		return Card{}, unreadable(err)
	case c.Owner != owner:
		// The same kind and text as absent's: only the event differs.
		return Card{}, fault.New(fault.NotFound, noSuchCard, event.DirectReference{Owner: c.Owner, Card: id, Verb: verb})
	}
	return c, nil
}

const noSuchCard = "There is no such card."

func absent(id string) error {
	return fault.New(fault.NotFound, noSuchCard, event.AuthzFailed{Reason: "not_found", Resource: "card:" + segment(id)})
}

func unreadable(err error) error {
	return fault.Wrap(fault.Unavailable, "The cards cannot be read now. Nothing was changed.", err)
}

const idPrefix = "c_"

// plausible spares the database what cannot be an id.
func plausible(id string) (ok bool) {
	rest, ok := strings.CutPrefix(id, idPrefix)
	strange := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '2' || r > '7') }
	return ok && len(rest) == 26 && !strings.ContainsFunc(rest, strange)
}

// segment is an id as the log may hold it: somebody may have typed a card
// number there.
func segment(id string) string {
	clean := event.CleanPath(id)
	if clean == "" || strings.Contains(clean, "/") || strings.ContainsAny(id, "/?#") {
		return "{id}"
	}
	return clean
}
