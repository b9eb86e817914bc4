package account

import (
	"slices"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

const (
	sqlAddAccount = `INSERT INTO account (id, username, username_key, role, created)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (username_key) DO NOTHING`

	sqlDisable = `UPDATE account SET disabled = $1 WHERE id = $2 AND disabled IS NULL`

	sqlEnable = `UPDATE account SET disabled = NULL WHERE id = $1 AND disabled IS NOT NULL`

	sqlIsDisabled = `SELECT COUNT(*) FROM account WHERE id = $1 AND disabled IS NOT NULL`
)

// Add makes an account for somebody, within the transaction of its events. It
// has no password: nobody can sign in before its person set one by the link.
func Add(tx *db.Tx, username, role, by string) (link secret.Text, events []event.Event, err error) {
	if wrong := checkName(username); len(wrong) > 0 {
		return secret.Text{}, nil, fault.New(fault.Invalid, wrong[0].Text)
	}
	if !slices.Contains(Roles, role) {
		return secret.Text{}, nil, noRole(role)
	}
	id := event.NewID("u_")
	stored, err := tx.Exec(sqlAddAccount, id, username, nameKey(username), role, tx.Now.UnixMicro())
	if err != nil {
		return secret.Text{}, nil, err
	}
	if stored == 0 {
		return secret.Text{}, nil, fault.New(fault.Conflict, "Somebody has this name already.")
	}
	link, started, err := startReset(tx, id, CoversPassword, by)
	return link, append([]event.Event{event.UserCreated{Account: id, Role: role}}, started...), err
}

// Reset makes a link by which the person sets a new password, within the
// transaction of its events.
func Reset(tx *db.Tx, username, covers, by string) (link secret.Text, events []event.Event, err error) {
	id, err := holderOf(tx, username)
	if err != nil {
		return secret.Text{}, nil, err
	}
	return startReset(tx, id, covers, by)
}

// Disable keeps a person from signing in, and ends their sessions, within the
// transaction of its events.
func Disable(tx *db.Tx, username string) ([]event.Event, error) {
	id, err := holderOf(tx, username)
	if err != nil {
		return nil, err
	}
	events, err := disable(tx, id)
	if err == nil && len(events) == 0 {
		err = fault.New(fault.Conflict, "This account is disabled already.")
	}
	return events, err
}

// Enable takes that back.
func Enable(tx *db.Tx, username string) ([]event.Event, error) {
	id, err := holderOf(tx, username)
	if err != nil {
		return nil, err
	}
	events, err := enable(tx, id)
	if err == nil && len(events) == 0 {
		err = fault.New(fault.Conflict, "This account is not disabled.")
	}
	return events, err
}

// disable gives no events where the account is disabled already.
func disable(tx *db.Tx, id string) ([]event.Event, error) {
	n, err := tx.Exec(sqlDisable, tx.Now.UnixMicro(), id)
	if err != nil || n == 0 {
		return nil, err
	}
	if err := voidLinks(tx, id); err != nil {
		return nil, err
	}
	// Whoever cannot sign in cannot keep their factors either.
	if _, err := tx.Exec(sqlEndRemoval, id); err != nil {
		return nil, err
	}
	if err := session.DropHalf(tx, id); err != nil {
		return nil, err
	}
	ended, err := session.EndOthers(tx, session.Session{Account: id})
	return append([]event.Event{event.UserArchived{Account: id, Ended: len(ended)}}, ended...), err
}

func enable(tx *db.Tx, id string) ([]event.Event, error) {
	n, err := tx.Exec(sqlEnable, id)
	if err != nil || n == 0 {
		return nil, err
	}
	return []event.Event{event.UserUpdated{Account: id, Change: "enabled"}}, nil
}

// enableUnlocked is enable, and lifts every lock of the account.
func enableUnlocked(tx *db.Tx, id string) ([]event.Event, error) {
	events, err := enable(tx, id)
	if err != nil {
		return nil, err
	}
	unlocked, err := limit.Unlock(tx, id)
	return append(events, unlocked...), err
}

// barDisabled refuses to let a disabled person in, whatever they proved. It
// answers like any refused sign-in.
func barDisabled(tx *db.Tx, account string) error {
	var n int
	if err := tx.QueryRow(sqlIsDisabled, account).Scan(&n); err != nil || n == 0 {
		return err
	}
	f := notIn(refusal)
	f.Recorded, f.Events = false, []event.Event{event.LoginFailed{Account: account, Reason: "disabled"}}
	return f
}
