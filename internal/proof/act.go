package proof

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The events that change who holds which passkey.
const (
	enrolledEvent = "authn_factor_enrolled"
	removedEvent  = "authn_factor_removed"
	erasedEvent   = "user_erased"
)

// signing says whether a person could have signed what an event tells.
type signing int

const (
	unsignable signing = iota
	counted            // a card's number was shown, or a factor changed
	further            // the password changed, the data went out, the account went
)

// signable is what an event is. A card's page without its number is not signed
// for. A visitor's text cannot hold the member, since the quotes in it are
// escaped.
func signable(event, rest []byte) signing {
	switch string(event) {
	case "sensitive_read":
		if bytes.Contains(rest, []byte(`,"part":"number"`)) {
			return counted
		}
	case enrolledEvent, removedEvent:
		return counted
	case "authn_password_change", "user_exported", erasedEvent:
		return further
	}
	return unsignable
}

// signedObject is how the member begins where somebody signed, and signedInner a
// part of it that is looked for first, once in each chunk and not in each line: a
// brace is rare, and a quote is not.
var signedObject, signedInner = []byte(`"signed":{"credential":"`), []byte(`{"credential":"`)

// act is a line about what a person can sign, or about who holds a passkey.
type act struct {
	line int // in its chunk
	signing
	told *told // what it says, where it was read whole
}

// told is what such a line says.
type told struct {
	event, subject, target string

	signed     bool   // it carries a signature
	credential string // of the passkey that is said to have made it
	answer     answer
	misfit     Misfit // what is wrong with it already

	passkey *Passkey // that it enrols
}

// act notes a line that is one.
func (c *chunk) act(i int, event, rest []byte) {
	a := act{line: i, signing: signable(event, rest)}
	carries := c.carries && bytes.Contains(rest, signedObject)
	if a.signing == unsignable && !carries {
		return
	}
	if holds := string(event); carries || holds == enrolledEvent || holds == removedEvent || holds == erasedEvent {
		a.told = tell(c.lines[i])
	}
	c.acts = append(c.acts, a)
}

// tell reads a line whole. It must have the form in which Coffer writes lines:
// else two readers could see two events in it.
func tell(line []byte) *told {
	top, ok := object(line)
	data, okData := object(top["data"])
	if !ok || !okData || form(line) != "" {
		return &told{misfit: Misfit{illegible, "the line is not in the form in which Coffer writes lines"}}
	}
	s := &told{event: text(top["event"]), subject: text(top["subject"]), target: text(data["target"])}
	if s.event == enrolledEvent && strings.HasPrefix(s.target, "passkey:") {
		s.passkey = &Passkey{
			Credential: text(data["credential"]), Algorithm: whole(data["algorithm"]), PublicKey: text(data["public_key"]),
			RP: text(data["rp"]), Origin: text(data["origin"]),
		}
	}
	if s.signed = bytes.HasPrefix(data["signed"], []byte("{")); s.signed {
		s.claims(data["signed"])
	}
	return s
}

// claims takes the signature apart.
func (s *told) claims(raw json.RawMessage) {
	members, ok := object(raw)
	s.credential = text(members["credential"])
	if ok {
		s.answer, ok = opened(Assertion{
			Credential: s.credential, Nonce: text(members["nonce"]), ClientData: text(members["client_data"]),
			AuthenticatorData: text(members["authenticator_data"]), Signature: text(members["signature"]),
		})
	}
	if !ok {
		s.misfit = Misfit{illegible, notAnAnswer}
		return
	}
	s.misfit = s.answer.over(s.event, s.target, s.subject)
}

// object reads an object by its exact names, and refuses one that has a name
// twice.
func object(raw []byte) (members map[string]json.RawMessage, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	members = map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if _, twice := members[name.(string)]; twice || d.Decode(&value) != nil {
			return nil, false
		}
		members[name.(string)] = value
	}
	_, err := d.Token()
	return members, err == nil && d.InputOffset() == int64(len(raw))
}

func whole(raw json.RawMessage) (n int) {
	if json.Unmarshal(raw, &n) != nil {
		return 0
	}
	return n
}

// subjectOf finds whom a line is about, without reading it whole.
func subjectOf(line []byte) string {
	const member = `,"subject":`
	_, rest, _ := bytes.Cut(line, []byte(member+`"`))
	raw, _, _ := bytes.Cut(rest, []byte(`"`))
	if bytes.IndexByte(raw, '\\') >= 0 {
		return tell(line).subject
	}
	return string(raw)
}
