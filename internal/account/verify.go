package account

import (
	"context"
	"errors"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// wrongCode is the one answer to a code that does not serve, whatever the reason.
const wrongCode = "That code does not serve. Take the next one that the app shows, or a recovery code that you have not used."

// errHalf says that a second factor is outstanding.
var errHalf = fault.New(fault.Invalid, refusal)

// errEvents says that a silent write would have had events.
var errEvents = errors.New("a lock ended meanwhile")

// halve keeps that the password was right, until the second factor is: a session
// that lets nobody in. That is no event yet. What is counted stays as it is, or
// whoever has the password could try codes for ever.
func (s *Service) halve(ctx context.Context, a attempt) (v verdict, err error) {
	err = s.Log.Touch(ctx, "session.half", func(tx *db.Tx) (err error) {
		v = verdict{}
		bar, ended, err := s.Limits.Look(tx, a.Try)
		if err != nil || len(ended) > 0 || bar.Shut() {
			return errors.Join(err, errEvents)
		}
		if err = stillKnown(tx, a.who, a.fresh); err != nil {
			return err
		}
		level := session.Half
		if a.who.recovered { // or two codes of one piece of paper would be both factors
			level = session.Recovered
		}
		v.entry, err = half(ctx, tx, a.who.person, level, a.after)
		return err
	})
	if errors.Is(err, errEvents) { // rare: a lock begins or ends at this moment
		return verdict{}, fault.Wrap(fault.Unavailable, "Please try again in a moment.", err)
	}
	return v, cannot(err)
}

// stillKnown holds that the password was not changed while it was checked, and
// hashes it anew where that is due.
func stillKnown(tx *db.Tx, who known, fresh string) error {
	var failures int
	if err := tx.QueryRow(sqlFailures, who.credential).Scan(&failures); err != nil {
		return errOutdated
	}
	if fresh == "" {
		return nil
	}
	_, err := tx.Exec(sqlRehash, fresh, who.credential)
	return err
}

func half(ctx context.Context, tx *db.Tx, p person, level, after string) (Entry, error) {
	origin, _ := event.From(ctx)
	token, s, _, err := session.Issue(tx, session.Entry{
		Account: p.id, Level: level, SourceIP: origin.SourceIP, UserAgent: origin.UserAgent, After: after,
	})
	s.Username, s.Role = p.username, p.role
	return Entry{Token: token, Session: s}, err
}

// Verify makes a sign-in whole by a code: the authenticator app's, or a recovery
// code where the way there was not one already. device is the browser's cookie.
func (s *Service) Verify(ctx context.Context, who session.Session, typed, device secret.Text) (Entry, error) {
	k, err := s.find(ctx, sqlByID, who.Account)
	if err != nil {
		return Entry{}, err
	}
	t := s.try(ctx, who.Username, k, device)
	var v verdict
	var result factor.Result
	err = s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		v, result = verdict{}, factor.Wrong // the transaction may run twice
		bar, events, err := s.Limits.Look(tx, t)
		if err != nil {
			return nil, err
		}
		if v.bar = bar; bar.Shut() {
			return append(events, event.FactorFailed{Account: who.Account, Step: atLogin, Method: byCode, Reason: "locked"}), nil
		}
		p, err := s.useCode(tx, who.Account, typed, who.Level == session.Recovered)
		if err != nil {
			return nil, err
		}
		var more []event.Event
		if result = p.result; result == factor.Passed {
			v.entry, more, err = s.complete(ctx, tx, who, k, t, p)
		} else {
			more, err = s.refuseCode(tx, t, p, event.FactorFailed{Account: who.Account, Step: atLogin, Method: p.method, Reason: "wrong"})
		}
		return append(events, more...), err
	})
	return s.verified(ctx, v, result, err, wrongCode)
}

// verified turns what became of a second step into an answer.
func (s *Service) verified(ctx context.Context, v verdict, result factor.Result, err error, text string) (Entry, error) {
	switch {
	case errors.Is(err, session.ErrReplaced):
		return Entry{}, late()
	case err != nil:
		return Entry{}, err
	case v.bar.Shut():
		return Entry{}, barredLogin(v.bar)
	case result != factor.Passed:
		return Entry{}, notIn(text)
	}
	return v.entry, nil
}

// late is the answer to a second step that another request took first.
func late() error {
	f := notIn("This sign-in was made whole or ended a moment ago.")
	f.To = "/"
	return f
}

// proof is something that proves a person once, looked at.
type proof struct {
	result factor.Result
	// method is what was given, in the log's words; by is the factor's kind.
	method, by string
	events     []event.Event
}

// useCode judges what was typed into the one field for codes, and uses it up.
func (s *Service) useCode(tx *db.Tx, account string, typed secret.Text, appOnly bool) (p proof, err error) {
	if digits, is := factor.IsCode(typed.Reveal()); is {
		p.method, p.by = byCode, session.ByTOTP
		p.result, err = s.Factors.UseCode(tx, account, digits)
		return p, err
	}
	if typed.Len() == 0 {
		p.method = byCode
		return p, nil
	}
	p.method, p.by = byRecovery, session.ByRecovery
	if appOnly {
		return p, nil
	}
	result, set, left, err := s.Factors.UseRecovery(tx, account, typed)
	if p.result = result; result == factor.Passed {
		p.events = []event.Event{event.RecoveryUsed{Account: account, Factor: factor.Recovery + ":" + set, Left: left}}
	}
	return p, err
}

// refuseCode records a code that did not serve, within tx. One that had served
// before guesses nothing, so it does not count towards a lock.
func (s *Service) refuseCode(tx *db.Tx, t limit.Try, p proof, failed event.Event) ([]event.Event, error) {
	if p.result == factor.Spent {
		return []event.Event{event.TokenReused{Account: t.Account, Token: p.method, Reason: "used"}}, nil
	}
	if _, err := tx.Exec(sqlFailed, t.Account); err != nil {
		return nil, err
	}
	locks, err := s.Limits.Failed(tx, t)
	return append([]event.Event{failed}, locks...), err
}

// counted begins the counts of failures anew, as whoever comes in by more than a
// password does, and lifts their locks. other says that a factor of another kind
// than a recovery code proved them.
func (s *Service) counted(tx *db.Tx, k known, t limit.Try, other bool) (failures int, unlocked []event.Event, err error) {
	if failures, err = cameIn(tx, k, ""); err != nil {
		return 0, nil, err
	}
	if k.recovered && other {
		if _, err = tx.Exec(sqlRecovered, "", k.credential); err != nil {
			return 0, nil, err
		}
	}
	unlocked, err = s.Limits.Passed(tx, t)
	return failures, unlocked, err
}

// complete makes the session whole within tx.
func (s *Service) complete(ctx context.Context, tx *db.Tx, who session.Session, k known, t limit.Try, p proof) (e Entry, events []event.Event, err error) {
	if err := barDisabled(tx, who.Account); err != nil {
		return Entry{}, nil, err
	}
	failures, unlocked, err := s.counted(tx, k, t, p.by != session.ByRecovery)
	if err != nil {
		return Entry{}, nil, err
	}
	first := byPassword
	if who.Level == session.Recovered {
		first = byRecovery
	}
	method := first + "+" + p.by
	by := session.BySignIn
	if p.by == session.ByRecovery {
		by = p.by // nothing stronger is at hand, or it would not have been used up
	}
	token, whole, created, err := session.Promote(tx, who, method, by)
	if err != nil {
		return Entry{}, nil, err
	}
	origin, _ := event.From(ctx)
	if err := session.DropBegun(tx, who.Account, origin.SourceIP); err != nil {
		return Entry{}, nil, err
	}
	unfamiliar, err := strange(tx, who.Account, origin)
	e = Entry{Token: token, Session: whole, Unfamiliar: unfamiliar}
	events = append(p.events, succeeded(e, method, failures))
	return e, append(append(events, created...), unlocked...), err
}
