package account

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// RemovalWait is how long a person is told that their second factors will be
// taken off, before they can be; removalLife is how long each step of it is good.
const (
	RemovalWait = 24 * time.Hour
	removalLife = 7 * 24 * time.Hour
)

const factorsForm = "/people/{id}/factors"

const (
	sqlRemoval = `SELECT asked_by, asked, COALESCE(agreed_by, ''), COALESCE(due, 0) FROM factor_removal WHERE account = $1`

	sqlAskRemoval = `INSERT INTO factor_removal (account, asked_by, asked) VALUES ($1, $2, $3)
ON CONFLICT (account) DO UPDATE SET asked_by = excluded.asked_by, asked = excluded.asked, agreed_by = NULL, due = NULL`

	sqlAgreeRemoval = `UPDATE factor_removal SET agreed_by = $1, due = $2 WHERE account = $3`

	sqlEndRemoval = `DELETE FROM factor_removal WHERE account = $1`

	sqlSecond = `SELECT COUNT(*) FROM credential WHERE account = $1 AND kind IN ('totp', 'passkey')`
)

// Removal is the wish of administrators to take a person's second factors off.
type Removal struct {
	// AskedBy asked and AgreedBy agreed; without the second, another has to.
	AskedBy, AgreedBy string
	Asked             time.Time
	// Due is from when on it can be done, once another agreed.
	Due time.Time
}

// Open reports that it is still wanted: what nobody went on with for a week is not.
func (r Removal) Open(now time.Time) (open bool) {
	if r.AgreedBy != "" {
		return now.Before(r.Due.Add(removalLife))
	}
	return r.AskedBy != "" && now.Before(r.Asked.Add(removalLife))
}

// Ripe reports that it can be done now.
func (r Removal) Ripe(now time.Time) (ripe bool) {
	return r.AgreedBy != "" && r.Open(now) && !now.Before(r.Due)
}

// Removal is what is under way for a person's second factors; its zero value is
// nothing.
func (s *Service) Removal(ctx context.Context, account string) (Removal, error) {
	r, err := scanRemoval(s.Read.QueryRow(ctx, sqlRemoval, account))
	if err != nil || !r.Open(s.Now()) {
		return Removal{}, cannot(err)
	}
	return r, nil
}

func scanRemoval(row *sql.Row) (r Removal, err error) {
	var asked, due int64
	err = row.Scan(&r.AskedBy, &asked, &r.AgreedBy, &due)
	if errors.Is(err, sql.ErrNoRows) {
		return Removal{}, nil
	}
	r.Asked, r.Due = instant(asked), instant(due)
	return r, err
}

// removalIn is Removal within a transaction. One whose asker is no
// administrator any more, and to which nobody agreed, is none.
func removalIn(tx *db.Tx, account string) (Removal, error) {
	r, err := scanRemoval(tx.QueryRow(sqlRemoval, account))
	if err != nil || !r.Open(tx.Now) {
		return Removal{}, err
	}
	if r.AgreedBy == "" {
		role, disabled, err := stateOf(tx, r.AskedBy)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return Removal{}, err
		}
		if err != nil || role != Admin || disabled {
			return Removal{}, nil // nobody of them asks any more
		}
	}
	return r, nil
}

// AskRemoval has an administrator ask that somebody's second factors be taken off.
func (s *Service) AskRemoval(ctx context.Context, who session.Session, id string) (signed bool, err error) {
	return s.remove(ctx, who, id, func(tx *db.Tx, r Removal) ([]event.Event, error) {
		if r.AskedBy != "" {
			return nil, errNothing
		}
		var factors int
		if err := tx.QueryRow(sqlSecond, id).Scan(&factors); err != nil {
			return nil, err
		}
		if factors == 0 {
			return nil, inForm(factorsForm, "account", "none", "There is no second factor to take off. A link sets the password.")
		}
		_, err := tx.Exec(sqlAskRemoval, id, who.Account, tx.Now.UnixMicro())
		return []event.Event{event.UserUpdated{Account: id, Change: "factors_asked"}}, err
	})
}

// AgreeRemoval has another administrator agree; the wait begins.
func (s *Service) AgreeRemoval(ctx context.Context, who session.Session, id string) (signed bool, err error) {
	return s.remove(ctx, who, id, func(tx *db.Tx, r Removal) ([]event.Event, error) {
		switch {
		case r.AskedBy == "":
			return nil, inForm(factorsForm, "step", "order", "Nobody asks for that any more.")
		case r.AgreedBy != "":
			return nil, errNothing
		case r.AskedBy == who.Account:
			return nil, inForm(factorsForm, "step", "own", "You asked for it, so another administrator has to agree.")
		}
		_, err := tx.Exec(sqlAgreeRemoval, who.Account, tx.Now.Add(RemovalWait).UnixMicro(), id)
		return []event.Event{event.UserUpdated{Account: id, Change: "factors_agreed"}}, err
	})
}

// remove takes one step, signed, for somebody else's account.
func (s *Service) remove(ctx context.Context, who session.Session, id string, step func(*db.Tx, Removal) ([]event.Event, error)) (signed bool, err error) {
	signed, err = s.Log.CommitSealed(ctx, func(tx *db.Tx) ([]event.Event, error) {
		if _, err := meant(tx, who, id); err != nil {
			return nil, err
		}
		if id == who.Account {
			return nil, inForm(factorsForm, "account", "own", "For your own account two other administrators have to do that.")
		}
		r, err := removalIn(tx, id)
		if err != nil {
			return nil, err
		}
		return step(tx, r)
	})
	if errors.Is(err, errNothing) {
		return true, nil
	}
	return signed, err
}

// LinkRemoving makes the link that takes somebody's second factors off once it
// is used, where the wait is over.
func (s *Service) LinkRemoving(ctx context.Context, who session.Session, id string) (link secret.Text, err error) {
	err = s.operate(ctx, who, id, func(tx *db.Tx) ([]event.Event, error) {
		r, err := removalIn(tx, id)
		if err != nil {
			return nil, err
		}
		if !r.Ripe(tx.Now) {
			return nil, inForm(factorsForm, "step", "order", "The wait is not over, or nobody wants it any more.")
		}
		if _, err := tx.Exec(sqlEndRemoval, id); err != nil {
			return nil, err
		}
		token, events, err := startReset(tx, id, CoversFactors, who.Account)
		link = token
		return events, err
	})
	return link, err
}

// CancelRemoval has an administrator end it.
func (s *Service) CancelRemoval(ctx context.Context, who session.Session, id string) error {
	return s.operate(ctx, who, id, func(tx *db.Tx) ([]event.Event, error) { return keepFactors(tx, id) })
}

// KeepFactors has the person themselves end it.
func (s *Service) KeepFactors(ctx context.Context, who session.Session) error {
	err := s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		events, err := keepFactors(tx, who.Account)
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

func keepFactors(tx *db.Tx, account string) ([]event.Event, error) {
	n, err := tx.Exec(sqlEndRemoval, account)
	if err != nil || n == 0 {
		return nil, err
	}
	return []event.Event{event.UserUpdated{Account: account, Change: "factors_kept"}}, nil
}
