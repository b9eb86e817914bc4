package account

import (
	"context"
	"errors"
	"slices"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// Given is what somebody proves themselves with: a password or a code.
type Given struct{ Password, Code secret.Text }

// Confirm lets a signed-in person prove themselves again, by the strongest that
// they hold, and gives the session its next token. The token it replaces serves
// no second time, nor does one in its grace.
func (s *Service) Confirm(ctx context.Context, who session.Session, given Given) (Entry, error) {
	held, err := s.Held(ctx, who.Account)
	if err != nil {
		return Entry{}, err
	}
	method, text := byPassword, "That password is not right."
	if held.Second() {
		method, text = byCode, wrongCode
	}
	if who.Rotated {
		return Entry{}, s.notConfirmed(ctx, who, method, session.ErrReplaced.Text)
	}
	if err := s.limited(ctx, limit.LogIn, who.Account); err != nil {
		return Entry{}, err
	}
	match := false
	if !held.Second() {
		if match, err = s.knows(ctx, who.Account, given.Password); err != nil {
			return Entry{}, err
		}
	}
	v, err := s.confirmed(ctx, who, confirmation{second: held.Second(), match: match, code: given.Code})
	switch {
	case errors.Is(err, session.ErrReplaced):
		return Entry{}, s.notConfirmed(ctx, who, method, session.ErrReplaced.Text)
	case err != nil:
		return Entry{}, err
	case v.bar.Shut():
		return Entry{}, barred(v.bar, lockedSession)
	case v.entry.Token.Len() == 0:
		return Entry{}, notIn(text)
	}
	return v.entry, nil
}

func (s *Service) knows(ctx context.Context, account string, password secret.Text) (match bool, err error) {
	k, err := s.find(ctx, sqlByID, account)
	if err != nil {
		return false, err
	}
	return s.check(ctx, k, password)
}

// check verifies a password; an account without one costs as much, and so does
// one that is disabled.
func (s *Service) check(ctx context.Context, k known, password secret.Text) (match bool, err error) {
	if k.phc == "" {
		return false, s.Hasher.Pretend(ctx, password)
	}
	match, err = s.Hasher.Verify(ctx, k.phc, password)
	return match && !k.disabled, err
}

// confirmation is what was given to confirm: a code where there is a second
// factor, else a password that was looked at.
type confirmation struct {
	second, match bool
	code          secret.Text
}

// confirmed judges it in the transaction that renews the session, or counts the
// failure; locked is refused, right or wrong.
func (s *Service) confirmed(ctx context.Context, who session.Session, c confirmation) (v verdict, err error) {
	err = s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		v = verdict{} // the transaction may run twice
		try := s.inSession(who)
		bar, events, err := s.Limits.Look(tx, try)
		if err != nil {
			return nil, err
		}
		if v.bar = bar; bar.Shut() {
			method := byPassword
			if c.second {
				method = byCode
			}
			return append(events, event.StepUpFailed{Account: who.Account, Session: who.Hash, Method: method, Reason: "locked"}), nil
		}
		p := proof{method: byPassword, by: session.ByPassword}
		if c.match {
			p.result = factor.Passed
		}
		if c.second {
			if p, err = s.useCode(tx, who.Account, c.code, false); err != nil {
				return nil, err
			}
		}
		var more []event.Event
		if p.result == factor.Passed {
			v.entry, more, err = s.renew(tx, who, try, p)
		} else {
			more, err = s.refuseStepUp(tx, who, try, p)
		}
		return append(events, more...), err
	})
	return v, err
}

func (s *Service) refuseStepUp(tx *db.Tx, who session.Session, t limit.Try, p proof) ([]event.Event, error) {
	if p.result == factor.Spent {
		return []event.Event{event.TokenReused{Account: who.Account, Session: who.Hash, Token: p.method, Reason: "used"}}, nil
	}
	locks, err := s.Limits.Failed(tx, t)
	failed := event.StepUpFailed{Account: who.Account, Session: who.Hash, Method: p.method}
	return append([]event.Event{failed}, locks...), err
}

func (s *Service) renew(tx *db.Tx, who session.Session, try limit.Try, p proof) (e Entry, events []event.Event, err error) {
	unlocked, err := s.Limits.Passed(tx, try)
	if err != nil {
		return Entry{}, nil, err
	}
	token, renewed, err := session.Renew(tx, who, p.by)
	passed := event.StepUpSucceeded{Account: who.Account, Session: who.Hash, Method: p.by}
	who.Stepped, who.Proof = tx.Now, p.by
	return Entry{Token: token, Session: who}, slices.Concat(p.events, []event.Event{passed}, renewed, unlocked), err
}

func (s *Service) notConfirmed(ctx context.Context, who session.Session, method, text string) error {
	err := s.Log.Record(ctx, event.StepUpFailed{Account: who.Account, Session: who.Hash, Method: method})
	if err != nil {
		return err
	}
	return notIn(text)
}
