package session

import (
	"context"
	"database/sql"
	"errors"

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
	// After is where a sign-in leads to that is not whole yet.
	After string
	// SourceIP and UserAgent are shown to the person in their list of sessions.
	SourceIP, UserAgent string
}

// Issue starts a session. If it is one too many, the oldest ends. One whose
// sign-in is not whole makes no event and takes no room: it lets nobody in.
func Issue(tx *db.Tx, e Entry) (token secret.Text, s Session, events []event.Event, err error) {
	token, hash := newToken()
	s = Session{
		ID: event.NewID("s_"), Account: e.Account, Level: e.Level,
		Created: tx.Now, Seen: tx.Now, Stepped: tx.Now, Proof: BySignIn, After: e.After, token: hash,
	}
	s.Hash = hashID(s.ID)
	var excess []event.Event
	if s.Whole() {
		if excess, err = capped(tx, e.Account); err != nil {
			return secret.Text{}, Session{}, nil, err
		}
	}
	now := micro(tx.Now)
	if _, err = tx.Exec(sqlInsert, s.ID, s.Account, s.Level, now, e.SourceIP, e.UserAgent, s.Proof, s.After); err != nil {
		return secret.Text{}, Session{}, nil, err
	}
	if _, err = tx.Exec(sqlInsertToken, hash, s.ID, now, s.Level); err != nil {
		return secret.Text{}, Session{}, nil, err
	}
	if !s.Whole() {
		return token, s, nil, nil
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

// Renew replaces the token that s was found by and counts as a step-up, by the
// proof given. Only one request can do that with a token, and none with a
// replaced one: those get ErrReplaced.
func Renew(tx *db.Tx, s Session, proof string) (token secret.Text, events []event.Event, err error) {
	if token, err = rotate(tx, s, sqlStep, micro(tx.Now), proof, s.ID); err != nil {
		return secret.Text{}, nil, err
	}
	return token, []event.Event{event.SessionRenewed{Account: s.Account, Session: s.Hash}}, nil
}

// Promote makes a sign-in whole whose last step was passed: a session with a
// token of its own. The token of the steps before it stays what it was.
func Promote(tx *db.Tx, s Session, method, proof string) (token secret.Text, whole Session, events []event.Event, err error) {
	excess, err := capped(tx, s.Account)
	if err != nil {
		return secret.Text{}, Session{}, nil, err
	}
	if token, err = rotate(tx, s, sqlPromote, micro(tx.Now), proof, s.ID); err != nil {
		return secret.Text{}, Session{}, nil, err
	}
	s.Level, s.Created, s.Seen, s.Stepped, s.Proof = Full, tx.Now, tx.Now, tx.Now, proof
	created := event.SessionCreated{Account: s.Account, Session: s.Hash, Method: method}
	return token, s, append([]event.Event{created}, excess...), nil
}

// rotate gives the session its next token, if the statement still finds it.
func rotate(tx *db.Tx, s Session, change string, args ...any) (token secret.Text, err error) {
	if s.Rotated {
		return secret.Text{}, ErrReplaced
	}
	now := micro(tx.Now)
	rotated, err := tx.Exec(sqlRotate, now, s.token)
	if err != nil {
		return secret.Text{}, err
	}
	changed, err := tx.Exec(change, args...)
	if err != nil {
		return secret.Text{}, err
	}
	if rotated == 0 || changed == 0 {
		return secret.Text{}, ErrReplaced
	}
	token, hash := newToken()
	_, err = tx.Exec(sqlInsertToken, hash, s.ID, now, Full)
	return token, err
}

// Prove notes a proof of the person that needs no new token: a factor was added
// in this session. What proved them elsewhere was less, and counts no more.
func Prove(tx *db.Tx, s Session, proof string) error {
	if _, err := tx.Exec(sqlProve, micro(tx.Now), proof, s.ID); err != nil {
		return err
	}
	_, err := tx.Exec(sqlUnprove, s.Account, s.ID)
	return err
}

// DropHalf forgets the sign-ins of the account that are not whole: what they
// began with counts no more.
func DropHalf(tx *db.Tx, account string) error {
	if _, err := tx.Exec(sqlHalfTokens, account); err != nil {
		return err
	}
	_, err := tx.Exec(sqlHalf, account)
	return err
}

// DropBegun forgets what the person began from the same address before they came
// in: a second try, or a tab that was closed.
func DropBegun(tx *db.Tx, account, sourceIP string) error {
	if _, err := tx.Exec(sqlHereTokens, account, sourceIP); err != nil {
		return err
	}
	_, err := tx.Exec(sqlHere, account, sourceIP)
	return err
}

// SetPending keeps a sealed text with the session, and Pending gives it back.
func SetPending(tx *db.Tx, id, sealed string) error {
	_, err := tx.Exec(sqlSetPending, sealed, id)
	return err
}

// Pending is what SetPending kept, or empty.
func Pending(ctx context.Context, r *db.Reader, id string) (sealed string, err error) {
	err = r.QueryRow(ctx, sqlPending, id).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return sealed, err
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
