package proof

import (
	"crypto/sha256"
	"encoding/base64"
)

// operationForm begins the text that a person signs.
const operationForm = "coffer/operation/v1"

// Operation is the text that a person signs with a passkey: which event, of what
// target, of whom, and a nonce that makes it good for once.
func Operation(nonce, kind, target, person string) []byte {
	return []byte(operationForm + "\n" + nonce + "\n" + kind + "\n" + target + "\n" + person + "\n")
}

// Challenge is the hash of that text, as the browser gives it to the passkey and
// writes it into the client data.
func Challenge(nonce, kind, target, person string) string {
	sum := sha256.Sum256(Operation(nonce, kind, target, person))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Assertion is the member signed of an event's data: what a passkey answered. All
// of it is base64url without padding.
type Assertion struct {
	Credential        string `json:"credential"`
	Nonce             string `json:"nonce"`
	ClientData        string `json:"client_data"`
	AuthenticatorData string `json:"authenticator_data"`
	Signature         string `json:"signature"`
}

// Passkey is what the log says of one where it is enrolled.
type Passkey struct {
	Credential string
	// Algorithm is COSE's number: -7 ES256, -8 EdDSA, -257 RS256.
	Algorithm int
	// PublicKey is the SubjectPublicKeyInfo, base64url without padding.
	PublicKey string
	// RP and Origin are the relying party and the site at which it was enrolled.
	RP, Origin string
}

// Misfit is why a signature does not show that its person asked for its event: a
// word, and a reason for people. The zero value says that it does.
type Misfit struct{ What, Why string }

// The words of misfits.
const (
	illegible  = "unreadable" // it is no signature of a passkey at all
	moved      = "moved"      // it was given for something else
	foreign    = "foreign"    // it was given on another site
	unattended = "unattended" // the passkey did not ask who was there
	replayed   = "replayed"   // another event has used it
	unenrolled = "unenrolled" // the person never had such a passkey
	outlived   = "outlived"   // the passkey was removed before
	invented   = "forged"     // the passkey did not make it
)

// Fits judges an assertion as the verifier does that knows the passkey; whether
// its nonce was used before, and the passkey removed, only a log tells. Whoever
// writes an event asks this first: what does not fit here would make the log
// look falsified.
func (p Passkey) Fits(a Assertion, kind, target, person string) Misfit {
	o, ok := opened(a)
	if !ok {
		return Misfit{illegible, notAnAnswer}
	}
	if m := o.over(kind, target, person); m != (Misfit{}) {
		return m
	}
	if m := o.at(p.site()); m != (Misfit{}) {
		return m
	}
	der, ok := fromBase64URL(p.PublicKey)
	if ok = ok && a.Credential == p.Credential; ok {
		if verify := verifier(p.Algorithm, der); verify != nil && verify(o.message, o.signature) {
			return Misfit{}
		}
	}
	return Misfit{invented, notItsKey}
}

const (
	notAnAnswer = "it is not what a passkey answers"
	notItsKey   = "it does not verify under the public key that was enrolled"
)

// fromBase64URL reads base64url without padding, as it would be written.
func fromBase64URL(s string) (b []byte, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	return b, err == nil && base64.RawURLEncoding.EncodeToString(b) == s
}
