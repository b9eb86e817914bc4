package account

import (
	"context"
	"errors"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/session"
)

// Sessions are the person's live sessions, the one last used first.
func (s *Service) Sessions(ctx context.Context, account string) ([]session.Listed, error) {
	list, err := session.List(ctx, s.Read, account, s.Now())
	return list, cannot(err)
}

// EndSession ends another of the person's sessions, named by its hash. One that
// ended meanwhile stays ended. A stranger's and one that never was get the same
// answer and the same event: whose it might be is not looked up.
func (s *Service) EndSession(ctx context.Context, who session.Session, hash string) error {
	if hash == who.Hash {
		return s.LogOut(ctx, who)
	}
	return s.endAsked(ctx, func(tx *db.Tx) ([]event.Event, error) {
		events, err := session.EndOne(tx, who.Account, hash)
		if errors.Is(err, session.ErrNone) {
			err = fault.New(fault.NotFound, session.ErrNone.Text, event.AuthzFailed{Reason: "not_found", Resource: "session:" + hash})
		}
		return events, err
	})
}

// EndOthers ends all of the person's sessions but the one that asks.
func (s *Service) EndOthers(ctx context.Context, who session.Session) error {
	return s.endAsked(ctx, func(tx *db.Tx) ([]event.Event, error) { return session.EndOthers(tx, who) })
}

// errNothing says that there was no session left to end: there is nothing to
// write down, and nothing to tell.
var errNothing = fault.New(fault.Conflict, "There is no other session.")

func (s *Service) endAsked(ctx context.Context, fn func(tx *db.Tx) ([]event.Event, error)) error {
	err := s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		events, err := fn(tx)
		if err == nil && len(events) == 0 {
			err = errNothing
		}
		return events, err
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
