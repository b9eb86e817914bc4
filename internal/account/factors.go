package account

import (
	"context"
	"net/http"
	"slices"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// Asker is who asks in a session, as far as an operation wants to know.
func Asker(who session.Session) factor.Asker {
	return factor.Asker{Account: who.Account, Session: who.ID, Stepped: who.Stepped, Proof: who.Proof, Rotated: who.Rotated}
}

// Held is what the person can prove themselves with beside the password. Many
// pages ask for it, so it is remembered where sessions are.
func (s *Service) Held(ctx context.Context, account string) (factor.Held, error) {
	h, version, found := s.held.Get(account)
	if found && s.remember {
		return h, nil
	}
	h, err := factor.HeldBy(ctx, s.Read, account)
	if err == nil && s.remember {
		s.held.Put(version, account, h)
	}
	return h, cannot(err)
}

// Proven tells whether an operation may go on in this session now, and what its
// person holds.
func (s *Service) Proven(ctx context.Context, who session.Session, op factor.Operation) (ready bool, held factor.Held, err error) {
	if held, err = s.Held(ctx, who.Account); err != nil {
		return false, factor.Held{}, err
	}
	ready, err = factor.Ready(ctx, s.Read, Asker(who), held, op, s.Now())
	return ready, held, cannot(err)
}

// MustEnrol tells whether the person's role demands a second factor that they do
// not hold.
func (s *Service) MustEnrol(ctx context.Context, who session.Session) (must bool, err error) {
	if !slices.Contains(s.Required, who.Role) {
		return false, nil
	}
	h, err := s.Held(ctx, who.Account)
	return !h.Second(), err
}

// App is an authenticator app that waits for its first code.
type App struct {
	// Secret is what is typed into the app, and Link what it reads from a picture.
	Secret, Link secret.Text
}

// NewApp gives the secret of an app that waits in this session, or makes one.
func (s *Service) NewApp(ctx context.Context, who session.Session) (App, error) {
	key, err := s.pending(ctx, who)
	if err != nil {
		return App{}, err
	}
	if key.Len() == 0 {
		key = factor.NewSecret()
		sealed, err := s.Factors.Seal(key, pendingRef(who))
		if err != nil {
			return App{}, fault.Wrap(fault.Internal, "No secret could be made.", err)
		}
		if err := s.Log.Touch(ctx, "session.pending", func(tx *db.Tx) error { return session.SetPending(tx, who.ID, sealed) }); err != nil {
			return App{}, cannot(err)
		}
	}
	return App{Secret: key, Link: factor.AppLink("Coffer", who.Username, key)}, nil
}

func pendingRef(who session.Session) string { return "pending/" + who.ID }

// pending is the secret that waits in the session, or none.
func (s *Service) pending(ctx context.Context, who session.Session) (secret.Text, error) {
	sealed, err := session.Pending(ctx, s.Read, who.ID)
	if err != nil || sealed == "" {
		return secret.Text{}, cannot(err)
	}
	key, err := s.Factors.Open(sealed, pendingRef(who))
	if err != nil {
		return secret.Text{}, fault.Wrap(fault.Internal, "The waiting secret could not be read. Please begin again.", err)
	}
	return key, nil
}

// EnrolApp takes the app that waits in the session, once a code of it is right.
// After a wrong one it goes on waiting.
func (s *Service) EnrolApp(ctx context.Context, who session.Session, typed secret.Text) error {
	key, err := s.pending(ctx, who)
	if err != nil {
		return err
	}
	digits, _ := factor.IsCode(typed.Reveal())
	step := int64(0)
	if key.Len() > 0 {
		step = factor.CodeStep(key, digits, s.Now())
	}
	if step == 0 {
		return s.notEnrolled(ctx, who)
	}
	return s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		h, err := factor.HeldIn(tx, who.Account)
		if err == nil && h.App != nil {
			err = fault.New(fault.Conflict, "There is an authenticator app already. Remove that one first.")
		}
		if err != nil {
			return nil, err
		}
		op := factor.Operation{Kind: "authn_factor_enrolled", Target: factor.TOTP + ":"}
		signed, target, err := factor.Approve(tx, Asker(who), op)
		if err != nil {
			return nil, err
		}
		if err = s.Factors.EnrolApp(tx, who.Account, idOf(target), key, step); err == nil {
			err = enrolled(tx, who, best(h))
		}
		return []event.Event{event.FactorEnrolled{Account: who.Account, Session: who.Hash, Factor: target, Signed: signed}}, err
	})
}

// enrolled notes in the session that its person just proved themselves, clears
// what waited there, and forgets the sign-ins that began with less.
func enrolled(tx *db.Tx, who session.Session, proof string) error {
	if err := session.SetPending(tx, who.ID, ""); err != nil {
		return err
	}
	if err := session.DropHalf(tx, who.Account); err != nil {
		return err
	}
	if _, err := tx.Exec(sqlProven, who.Account); err != nil {
		return err
	}
	return session.Prove(tx, who, proof)
}

// best is the strongest proof that adding an app was, with what was held before:
// a passkey signs for each operation, and goes on to.
func best(h factor.Held) string {
	if len(h.Passkeys) > 0 {
		return session.ByPasskey
	}
	return session.ByTOTP
}

func (s *Service) notEnrolled(ctx context.Context, who session.Session) error {
	err := s.Log.Record(ctx, event.FactorFailed{Account: who.Account, Session: who.Hash, Step: atEnrol, Method: byCode, Reason: "wrong"})
	if err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "The app was not added.")
	f.Status, f.Recorded = http.StatusUnprocessableEntity, true
	f.Fields = []fault.Field{{Name: "code", Rule: "wrong", Text: "That is not the code that the app shows now. Look at the clock of the device, and type the newest code."}}
	return f
}

// RemoveFactor takes an app, a passkey or the recovery codes away.
func (s *Service) RemoveFactor(ctx context.Context, who session.Session, kind, id string) error {
	op := factor.Operation{Kind: "authn_factor_removed", Target: kind + ":" + id}
	return s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		signed, _, err := factor.Approve(tx, Asker(who), op)
		if err != nil {
			return nil, err
		}
		removed, err := factor.Remove(tx, who.Account, kind, id)
		if err == nil && !removed {
			err = fault.New(fault.NotFound, "It is not there any more.", event.AuthzFailed{Reason: "not_found", Resource: op.Target})
		}
		return []event.Event{event.FactorRemoved{Account: who.Account, Session: who.Hash, Factor: op.Target, Signed: signed}}, err
	})
}

// NewCodes makes a set of recovery codes, which is given this once, in place of
// the one before it.
func (s *Service) NewCodes(ctx context.Context, who session.Session) (codes []secret.Text, err error) {
	op := factor.Operation{Kind: "authn_factor_enrolled", Target: factor.Recovery + ":"}
	err = s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		signed, target, err := factor.Approve(tx, Asker(who), op)
		if err != nil {
			return nil, err
		}
		codes = factor.NewCodes()
		err = s.Factors.ReplaceCodes(tx, who.Account, idOf(target), codes)
		return []event.Event{event.FactorEnrolled{Account: who.Account, Session: who.Hash, Factor: target, Signed: signed}}, err
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}
