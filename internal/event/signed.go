package event

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Signed is a person's own signature over one operation: what their passkey
// answered when it was asked for exactly this. Every part is base64url without
// padding. The operation's text (see Operation) is signed by way of its hash,
// which is the challenge in ClientData.
type Signed struct {
	// Credential is the passkey's id, as its enrolment has it.
	Credential string
	// Nonce makes the operation one of its kind.
	Nonce string
	// ClientData is the browser's part of what was signed, AuthenticatorData the
	// passkey's, and Signature is over both (WebAuthn Level 3, 6.3.3).
	ClientData, AuthenticatorData, Signature string
}

// Unsigned is written where a person could have signed and did not.
var Unsigned = Signed{Signature: "none"}

// UnmarshalJSON reads what a line has: the word none, or the object.
func (s *Signed) UnmarshalJSON(b []byte) error {
	if string(b) == `"none"` {
		*s = Unsigned
		return nil
	}
	var o struct {
		Credential        string `json:"credential"`
		Nonce             string `json:"nonce"`
		ClientData        string `json:"client_data"`
		AuthenticatorData string `json:"authenticator_data"`
		Signature         string `json:"signature"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(&o)
	*s = Signed(o)
	return err
}

// Operation is the text whose SHA-256 a passkey signs as its challenge: what is
// to be done (the event's name), to what (its target), by whom (the account).
func Operation(nonce, kind, target, person string) string {
	return "coffer/operation/v1\n" + nonce + "\n" + kind + "\n" + target + "\n" + person + "\n"
}

// Key is binary data of a person's passkey as base64url text without padding:
// an id or a public key.
type Key string

// The longest parts of a signature and of a key in a line, in bytes of text. The
// longest that browsers give are less than half as long.
const (
	maxKey    = 2048
	maxSigned = 4096
)

// Fits reports that the line has room for every part. What does not fit is
// refused before, since a signature that is cut proves nothing.
func (s Signed) Fits() (fits bool) {
	return len(s.Credential) <= maxKey && len(s.Nonce) <= maxWord && len(s.ClientData) <= maxSigned &&
		len(s.AuthenticatorData) <= maxSigned && len(s.Signature) <= maxKey
}

// appendSigned writes the object, or none.
func appendSigned(b []byte, v reflect.Value) []byte {
	s, _ := reflect.TypeAssert[Signed](v)
	if s == (Signed{}) || s == Unsigned {
		return append(b, `"none"`...)
	}
	b = appendString(append(b, `{"credential":`...), encoded(s.Credential, maxKey))
	b = appendString(append(b, `,"nonce":`...), encoded(s.Nonce, maxWord))
	b = appendString(append(b, `,"client_data":`...), encoded(s.ClientData, maxSigned))
	b = appendString(append(b, `,"authenticator_data":`...), encoded(s.AuthenticatorData, maxSigned))
	b = appendString(append(b, `,"signature":`...), encoded(s.Signature, maxKey))
	return append(b, '}')
}

// encoded is base64url text as it is; anything else can only be a mistake.
func encoded(s string, limit int) string {
	for i := range len(s) {
		if !letterOrDigit(s[i]) && s[i] != '-' && s[i] != '_' {
			return CleanText(s, maxWord)
		}
	}
	return s[:min(len(s), limit)]
}
