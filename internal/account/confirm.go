package account

import (
	"context"
	"errors"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// Confirm lets a signed-in person prove themselves again and gives the session
// its next token. The token it replaces serves no second time, nor does one in
// its grace.
func (s *Service) Confirm(ctx context.Context, who session.Session, password secret.Text) (Entry, error) {
	if who.Rotated {
		return Entry{}, s.notConfirmed(ctx, who, session.ErrReplaced.Text)
	}
	if err := s.limited(ctx, limit.LogIn, who.Account); err != nil {
		return Entry{}, err
	}
	k, err := s.find(ctx, sqlByID, who.Account)
	if err != nil {
		return Entry{}, err
	}
	match, err := s.check(ctx, k, password)
	if err != nil {
		return Entry{}, err
	}
	token, bar, err := s.confirmed(ctx, who, match)
	switch {
	case errors.Is(err, session.ErrReplaced):
		return Entry{}, s.notConfirmed(ctx, who, session.ErrReplaced.Text)
	case err != nil:
		return Entry{}, err
	case bar.Shut():
		return Entry{}, barred(bar, lockedSession)
	case !match:
		return Entry{}, notIn("That password is not right.")
	}
	who.Stepped = s.Now()
	return Entry{Token: token, Session: who}, nil
}

// check verifies a password; an account without one costs as much.
func (s *Service) check(ctx context.Context, k known, password secret.Text) (match bool, err error) {
	if k.id == "" {
		return false, s.Hasher.Pretend(ctx, password)
	}
	return s.Hasher.Verify(ctx, k.phc, password)
}

// confirmed judges a password in the transaction that renews the session, or
// counts the failure; locked is refused, right or wrong.
func (s *Service) confirmed(ctx context.Context, who session.Session, match bool) (token secret.Text, bar limit.Bar, err error) {
	failed := event.StepUpFailed{Account: who.Account, Session: who.Hash, Method: byPassword}
	err = s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		var events, more []event.Event
		var err error
		try := s.inSession(who)
		if bar, events, err = s.Limits.Look(tx, try); err != nil {
			return nil, err
		}
		switch {
		case bar.Shut():
			refused := failed
			refused.Reason = "locked"
			more = []event.Event{refused}
		case match:
			token, more, err = s.renew(tx, who, try)
		default:
			more, err = s.Limits.Failed(tx, try)
			more = append([]event.Event{failed}, more...)
		}
		return append(events, more...), err
	})
	return token, bar, err
}

func (s *Service) renew(tx *db.Tx, who session.Session, try limit.Try) (token secret.Text, events []event.Event, err error) {
	unlocked, err := s.Limits.Passed(tx, try)
	if err != nil {
		return secret.Text{}, nil, err
	}
	token, events, err = session.Renew(tx, who)
	passed := event.StepUpSucceeded{Account: who.Account, Session: who.Hash, Method: byPassword}
	return token, append(append([]event.Event{passed}, events...), unlocked...), err
}

func (s *Service) notConfirmed(ctx context.Context, who session.Session, text string) error {
	err := s.Log.Record(ctx, event.StepUpFailed{Account: who.Account, Session: who.Hash, Method: byPassword})
	if err != nil {
		return err
	}
	return notIn(text)
}
