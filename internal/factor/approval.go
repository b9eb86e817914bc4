package factor

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
)

// ApprovalAge is how long what a passkey signed for one operation can be used.
const ApprovalAge = time.Minute

// Fresh is how long any other proof of the person lasts.
const Fresh = 5 * time.Minute

// ErrUnproven says that whoever asks has to prove first who they are.
var ErrUnproven = fault.New(fault.Forbidden, "Confirm that it is you.")

// Operation is one thing that a person has to be proven for. A target that ends
// with its colon is one whose id is not known yet; an empty Kind stands for
// pages that only lead to an operation.
type Operation struct{ Kind, Target string }

// open reports that the id is not known yet.
func (o Operation) open() bool { return strings.HasSuffix(o.Target, ":") }

// Asker is who asks, and how they last proved themselves in their session.
type Asker struct {
	Account, Session string
	// Stepped is when, and Proof with what: signin, password, or a factor's kind.
	Stepped time.Time
	Proof   string
	// Rotated says that the token presented was replaced: it proves nothing new.
	Rotated bool
}

// fresh reports that the person proved themselves within the last minutes with
// something that counts for what they hold: a passkey signs each operation by
// itself, and beside any second factor the password alone is too little.
func (a Asker) fresh(h Held, op Operation, now time.Time) bool {
	if a.Rotated || now.Sub(a.Stepped) >= Fresh {
		return false
	}
	switch {
	case !h.Second():
		return true
	case len(h.Passkeys) > 0 && op.Kind != "":
		return a.Proof == TOTP || a.Proof == Recovery
	}
	return a.Proof != "password"
}

const (
	sqlApprovals = `SELECT p.target, p.credential, p.nonce, p.client, p.device, p.signature
FROM approval p JOIN credential c ON c.handle = p.credential AND c.kind = 'passkey'
WHERE p.session = $1 AND p.kind = $2 AND p.created > $3 AND c.account = $4 ORDER BY p.created DESC, p.target`

	sqlIsOver = `SELECT COUNT(*) FROM session WHERE id = $1 AND ended IS NOT NULL`

	sqlDropApproval = `DELETE FROM approval WHERE session = $1 AND kind = $2 AND target = $3`

	sqlApprove = `INSERT INTO approval (session, kind, target, created, credential, nonce, client, device, signature)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
)

// approval is what was signed, and for which target. One of a passkey that was
// removed meanwhile is none.
type approval struct {
	target string
	signed event.Signed
}

func find(query querier, a Asker, op Operation, now time.Time) (found approval, ok bool, err error) {
	rows, err := query(sqlApprovals, a.Session, op.Kind, now.Add(-ApprovalAge).UnixMicro(), a.Account)
	if err != nil {
		return approval{}, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var p approval
		s := &p.signed
		if err := rows.Scan(&p.target, &s.Credential, &s.Nonce, &s.ClientData, &s.AuthenticatorData, &s.Signature); err != nil {
			return approval{}, false, err
		}
		if p.target == op.Target || op.open() && strings.HasPrefix(p.target, op.Target) {
			if found, ok = p, true; s.Signature == event.Unsigned.Signature {
				found.signed = event.Unsigned
			}
			break
		}
	}
	return found, ok, errors.Join(rows.Close(), rows.Err())
}

// Ready tells whether the operation may go on, outside of any transaction: the
// guard asks this, and Approve decides.
func Ready(ctx context.Context, r *db.Reader, a Asker, h Held, op Operation, now time.Time) (ready bool, err error) {
	if a.fresh(h, op, now) {
		return true, nil
	}
	if op.Kind == "" || a.Rotated || len(h.Passkeys) == 0 {
		return false, nil
	}
	query := func(q string, args ...any) (*sql.Rows, error) { return r.Query(ctx, q, args...) }
	_, ready, err = find(query, a, op, now)
	return ready, err
}

// Approve lets an operation go on within the transaction of its effect, or gives
// ErrUnproven. Where a passkey signed for it, that signature is used up and
// given, with the target that it is for; else what is given is Unsigned.
//
// A session that another process ended a moment ago proves nobody either.
func Approve(tx *db.Tx, a Asker, op Operation) (signed event.Signed, target string, err error) {
	var over int
	if err := tx.QueryRow(sqlIsOver, a.Session).Scan(&over); err != nil {
		return event.Signed{}, "", err
	}
	if over > 0 {
		return event.Signed{}, "", ErrUnproven
	}
	if !a.Rotated {
		p, ok, err := find(tx.Query, a, op, tx.Now)
		if err != nil {
			return event.Signed{}, "", err
		}
		if ok {
			_, err = tx.Exec(sqlDropApproval, a.Session, op.Kind, p.target)
			return p.signed, p.target, err
		}
	}
	h, err := HeldIn(tx, a.Account)
	if err != nil {
		return event.Signed{}, "", err
	}
	if !a.fresh(h, op, tx.Now) {
		return event.Signed{}, "", ErrUnproven
	}
	if target = op.Target; op.open() {
		target += event.NewID("f_")
	}
	return event.Unsigned, target, nil
}

// Allow keeps what a passkey signed, for the operation of the session; by is the
// passkey's id, for what is proven and not signed too.
func Allow(tx *db.Tx, session string, op Operation, by string, s event.Signed) error {
	if _, err := tx.Exec(sqlDropApproval, session, op.Kind, op.Target); err != nil {
		return err
	}
	_, err := tx.Exec(sqlApprove, session, op.Kind, op.Target, tx.Now.UnixMicro(), by, s.Nonce, s.ClientData, s.AuthenticatorData, s.Signature)
	return err
}

const (
	sqlSpend = `INSERT INTO spent (nonce, until) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING`

	sqlIsSpent = `SELECT COUNT(*) FROM spent WHERE nonce = $1`

	sqlForgetSpent = `DELETE FROM spent WHERE until <= $1`

	sqlForgetApprovals = `DELETE FROM approval WHERE created <= $1`
)

// Spend notes that a question was answered; first is false for any later answer.
func Spend(tx *db.Tx, nonce string, until time.Time) (first bool, err error) {
	n, err := tx.Exec(sqlSpend, nonce, until.UnixMicro())
	return n == 1, err
}

// IsSpent tells whether a question was answered.
func IsSpent(ctx context.Context, r *db.Reader, nonce string) (spent bool, err error) {
	var n int
	err = r.QueryRow(ctx, sqlIsSpent, nonce).Scan(&n)
	return n > 0, err
}

// Forget removes what can serve nobody any more.
func Forget(tx *db.Tx) error {
	if _, err := tx.Exec(sqlForgetSpent, tx.Now.UnixMicro()); err != nil {
		return err
	}
	_, err := tx.Exec(sqlForgetApprovals, tx.Now.Add(-ApprovalAge).UnixMicro())
	return err
}
