package account

import (
	"context"
	"errors"
	"sync"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// Identify tells whose token it is; only an alive session lets anybody in. A
// token of a session that is over is recorded on a guarded page, once a minute
// for each session and address group; recorded stays true for the others of that
// minute, so that no other event takes its place. A reused token is recorded,
// and ends its session, wherever it turns up.
func (s *Service) Identify(ctx context.Context, token secret.Text, guarded bool) (who session.Session, alive, recorded bool, err error) {
	who, state, err := s.lookUp(ctx, token)
	switch {
	case err != nil:
		return session.Session{}, false, false, cannot(err)
	case state == session.Unknown:
		return session.Session{}, false, false, nil
	case state == session.Live:
		s.seen(ctx, token, who)
		return who, true, false, nil
	case state == session.Reused || guarded:
		return who, false, true, s.dead(ctx, who, state)
	}
	return who, false, false, nil
}

// Recognise tells whose live session a token is, and records nothing: a token
// that is none any more is for Identify.
func (s *Service) Recognise(ctx context.Context, token secret.Text) (who session.Session, alive bool, err error) {
	who, state, err := s.lookUp(ctx, token)
	if err != nil || state != session.Live {
		return session.Session{}, false, cannot(err)
	}
	s.seen(ctx, token, who)
	return who, true, nil
}

// seen writes the last use, at most once a minute. Where that cannot be done
// the person still comes in, which is safe: the session seems unused and ends
// the sooner. Only the token presented is remembered for a session: one that it
// replaced never is.
func (s *Service) seen(ctx context.Context, token secret.Text, who session.Session) {
	if !who.Stale(s.Now()) || !s.touching.begin(who.ID) {
		return
	}
	defer s.touching.end(who.ID)
	defer s.live.Drop(session.Key(token))
	_ = s.Log.Touch(ctx, "session.seen", func(tx *db.Tx) error { return session.Touch(tx, who.ID) })
}

// dead records that somebody came with the token of a session that is over, and
// ends it where nobody had yet.
func (s *Service) dead(ctx context.Context, who session.Session, state session.State) error {
	switch state {
	case session.Reused:
		return s.endDead(ctx, who, session.Reuse, event.TokenReused{Account: who.Account, Session: who.Hash})
	case session.Expired:
		return s.endDead(ctx, who, who.Reason,
			event.SessionExpired{Account: who.Account, Session: who.Hash, Reason: who.Reason},
			event.SessionUsedAfterEnd{Account: who.Account, Session: who.Hash, Reason: who.Reason})
	}
	return s.usedAfterEnd(ctx, who)
}

// endDead ends the session with these events. If another request did so
// meanwhile, the use is recorded as that of an ended one.
func (s *Service) endDead(ctx context.Context, who session.Session, reason string, events ...event.Event) error {
	err := s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		ended, err := session.End(tx, who.ID, reason)
		if err != nil {
			return nil, err
		}
		if !ended {
			return nil, session.ErrReplaced
		}
		return events, nil
	})
	if errors.Is(err, session.ErrReplaced) {
		who.Reason = reason
		err = s.usedAfterEnd(ctx, who)
	}
	return err
}

func (s *Service) usedAfterEnd(ctx context.Context, who session.Session) error {
	origin, _ := event.From(ctx)
	if first, _ := s.uses.Take(who.ID+" "+limit.GroupText(origin.SourceIP), s.Now()); !first {
		return nil
	}
	return s.Log.Record(ctx, event.SessionUsedAfterEnd{Account: who.Account, Session: who.Hash, Reason: who.Reason})
}

// LogOut ends the session. One that another request ended meanwhile stays ended.
func (s *Service) LogOut(ctx context.Context, who session.Session) error {
	err := s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		ended, err := session.End(tx, who.ID, session.Logout)
		if err == nil && !ended {
			err = session.ErrReplaced
		}
		return []event.Event{event.LoggedOut{Account: who.Account, Session: who.Hash}}, err
	})
	if errors.Is(err, session.ErrReplaced) {
		return nil
	}
	return err
}

// Sweep ends the sessions that are over by rest or age and forgets the old, a
// portion of each; more is true while there may be others.
func (s *Service) Sweep(ctx context.Context) (more bool, err error) {
	now := s.Now()
	due, err := session.Due(ctx, s.Read, now)
	if err == nil && due {
		err = s.endDue(ctx)
	}
	if err != nil {
		return false, cannot(err)
	}
	old, err := session.Old(ctx, s.Read, now)
	if err == nil && old {
		err = s.Log.Touch(ctx, "session.purge", session.Purge)
	}
	return due || old, cannot(err)
}

func (s *Service) endDue(ctx context.Context) error {
	err := s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		events, err := session.Sweep(tx)
		if err == nil && len(events) == 0 {
			err = session.ErrReplaced // visitors or another node were faster
		}
		return events, err
	})
	if errors.Is(err, session.ErrReplaced) {
		return nil
	}
	return err
}

// inFlight lets one at a time do the same thing.
type inFlight struct{ running sync.Map }

func (f *inFlight) begin(id string) (first bool) {
	_, running := f.running.LoadOrStore(id, nil)
	return !running
}

func (f *inFlight) end(id string) { f.running.Delete(id) }
