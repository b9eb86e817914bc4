package account

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"unicode"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/session"
)

// Asked is a question to a passkey: what the browser gets, and what it keeps
// until the answer.
type Asked struct {
	Options any
	Kept    secret.Text
}

// maxPasskeys is how many a person may have.
const maxPasskeys = 20

// maxPasskeyName is how long a passkey's name may be, in bytes.
const maxPasskeyName = 64

func idOf(target string) string {
	_, id, _ := strings.Cut(target, ":")
	return id
}

// noPasskeys is the answer where the address can have none.
func noPasskeys() error {
	return fault.New(fault.NotFound, "Passkeys need an address with a name; this server is reached by number.")
}

func (s *Service) asked(q factor.Question, options any) Asked {
	q.Until = s.Now().Add(factor.QuestionAge).UnixMicro()
	return Asked{Options: options, Kept: s.Factors.SealQuestion(q)}
}

// AskNewPasskey begins to add a passkey.
func (s *Service) AskNewPasskey(ctx context.Context, who session.Session) (Asked, error) {
	if !s.Passkeys.Usable() {
		return Asked{}, noPasskeys()
	}
	o, err := factor.OwnerOf(ctx, s.Read, who.Account, who.Username)
	if err != nil {
		return Asked{}, cannot(err)
	}
	options, challenge, err := s.Passkeys.AskNew(o)
	if err != nil {
		return Asked{}, err
	}
	return s.asked(factor.Question{For: factor.ForEnrol, Nonce: factor.NewNonce(), Challenge: challenge, Account: who.Account, Session: who.ID}, options), nil
}

// AddPasskey takes what the browser made of AskNewPasskey.
func (s *Service) AddPasskey(ctx context.Context, who session.Session, kept secret.Text, answer []byte, name string) error {
	q, ok := s.Factors.OpenQuestion(kept)
	failed := event.FactorFailed{Account: who.Account, Session: who.Hash, Step: atEnrol, Method: byPasskey, Reason: "wrong"}
	if !ok || q.For != factor.ForEnrol || q.Session != who.ID {
		return badAnswer(nil, failed)
	}
	if q.Over(s.Now()) {
		failed.Reason = "expired"
		return badAnswer(nil, failed)
	}
	if err := s.unspent(ctx, q, who); err != nil {
		return err
	}
	made, err := s.Passkeys.TakeNew(factor.Owner{ID: who.Account, Name: who.Username}, q.Challenge, answer)
	if err != nil {
		return badAnswer(err, failed)
	}
	return s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		if first, err := factor.Spend(tx, q.Nonce, q.Ends()); err != nil || !first {
			return nil, cmp.Or(err, usedBefore(who, first))
		}
		return s.addPasskey(tx, who, made, name)
	})
}

func (s *Service) addPasskey(tx *db.Tx, who session.Session, made factor.Made, name string) ([]event.Event, error) {
	h, err := factor.HeldIn(tx, who.Account)
	if err == nil && len(h.Passkeys) >= maxPasskeys {
		err = fault.New(fault.Conflict, "There is no room for more passkeys. Remove one that you do not use.")
	}
	if err != nil {
		return nil, err
	}
	op := factor.Operation{Kind: "authn_factor_enrolled", Target: factor.Passkey + ":"}
	signed, target, err := factor.Approve(tx, Asker(who), op)
	if err != nil {
		return nil, err
	}
	added, err := made.Add(tx, who.Account, idOf(target), passkeyName(name, len(h.Passkeys)))
	if err == nil && !added {
		err = badAnswer(nil, event.FactorFailed{Account: who.Account, Session: who.Hash, Step: atEnrol, Method: byPasskey, Reason: "wrong"})
	}
	if err == nil {
		err = enrolled(tx, who, session.ByPasskey)
	}
	return []event.Event{event.FactorEnrolled{
		Account: who.Account, Session: who.Hash, Factor: target, Credential: event.Key(made.Credential), Algorithm: made.Algorithm,
		PublicKey: event.Key(made.Key), RP: s.Passkeys.RP, Origin: s.Passkeys.Origin, Signed: signed,
	}}, err
}

// passkeyName is what its person calls it, or its number.
func passkeyName(typed string, before int) string {
	name := strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, event.CleanText(typed, maxPasskeyName)))
	if name == "" {
		name = "Passkey " + string(rune('A'+before%26))
	}
	return name
}

// AskPasskey begins a sign-in with a passkey: any that the person has here, or
// one of theirs where the password was right already.
func (s *Service) AskPasskey(ctx context.Context, half session.Session) (Asked, error) {
	if !s.Passkeys.Usable() {
		return Asked{}, noPasskeys()
	}
	var o factor.Owner
	var err error
	if half.Account != "" {
		if o, err = factor.OwnerOf(ctx, s.Read, half.Account, half.Username); err != nil {
			return Asked{}, cannot(err)
		}
	}
	options, challenge, err := s.Passkeys.Ask(o, "")
	if err != nil {
		return Asked{}, err
	}
	return s.asked(factor.Question{For: factor.ForLogin, Nonce: factor.NewNonce(), Challenge: challenge, Account: half.Account, Session: half.ID}, options), nil
}

// PasskeyIn lets a person in by a passkey, whether alone or after the password.
func (s *Service) PasskeyIn(ctx context.Context, half session.Session, kept secret.Text, answer []byte, device secret.Text) (Entry, error) {
	q, ok := s.Factors.OpenQuestion(kept)
	failed := event.FactorFailed{Account: half.Account, Step: atLogin, Method: byPasskey, Reason: "wrong"}
	if !ok || q.For != factor.ForLogin || q.Session != half.ID {
		return Entry{}, badAnswer(nil, failed)
	}
	if q.Over(s.Now()) {
		failed.Reason = "expired"
		return Entry{}, badAnswer(nil, failed)
	}
	handle, err := factor.Presented(answer)
	if err != nil {
		return Entry{}, badAnswer(err, failed)
	}
	o, err := factor.OwnerByPasskey(ctx, s.Read, handle)
	if err != nil {
		return Entry{}, cannot(err)
	}
	if o.ID == "" || half.Account != "" && o.ID != half.Account {
		return Entry{}, badAnswer(nil, failed)
	}
	failed.Account = o.ID
	if err := s.unspent(ctx, q, session.Session{Account: o.ID}); err != nil {
		return Entry{}, err
	}
	a, err := s.Passkeys.Take(o, q.Challenge, answer)
	if err != nil {
		return Entry{}, badAnswer(err, failed)
	}
	return s.passkeyIn(ctx, half, q, o, a, device)
}

func (s *Service) passkeyIn(ctx context.Context, half session.Session, q factor.Question, o factor.Owner, a factor.Answer, device secret.Text) (e Entry, err error) {
	k, err := s.find(ctx, sqlByID, o.ID)
	if err != nil {
		return Entry{}, err
	}
	t := s.try(ctx, o.Name, k, device)
	who := half
	who.Account = o.ID
	err = s.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		e = Entry{} // the transaction may run twice
		if first, err := factor.Spend(tx, q.Nonce, q.Ends()); err != nil || !first {
			return nil, cmp.Or(err, usedBefore(session.Session{Account: o.ID}, first))
		}
		if held, err := a.Use(tx, o.ID); err != nil || !held {
			return nil, cmp.Or(err, badAnswer(nil, event.FactorFailed{Account: o.ID, Step: atLogin, Method: byPasskey, Reason: "wrong"}))
		}
		var events []event.Event
		if half.ID != "" {
			e, events, err = s.complete(ctx, tx, who, k, t, proof{by: session.ByPasskey})
		} else {
			e, events, err = s.comeIn(ctx, tx, k, t, byPasskey)
		}
		return events, err
	})
	if errors.Is(err, session.ErrReplaced) {
		return Entry{}, late()
	}
	return e, err
}

// comeIn starts a whole session within tx, whatever proved the person.
func (s *Service) comeIn(ctx context.Context, tx *db.Tx, k known, t limit.Try, method string) (e Entry, events []event.Event, err error) {
	failures, unlocked, err := s.counted(tx, k, t, method == byPasskey)
	if err != nil {
		return Entry{}, nil, err
	}
	e, events, err = enter(ctx, tx, k.person, method)
	return e, append(append([]event.Event{succeeded(e, method, failures)}, events...), unlocked...), err
}
