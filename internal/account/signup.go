package account

import (
	"context"
	"net/http"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
)

// SignUp makes an account and signs its person in. All faults of the form are
// told at once.
func (s *Service) SignUp(ctx context.Context, username string, password secret.Text) (Entry, error) {
	wrong := append(checkName(username), s.Policy.Check(username, password)...)
	if len(wrong) > 0 {
		return Entry{}, invalid("/signup", wrong)
	}
	// Counted only now: mistakes in the form cost nobody a sign-up, while every
	// attempt that would tell whether a name is taken does.
	if err := s.limited(ctx, limit.SignUp, ""); err != nil {
		return Entry{}, err
	}
	phc, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return Entry{}, err
	}
	p := person{id: event.NewID("u_"), username: username, role: Holder}
	var entry Entry
	err = s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		if err := insert(tx, p, phc); err != nil {
			return nil, err
		}
		// What was counted for the name before anybody had it is theirs now.
		if err := limit.Claim(tx, s.lockName(username), p.id); err != nil {
			return nil, err
		}
		var events []event.Event
		entry, events, err = enter(ctx, tx, p, bySignUp)
		return append([]event.Event{event.UserCreated{Account: p.id, Role: p.role}}, events...), err
	})
	if err != nil {
		return Entry{}, err
	}
	return entry, nil
}

// insert stores the account, unless its name is taken: two that ask for one
// name at once are told apart by the database.
func insert(tx *db.Tx, p person, phc string) error {
	now := tx.Now.UnixMicro()
	key := nameKey(p.username)
	stored, err := tx.Exec(sqlInsertAccount, p.id, p.username, key, p.role, now)
	if err != nil {
		return err
	}
	if stored == 0 {
		var holder string
		if err := tx.QueryRow(sqlNameHolder, key).Scan(&holder); err != nil {
			return err
		}
		return taken(holder)
	}
	_, err = tx.Exec(sqlInsertCredential, event.NewID("f_"), p.id, phc, now)
	return err
}

func taken(holder string) *fault.Error {
	f := fault.New(fault.Conflict, "This username is taken.", event.SignupFailed{Account: holder, Reason: "name_taken"})
	f.Status = http.StatusUnprocessableEntity
	f.Fields = []fault.Field{{Name: "username", Rule: "taken", Text: "This username is taken. Please choose another."}}
	return f
}

// invalid is the fault for a form with broken rules; the event names fields and
// rules and nothing that was typed.
func invalid(form string, wrong []fault.Field) *fault.Error {
	e := event.InputInvalid{Form: form}
	for _, w := range wrong {
		e.Fields = append(e.Fields, event.FieldRule{Field: w.Name, Rule: w.Rule})
	}
	f := fault.New(fault.Invalid, "Please look at the marked fields.", e)
	f.Fields = wrong
	return f
}
