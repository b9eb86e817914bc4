package account

import (
	"context"
	"errors"
	"slices"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// notRecovered is the one answer to whoever does not get back in.
const notRecovered = "Name or recovery code is not right, or the code was used."

// Recover sets a new password for whoever has a recovery code of the account,
// and lets them in; with a second factor, the entry is a session that is not
// whole, and no recovery code completes it. A name that nobody has, a wrong code
// and a used one get the same answer for the same work.
func (s *Service) Recover(ctx context.Context, username string, code, fresh, device secret.Text) (Entry, error) {
	if wrong := s.checkRecovery(username, fresh); len(wrong) > 0 {
		return Entry{}, invalid("/recover", wrong)
	}
	if err := s.limited(ctx, limit.LogIn, ""); err != nil {
		return Entry{}, err
	}
	who, err := s.find(ctx, sqlByName, nameKey(username))
	if err != nil {
		return Entry{}, err
	}
	phc, err := s.Hasher.Hash(ctx, fresh)
	if err != nil {
		return Entry{}, err
	}
	// A code cannot be guessed, so what strangers did to the password bars none.
	r := recovery{t: s.try(ctx, username, who, device), who: who, phc: phc, code: code}
	r.t.Sure = true
	if who.disabled {
		r.code = secret.Text{} // none serves
	}
	v, err := s.recovered(ctx, r)
	if errors.Is(err, errServes) {
		r.serves = true // which proves who acts
		v, err = s.recovered(actingAs(ctx, who.id), r)
	}
	switch {
	case err != nil:
		return Entry{}, err
	case v.bar.Shut():
		return Entry{}, barredLogin(v.bar)
	case v.entry.Token.Len() == 0:
		return Entry{}, notIn(notRecovered)
	}
	return v.entry, nil
}

// actingAs says of what follows whose doing it is.
func actingAs(ctx context.Context, account string) context.Context {
	origin, _ := event.From(ctx)
	origin.Actor = account
	return event.With(ctx, origin)
}

func (s *Service) checkRecovery(username string, fresh secret.Text) (wrong []fault.Field) {
	for _, w := range s.Policy.Check(username, fresh) {
		w.Name = newField
		wrong = append(wrong, w)
	}
	return wrong
}

// recovery is a recovery code that somebody brought, and the new password's hash.
type recovery struct {
	t    limit.Try
	who  known
	phc  string
	code secret.Text
	// serves says that the code was found to be right.
	serves bool
}

// errServes says that the code is right, so that this is no refusal.
var errServes = fault.New(fault.Invalid, notRecovered)

// recovered judges the code in the transaction that uses it up. Flood control
// may sum refusals up and must not touch what is none: so it begins as one, and
// begins anew once the code is seen to serve.
func (s *Service) recovered(ctx context.Context, r recovery) (v verdict, err error) {
	write := s.Log.Refuse
	if r.serves {
		write = s.Log.Commit
	}
	err = write(ctx, func(tx *db.Tx) ([]event.Event, error) {
		v = verdict{} // the transaction may run twice
		bar, events, err := s.Limits.Look(tx, r.t)
		if err != nil {
			return nil, err
		}
		failed := event.FactorFailed{Account: r.t.Account, Typed: r.t.Typed, Step: atRecover, Method: byRecovery, Reason: "wrong"}
		if v.bar = bar; bar.Shut() {
			failed.Reason = "locked"
			return append(events, failed), nil
		}
		result, set, left, err := s.Factors.UseRecovery(tx, r.t.Account, r.code)
		if err != nil {
			return nil, err
		}
		var more []event.Event
		switch {
		case result != factor.Passed:
			more, err = s.refuseCode(tx, r.t, proof{result: result, method: byRecovery}, failed)
		case !r.serves:
			err = errServes
		default:
			v.entry, more, err = s.letBack(ctx, tx, r, set, left)
		}
		return append(events, more...), err
	})
	return v, err
}

// letBack sets the new password, ends what was open, and starts a session.
func (s *Service) letBack(ctx context.Context, tx *db.Tx, r recovery, set string, left int) (e Entry, events []event.Event, err error) {
	who := session.Session{Account: r.who.id}
	if r.who.credential, err = replace(tx, change{who: who, credential: r.who.credential, phc: r.phc}); err != nil {
		return Entry{}, nil, err
	}
	if _, err = tx.Exec(sqlRecovered, byRecovery, r.who.credential); err != nil {
		return Entry{}, nil, err
	}
	ended, err := session.EndOthers(tx, who)
	if err != nil {
		return Entry{}, nil, err
	}
	if err := session.DropHalf(tx, r.who.id); err != nil {
		return Entry{}, nil, err
	}
	held, err := factor.HeldIn(tx, r.who.id)
	if err != nil {
		return Entry{}, nil, err
	}
	used := event.RecoveryUsed{Account: r.who.id, Factor: factor.Recovery + ":" + set, Left: left}
	changed := event.PasswordChanged{Account: r.who.id, Ended: len(ended), Signed: event.Unsigned}
	events = slices.Concat([]event.Event{used, changed}, ended)
	if held.Second() {
		e, err = half(ctx, tx, r.who.person, session.Recovered, "")
		return e, events, err
	}
	e, more, err := s.comeIn(ctx, tx, r.who, r.t, byRecovery)
	return e, append(events, more...), err
}
