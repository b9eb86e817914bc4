package factor

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"coffer/internal/event"
	"coffer/internal/proof"
)

// Answer is a passkey's signature that fits its question.
type Answer struct {
	// Signed is the answer itself; see For.
	Signed event.Signed
	key    kept
	body   string
}

// Presented is the passkey's id that an answer claims, before anything of it is
// believed.
func Presented(answer []byte) (handle string, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errAnswer, err)
	}
	return b64(parsed.RawID), nil
}

// Take judges what a browser answered to Ask.
func (p *Passkeys) Take(o Owner, challenge string, answer []byte) (Answer, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", errAnswer, err)
	}
	c, err := p.lib.ValidateLogin(o, webauthn.SessionData{
		Challenge: challenge, RelyingPartyID: p.RP, UserID: o.WebAuthnID(), UserVerification: protocol.VerificationRequired,
	}, parsed)
	switch {
	case err != nil:
		return Answer{}, fmt.Errorf("%w: %w", errAnswer, err)
	case c.Authenticator.CloneWarning:
		return Answer{}, fmt.Errorf("%w: its counter went back, so there may be two of it", errAnswer)
	}
	k := o.of(c.ID)
	k.Credential = *c
	body, err := json.Marshal(k)
	return Answer{body: string(body), key: k, Signed: event.Signed{
		Credential: b64(parsed.RawID), ClientData: b64(parsed.Raw.AssertionResponse.ClientDataJSON),
		AuthenticatorData: b64(parsed.Raw.AssertionResponse.AuthenticatorData), Signature: b64(parsed.Response.Signature),
	}}, err
}

// of is the owner's passkey of that id.
func (o Owner) of(id []byte) (k kept) {
	for _, k = range o.held {
		if bytes.Equal(k.Credential.ID, id) {
			return k
		}
	}
	return kept{}
}

// For gives the signature as it may stand in the event of an operation: with its
// nonce, if the judge of the log will take it for what it is. If not, the person
// is proven all the same and the event says that nobody signed: the passkey may
// have been enrolled while the server had another address, or a browser may have
// put more into its answer than a line has room for.
func (a Answer) For(op Operation, nonce, person string) event.Signed {
	s := a.Signed
	s.Nonce = nonce
	spki, algorithm, err := publicKey(a.key.Credential.PublicKey)
	if err != nil || !s.Fits() {
		return event.Unsigned
	}
	enrolled := proof.Passkey{Credential: s.Credential, Algorithm: algorithm, PublicKey: b64(spki), RP: a.key.RP, Origin: a.key.Origin}
	if enrolled.Fits(proof.Assertion(s), op.Kind, op.Target, person) != (proof.Misfit{}) {
		return event.Unsigned
	}
	return s
}
