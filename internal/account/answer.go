package account

import (
	"context"
	"net/http"

	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/session"
)

// badAnswer is the answer to a passkey that proves nobody; what was wrong is for
// the operator.
func badAnswer(cause error, failed event.Event) error {
	return &fault.Error{Kind: fault.Invalid, Status: http.StatusUnauthorized, Text: "The passkey was not accepted. Try again, or use another way.", Err: cause, Events: []event.Event{failed}}
}

// unspent refuses an answer to a question that was answered before. Of several
// at once the transaction decides; this is so that a copy is told as what it is.
func (s *Service) unspent(ctx context.Context, q factor.Question, who session.Session) error {
	spent, err := factor.IsSpent(ctx, s.Read, q.Nonce)
	if err != nil {
		return cannot(err)
	}
	return usedBefore(who, !spent)
}

// usedBefore is the answer to an answer that served already.
func usedBefore(who session.Session, first bool) error {
	if first {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Status: http.StatusUnauthorized, Text: "That answer was used already. Try again.",
		Events: []event.Event{event.TokenReused{Account: who.Account, Session: who.Hash, Token: byPasskey, Reason: "used"}},
	}
}
