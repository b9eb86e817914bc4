package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// The form that changes a password, and its fields.
const (
	passwordForm = "/settings/password"
	presentField = "current_password"
	newField     = "new_password"
)

// Password is what the person may know of their own.
type Password struct {
	// Set is since when it is theirs.
	Set time.Time
	// Changed says that it is not the one of the sign-up.
	Changed bool
}

// PasswordOf tells how old the person's password is.
func (s *Service) PasswordOf(ctx context.Context, account string) (Password, error) {
	var joined, set int64
	if err := s.Read.QueryRow(ctx, sqlPassword, account).Scan(&joined, &set); err != nil {
		return Password{}, cannot(err)
	}
	return Password{Set: time.UnixMicro(set).UTC(), Changed: set != joined}, nil
}

// ChangePassword sets a new password for whoever knows the present one. The
// other sessions end, since whoever has one may have known the old password
// too, and this one goes on under its next token.
func (s *Service) ChangePassword(ctx context.Context, who session.Session, present, fresh secret.Text) (Entry, error) {
	if wrong := s.checkChange(who.Username, present, fresh); len(wrong) > 0 {
		return Entry{}, invalid(passwordForm, wrong)
	}
	// Counted only now, as at sign-up: a mistake in the new one guesses nothing.
	if err := s.limited(ctx, limit.LogIn, who.Account); err != nil {
		return Entry{}, err
	}
	c, err := s.tryChange(ctx, who, present, fresh)
	if err != nil {
		return Entry{}, err
	}
	v, err := s.judgeChange(ctx, c)
	if errors.Is(err, errOutdated) {
		c.match = false
		v, err = s.judgeChange(ctx, c)
	}
	switch {
	case err != nil:
		return Entry{}, err
	case v.bar.Shut():
		return Entry{}, barred(v.bar, lockedSession)
	case !c.match:
		return Entry{}, notPresent()
	}
	return v.entry, nil
}

// change is a new password whose present one was looked at.
type change struct {
	who             session.Session
	credential, phc string
	match           bool
}

// tryChange looks at the present password. The new one is hashed before, or time
// would tell whoever is locked out that the present one was right.
func (s *Service) tryChange(ctx context.Context, who session.Session, present, fresh secret.Text) (change, error) {
	k, err := s.find(ctx, sqlByID, who.Account)
	if err != nil {
		return change{}, err
	}
	phc, err := s.Hasher.Hash(ctx, fresh)
	if err != nil {
		return change{}, err
	}
	match, err := s.check(ctx, k, present)
	return change{who: who, credential: k.credential, phc: phc, match: match}, err
}

// checkChange says what is wrong with the form itself. That both are the same
// tells nothing of whether they are right.
func (s *Service) checkChange(username string, present, fresh secret.Text) (wrong []fault.Field) {
	if present.Len() == 0 {
		wrong = append(wrong, fault.Field{Name: presentField, Rule: "required", Text: "Please type your present password."})
	}
	for _, w := range s.Policy.Check(username, fresh) {
		w.Name = newField
		wrong = append(wrong, w)
	}
	if len(wrong) == 0 && present.Reveal() == fresh.Reveal() {
		wrong = append(wrong, fault.Field{Name: newField, Rule: "unchanged", Text: "Both are the same. Please choose another, or leave it as it is."})
	}
	return wrong
}

// judgeChange makes the change, or counts the failure as one of the session's;
// locked is refused, right or wrong.
func (s *Service) judgeChange(ctx context.Context, c change) (v verdict, err error) {
	failed := event.PasswordChangeFailed{Account: c.who.Account, Session: c.who.Hash, Reason: "wrong_password"}
	err = s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		var events, more []event.Event
		var err error
		v = verdict{} // the transaction may run twice
		try := s.inSession(c.who)
		if v.bar, events, err = s.Limits.Look(tx, try); err != nil {
			return nil, err
		}
		switch {
		case v.bar.Shut():
			more = []event.Event{event.PasswordChangeFailed{Account: c.who.Account, Session: c.who.Hash, Reason: "locked"}}
		case c.match:
			v.entry, more, err = s.change(tx, c, try)
		default:
			more, err = s.Limits.Failed(tx, try)
			more = append([]event.Event{failed}, more...)
		}
		return append(events, more...), err
	})
	return v, err
}

// change stores the new hash in place of the credential that was checked, if
// that is still there, and renews the session that it was checked in.
func (s *Service) change(tx *db.Tx, c change, try limit.Try) (e Entry, events []event.Event, err error) {
	signed, _, err := factor.Approve(tx, Asker(c.who), factor.Operation{Kind: "authn_password_change", Target: "account:" + c.who.Account})
	if err != nil {
		return Entry{}, nil, err
	}
	if _, err := replace(tx, c); err != nil {
		return Entry{}, nil, err
	}
	if err := session.DropHalf(tx, c.who.Account); err != nil {
		return Entry{}, nil, err
	}
	unlocked, err := s.Limits.Passed(tx, try)
	if err != nil {
		return Entry{}, nil, err
	}
	token, renewed, err := session.Renew(tx, c.who, c.who.Proof)
	if err != nil {
		return Entry{}, nil, err
	}
	ended, err := session.EndOthers(tx, c.who)
	changed := event.PasswordChanged{Account: c.who.Account, Session: c.who.Hash, Ended: len(ended), Signed: signed}
	c.who.Stepped = tx.Now
	return Entry{Token: token, Session: c.who}, slices.Concat([]event.Event{changed}, renewed, ended, unlocked), err
}

// replace puts a new credential where the one was that was checked.
func replace(tx *db.Tx, c change) (id string, err error) {
	dropped, err := tx.Exec(sqlDropCredential, c.credential)
	if err != nil {
		return "", err
	}
	if dropped == 0 {
		return "", errOutdated
	}
	id = event.NewID("f_")
	if _, err = tx.Exec(sqlInsertCredential, id, c.who.Account, c.phc, tx.Now.UnixMicro()); err != nil {
		return "", err
	}
	// Whoever may set a password does not want another to be set by an old link.
	return id, errors.Join(voidLinks(tx, c.who.Account), showCards(tx, c.who.Account))
}

// notPresent says beside its field that the present password was not known. The
// log has it already.
func notPresent() *fault.Error {
	f := fault.New(fault.Invalid, "Your password was not changed.")
	f.Fields = []fault.Field{{Name: presentField, Rule: "wrong", Text: "That is not your present password."}}
	f.Recorded = true
	return f
}
