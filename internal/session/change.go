package session

import (
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/secret"
)

// ErrReplaced says that another request renewed the session first, or ended it.
var ErrReplaced = fault.New(fault.SignedOut, "This sign-in was renewed or ended a moment ago. Please load the page again.")

// Entry says who signs in and how.
type Entry struct {
	Account string
	Level   string
	Method  string // for the log
	// SourceIP and UserAgent are shown to the person in their list of sessions.
	SourceIP, UserAgent string
}

// Issue starts a session. If it is one too many, the oldest ends.
func Issue(tx *db.Tx, e Entry) (token secret.Text, s Session, events []event.Event, err error) {
	token, hash := newToken()
	s = Session{
		ID: event.NewID("s_"), Account: e.Account, Level: e.Level,
		Created: tx.Now, Seen: tx.Now, Stepped: tx.Now, token: hash,
	}
	s.Hash = hashID(s.ID)
	excess, err := capped(tx, e.Account)
	if err != nil {
		return secret.Text{}, Session{}, nil, err
	}
	now := micro(tx.Now)
	if _, err = tx.Exec(sqlInsert, s.ID, s.Account, s.Level, now, e.SourceIP, e.UserAgent); err != nil {
		return secret.Text{}, Session{}, nil, err
	}
	if _, err = tx.Exec(sqlInsertToken, hash, s.ID, now); err != nil {
		return secret.Text{}, Session{}, nil, err
	}
	created := event.SessionCreated{Account: s.Account, Session: s.Hash, Method: e.Method}
	return token, s, append([]event.Event{created}, excess...), nil
}

// capped ends the oldest sessions until there is room for one more. Those that
// are over by rest or age take no room; the sweep ends them.
func capped(tx *db.Tx, account string) ([]event.Event, error) {
	live, err := ids(tx, sqlLive, account, micro(tx.Now.Add(-Absolute)), micro(tx.Now.Add(-Idle)))
	if err != nil || len(live) < Most {
		return nil, err
	}
	events := []event.Event{event.SessionsExceeded{Account: account, Max: Most}}
	for _, id := range live[:len(live)-Most+1] {
		if _, err := End(tx, id, CapEnd); err != nil {
			return nil, err
		}
		events = append(events, event.SessionExpired{Account: account, Session: hashID(id), Reason: CapEnd})
	}
	return events, nil
}

// Renew replaces the token that s was found by and counts as a step-up. Only
// one request can do that with a token, and none with a replaced one: those get
// ErrReplaced.
func Renew(tx *db.Tx, s Session) (token secret.Text, events []event.Event, err error) {
	if s.Rotated {
		return secret.Text{}, nil, ErrReplaced
	}
	now := micro(tx.Now)
	rotated, err := tx.Exec(sqlRotate, now, s.token)
	if err != nil {
		return secret.Text{}, nil, err
	}
	stepped, err := tx.Exec(sqlStep, now, s.ID)
	if err != nil {
		return secret.Text{}, nil, err
	}
	if rotated == 0 || stepped == 0 {
		return secret.Text{}, nil, ErrReplaced
	}
	token, hash := newToken()
	if _, err = tx.Exec(sqlInsertToken, hash, s.ID, now); err != nil {
		return secret.Text{}, nil, err
	}
	return token, []event.Event{event.SessionRenewed{Account: s.Account, Session: s.Hash}}, nil
}

// End ends the session with all its tokens; ended is false if it was over
// already. The caller says with which event.
func End(tx *db.Tx, id, reason string) (ended bool, err error) {
	n, err := tx.Exec(sqlEnd, micro(tx.Now), reason, id)
	return n == 1, err
}

// Touch writes that the session was used now.
func Touch(tx *db.Tx, id string) error {
	_, err := tx.Exec(sqlSeen, micro(tx.Now), id)
	return err
}

// ids reads a column of ids.
func ids(tx *db.Tx, q string, args ...any) ([]string, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}
