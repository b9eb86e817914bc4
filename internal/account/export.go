package account

import (
	"context"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/session"
)

const (
	sqlPortrait = `SELECT id, username, role, created, COALESCE(last_login, 0), failures, COALESCE(cards_locked, 0) FROM account WHERE id = $1`

	sqlFactors = `SELECT kind, MIN(created) AS made FROM credential WHERE account = $1
GROUP BY kind, CASE WHEN kind = 'recovery' THEN '' ELSE id END ORDER BY made, kind`

	sqlPlaces = `SELECT what, used FROM familiar WHERE account = $1 ORDER BY used DESC, what`
)

// Portrait is what is kept about a person, but for cards and history. Secrets
// are not in it: neither a password's hash nor the id of a session.
type Portrait struct {
	Person
	// Failures is how many sign-ins were refused since the last that succeeded.
	Failures int
	// CardsLocked is since when no number is shown, or zero.
	CardsLocked time.Time
	Factors     []Factor
	Sessions    []session.Listed
	// Familiar is from where they signed in within a year, newest first.
	Familiar []Place
}

// Factor is one way in which a person proves who they are.
type Factor struct {
	Kind string
	Set  time.Time
}

// Place is a network or a kind of browser, as network:… or browser:…
type Place struct {
	What string
	Used time.Time
}

// Portrait gathers what is kept about the person.
func (s *Service) Portrait(ctx context.Context, account string) (p Portrait, err error) {
	var created, last, locked int64
	err = s.Read.QueryRow(ctx, sqlPortrait, account).Scan(&p.ID, &p.Username, &p.Role, &created, &last, &p.Failures, &locked)
	if err != nil {
		return Portrait{}, cannot(err)
	}
	p.Created, p.LastLogin, p.CardsLocked = instant(created), instant(last), instant(locked)
	if p.Sessions, err = s.Sessions(ctx, account); err != nil {
		return Portrait{}, err
	}
	err = s.dated(ctx, sqlFactors, account, func(kind string, at time.Time) { p.Factors = append(p.Factors, Factor{kind, at}) })
	if err != nil {
		return Portrait{}, err
	}
	err = s.dated(ctx, sqlPlaces, account, func(what string, at time.Time) { p.Familiar = append(p.Familiar, Place{what, at}) })
	return p, err
}

// dated reads rows of a word and a time.
func (s *Service) dated(ctx context.Context, q, account string, take func(string, time.Time)) error {
	rows, err := s.Read.Query(ctx, q, account)
	if err != nil {
		return cannot(err)
	}
	defer rows.Close()
	for rows.Next() {
		var word string
		var at int64
		if err := rows.Scan(&word, &at); err != nil {
			return cannot(err)
		}
		take(word, instant(at))
	}
	return cannot(rows.Err())
}

// Exported writes down that the person takes a copy of all that is theirs. The
// caller lets no byte leave before.
func (s *Service) Exported(ctx context.Context, who session.Session, cards int) error {
	op := factor.Operation{Kind: "user_exported", Target: "account:" + who.Account}
	return s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		signed, _, err := factor.Approve(tx, Asker(who), op)
		return []event.Event{event.UserExported{Account: who.Account, Cards: cards, Signed: signed}}, err
	})
}
