package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"unicode/utf8"
)

// site is where a passkey was enrolled: of its names, what tells them from others.
type site struct {
	rp     [sha256.Size]byte
	origin id
}

func (p Passkey) site() site { return site{sha256.Sum256([]byte(p.RP)), idOf(p.Origin)} }

// answer is an assertion taken apart.
type answer struct {
	nonce     string
	client    clientData
	rpHash    [sha256.Size]byte
	flags     byte
	message   []byte // what the passkey signed
	signature []byte
}

// clientData is what the browser said of the page that asked.
type clientData struct {
	kind, challenge, origin string
	cross                   bool
}

// Of the authenticator data (Web Authentication, 6.1): the hash of the relying
// party's name, the flags, and a counter are always there.
const (
	authDataSize = sha256.Size + 1 + 4
	userPresent  = 1 << 0
	userVerified = 1 << 2
	// A nonce is at least so long: what repeats by chance makes nothing single.
	nonceSize = 16
)

// opened takes an assertion apart, and reports whether it is one at all.
func opened(a Assertion) (o answer, ok bool) {
	client, okClient := fromBase64URL(a.ClientData)
	auth, okAuth := fromBase64URL(a.AuthenticatorData)
	signature, okSignature := fromBase64URL(a.Signature)
	nonce, okNonce := fromBase64URL(a.Nonce)
	if !okClient || !okAuth || !okSignature || !okNonce || len(nonce) < nonceSize || len(auth) < authDataSize {
		return o, false
	}
	if o.client, ok = readClientData(client); !ok {
		return o, false
	}
	sum := sha256.Sum256(client)
	o.nonce, o.signature, o.message = a.Nonce, signature, append(auth[:len(auth):len(auth)], sum[:]...)
	o.rpHash, o.flags = [sha256.Size]byte(auth), auth[sha256.Size]
	return o, true
}

// readClientData reads the members that matter. Their names are exact: what
// encoding/json takes for the same name is another one to a browser.
func readClientData(b []byte) (c clientData, ok bool) {
	var members map[string]json.RawMessage
	if !utf8.Valid(b) || json.Unmarshal(b, &members) != nil || members == nil {
		return c, false
	}
	return clientData{
		kind: text(members["type"]), challenge: text(members["challenge"]), origin: text(members["origin"]),
		cross: string(members["crossOrigin"]) == "true",
	}, true
}

// text is a member's text; what is none is empty.
func text(raw json.RawMessage) (s string) {
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// over judges what can be judged without the passkey: is it an answer to the
// request for this very event, by a person who was there?
func (o answer) over(kind, target, person string) Misfit {
	switch {
	case o.client.kind != "webauthn.get":
		return Misfit{moved, "it is no answer to a request to sign"}
	case o.client.challenge != Challenge(o.nonce, kind, target, person):
		return Misfit{moved, "it is not over this event, target and person: it was moved here from another event, or this one was changed"}
	case o.client.cross:
		return Misfit{foreign, "it was given inside a page of another site"}
	case o.flags&userPresent == 0:
		return Misfit{unattended, "the passkey says that nobody touched it"}
	case o.flags&userVerified == 0:
		return Misfit{unattended, "the passkey says that it did not verify its user"}
	}
	return Misfit{}
}

// at judges where it was given.
func (o answer) at(s site) Misfit {
	switch {
	case idOf(o.client.origin) != s.origin:
		return Misfit{foreign, "it was given at " + Escape(brevity(o.client.origin)) + ", and the passkey was enrolled elsewhere"}
	case o.rpHash != s.rp:
		return Misfit{foreign, "it was given to another relying party than the passkey was enrolled with"}
	}
	return Misfit{}
}

// brevity keeps a hostile text from filling the report.
func brevity(s string) string {
	const enough = 100
	if len(s) <= enough {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:enough]), nil)) + "…"
}
