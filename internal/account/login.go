package account

import (
	"context"
	"database/sql"
	"errors"
	"net/http"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
)

// refusal is the one answer to whoever does not get in, whatever the reason.
const refusal = "Name or password is not right."

// known is a person with the password credential that they are checked against.
type known struct {
	person
	credential, phc string
	// disabled counts like a wrong password, whatever was typed.
	disabled bool
	// recovered says that a recovery code set the password, and that no factor of
	// another kind proved its person since.
	recovered bool
}

// errOutdated says that the password was changed while it was being checked.
var errOutdated = fault.New(fault.Invalid, refusal)

// LogIn lets a person in who knows their password; device is the cookie by which
// the browser may be known. A wrong password and a name that nobody has get the
// same answer for the same work: one look-up, one hash, one transaction. So does
// the right one while the name is locked, and whether it is, is asked in that
// transaction alone: of many tries at once, those after the tenth find the lock.
//
// Where the person holds a second factor, the entry is a session that is not
// whole: Verify is the next step, and after is where that one leads.
func (s *Service) LogIn(ctx context.Context, username string, password, device secret.Text, after string) (Entry, error) {
	if err := s.limited(ctx, limit.LogIn, ""); err != nil {
		return Entry{}, err
	}
	who, err := s.find(ctx, sqlByName, nameKey(username))
	if err != nil {
		return Entry{}, err
	}
	match, err := s.check(ctx, who, password)
	if err != nil {
		return Entry{}, err
	}
	a := attempt{Try: s.try(ctx, username, who, device), who: who, match: match, after: after}
	if match {
		a.fresh = s.rehash(ctx, a.Try, who.phc, password)
	}
	v, err := s.judge(ctx, a)
	if errors.Is(err, errHalf) {
		v, err = s.halve(ctx, a)
	}
	if errors.Is(err, errOutdated) {
		a.match = false
		v, err = s.judge(ctx, a)
	}
	switch {
	case err != nil:
		return Entry{}, err
	case v.bar.Shut():
		return Entry{}, barredLogin(v.bar)
	case !a.match:
		return Entry{}, notIn(refusal)
	}
	return v.entry, nil
}

// attempt is a login whose password was looked at.
type attempt struct {
	limit.Try
	who   known
	match bool
	fresh string // the hash under today's settings, where it is due
	after string
}

// verdict is what became of it.
type verdict struct {
	bar   limit.Bar
	entry Entry
}

// judge runs the login's transaction. Of a refusal flood control may sum the
// events up; the counts move all the same.
func (s *Service) judge(ctx context.Context, a attempt) (v verdict, err error) {
	write := s.Log.Refuse
	if a.match {
		write = s.Log.Commit
	}
	err = write(ctx, func(tx *db.Tx) ([]event.Event, error) {
		var events, more []event.Event
		var err error
		v = verdict{} // the transaction may run twice
		if v.bar, events, err = s.Limits.Look(tx, a.Try); err != nil {
			return nil, err
		}
		switch {
		case v.bar.Shut():
			more = []event.Event{event.LoginFailed{Account: a.Account, Typed: a.Typed, Reason: "locked"}}
		case a.match:
			v.entry, more, err = s.admit(ctx, tx, a)
		default:
			more, err = s.refuse(tx, a)
		}
		return append(events, more...), err
	})
	return v, err
}

// find reads a person; one without an id means that there is none.
func (s *Service) find(ctx context.Context, q, by string) (known, error) {
	var k known
	var name string
	var disabled int64
	err := s.Read.QueryRow(ctx, q, by).Scan(&k.id, &k.username, &k.role, &k.credential, &k.phc, &name, &disabled)
	k.disabled, k.recovered = disabled > 0, name == byRecovery
	if errors.Is(err, sql.ErrNoRows) {
		return known{}, nil
	}
	return k, cannot(err)
}

// rehash gives the hash under today's settings, where the stored one has
// others. It is empty where that is not needed or cannot be had now: an old
// hash is a worse reason to keep a person out than to wait for the next login.
// While the name is locked it is not needed, and a second hash would tell that
// the password was right.
func (s *Service) rehash(ctx context.Context, t limit.Try, phc string, password secret.Text) string {
	if !s.Hasher.Stale(phc) {
		return ""
	}
	if open, err := s.Limits.Open(ctx, s.Read, t, s.Now()); err != nil || !open {
		return ""
	}
	fresh, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return ""
	}
	return fresh
}

// admit starts the session of a person whose password was right, within tx.
func (s *Service) admit(ctx context.Context, tx *db.Tx, a attempt) (entry Entry, events []event.Event, err error) {
	held, err := factor.HeldIn(tx, a.who.id)
	if err != nil {
		return Entry{}, nil, err
	}
	if held.Second() {
		return Entry{}, nil, errHalf
	}
	failures, err := cameIn(tx, a.who, a.fresh)
	if err != nil {
		return Entry{}, nil, err
	}
	unlocked, err := s.Limits.Passed(tx, a.Try)
	if err != nil {
		return Entry{}, nil, err
	}
	entry, events, err = enter(ctx, tx, a.who.person, byPassword)
	events = append([]event.Event{succeeded(entry, byPassword, failures)}, events...)
	return entry, append(events, unlocked...), err
}

// cameIn counts anew and says how many attempts failed before.
func cameIn(tx *db.Tx, who known, fresh string) (failures int, err error) {
	err = tx.QueryRow(sqlFailures, who.credential).Scan(&failures)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, errOutdated
	}
	if err != nil {
		return 0, err
	}
	if _, err = tx.Exec(sqlCameIn, tx.Now.UnixMicro(), who.id); err != nil || fresh == "" {
		return failures, err
	}
	_, err = tx.Exec(sqlRehash, fresh, who.credential)
	return failures, err
}

func succeeded(e Entry, method string, failures int) event.Event {
	if failures > 0 {
		return event.LoginSucceededAfterFail{Account: e.Session.Account, Session: e.Session.Hash, Method: method, Failures: failures, Unfamiliar: e.Unfamiliar}
	}
	return event.LoginSucceeded{Account: e.Session.Account, Session: e.Session.Hash, Method: method, Unfamiliar: e.Unfamiliar}
}

// refuse counts a failure within tx. Without an account the same statements run
// and find no account to count for.
func (s *Service) refuse(tx *db.Tx, a attempt) ([]event.Event, error) {
	failed := event.LoginFailed{Account: a.Account, Typed: a.Typed, Reason: "wrong_password"}
	if a.Account == "" {
		failed.Reason = "unknown_name"
	}
	if a.who.disabled {
		failed.Reason = "disabled"
	}
	if _, err := tx.Exec(sqlFailed, a.Account); err != nil {
		return nil, err
	}
	err := tx.QueryRow(sqlAttempt, a.Account).Scan(&failed.Attempt)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	locks, err := s.Limits.Failed(tx, a.Try)
	return append([]event.Event{failed}, locks...), err
}

// notIn is a refusal whose events are in the log already.
func notIn(text string) *fault.Error {
	f := fault.New(fault.Invalid, text)
	f.Status, f.Recorded = http.StatusUnauthorized, true
	return f
}
