package account

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// general is a proof that is for no operation of the person's own: what
// administrators do to others asks for it, and no event holds the signature.
const general = "authn_stepup_success"

// signable are the operations that a passkey can be asked to sign: the names of
// their events, each with what its target begins with.
var signable = map[string]string{
	"sensitive_read": "card:", "authn_factor_enrolled": "", "authn_factor_removed": "",
	"authn_password_change": "account:", "user_exported": "account:", "user_erased": "account:",
	general: "account:",
}

// enrollable are the targets whose id is made when the question is asked.
var enrollable = []string{factor.TOTP, factor.Passkey, factor.Recovery}

// named is a target: a kind, and an id as Coffer makes them.
var named = regexp.MustCompile(`^[a-z]+:[a-z]_[a-z2-7]{20,40}$`)

// operation reads what a page asks a passkey to sign for. A new factor gets its
// id here, so that the signature is for that one.
func operation(kind, target string, who session.Session) (factor.Operation, error) {
	begins, known := signable[kind]
	if kind == "authn_factor_enrolled" {
		target = strings.TrimSuffix(target, ":")
		known = slices.Contains(enrollable, target)
		target += ":" + event.NewID("f_")
	}
	if begins == "account:" {
		target = "account:" + who.Account
	}
	if !known || !strings.HasPrefix(target, begins) || !named.MatchString(target) {
		wrong := fault.Field{Name: "kind", Rule: "unknown", Text: "There is no such operation."}
		return factor.Operation{}, invalid("/confirm/passkey/begin", []fault.Field{wrong})
	}
	return factor.Operation{Kind: kind, Target: target}, nil
}

// AskApproval begins to have a passkey sign for one operation of this session:
// the hash of the operation's text is what it signs.
func (s *Service) AskApproval(ctx context.Context, who session.Session, kind, target string) (Asked, error) {
	op, err := operation(kind, target, who)
	if err != nil {
		return Asked{}, err
	}
	if !s.Passkeys.Usable() {
		return Asked{}, noPasskeys()
	}
	o, err := factor.OwnerOf(ctx, s.Read, who.Account, who.Username)
	if err != nil {
		return Asked{}, cannot(err)
	}
	if len(o.WebAuthnCredentials()) == 0 {
		return Asked{}, fault.New(fault.Conflict, "There is no passkey to ask. Confirm with your password or a code.")
	}
	nonce := factor.NewNonce()
	options, challenge, err := s.Passkeys.Ask(o, event.Operation(nonce, op.Kind, op.Target, who.Account))
	if err != nil {
		return Asked{}, err
	}
	q := factor.Question{For: factor.ForConfirm, Nonce: nonce, Challenge: challenge, Account: who.Account, Session: who.ID, Operation: op}
	return s.asked(q, options), nil
}

// ApproveBy takes a passkey's answer to AskApproval and keeps it for the
// operation, which has to follow within factor.ApprovalAge.
func (s *Service) ApproveBy(ctx context.Context, who session.Session, kept secret.Text, answer []byte) (e Entry, err error) {
	failed := event.StepUpFailed{Account: who.Account, Session: who.Hash, Method: byPasskey}
	q, ok := s.Factors.OpenQuestion(kept)
	if !ok || q.For != factor.ForConfirm || q.Session != who.ID || who.Rotated || q.Over(s.Now()) {
		return Entry{}, badAnswer(nil, failed)
	}
	if err := s.unspent(ctx, q, who); err != nil {
		return Entry{}, err
	}
	o, err := factor.OwnerOf(ctx, s.Read, who.Account, who.Username)
	if err != nil {
		return Entry{}, cannot(err)
	}
	a, err := s.Passkeys.Take(o, q.Challenge, answer)
	if err != nil {
		return Entry{}, badAnswer(err, failed)
	}
	err = s.Log.Commit(ctx, func(tx *db.Tx) (events []event.Event, err error) {
		if first, err := factor.Spend(tx, q.Nonce, q.Ends()); err != nil || !first {
			return nil, cmp.Or(err, usedBefore(who, first))
		}
		if held, err := a.Use(tx, who.Account); err != nil || !held {
			return nil, cmp.Or(err, badAnswer(nil, failed))
		}
		if err := factor.Allow(tx, who.ID, q.Operation, a.Signed.Credential, a.For(q.Operation, q.Nonce, who.Account)); err != nil {
			return nil, err
		}
		e, events, err = s.renew(tx, who, s.inSession(who), proof{by: session.ByPasskey})
		return events, err
	})
	if errors.Is(err, session.ErrReplaced) {
		return Entry{}, badAnswer(err, failed)
	}
	return e, err
}

// ForgetProofs removes answered questions and signatures that can serve nobody
// any more.
func (s *Service) ForgetProofs(ctx context.Context) error {
	return cannot(s.Log.Touch(ctx, "factor.forget", factor.Forget))
}
