package forge

import (
	"path/filepath"
	"strings"
)

// Signed is what must be said of the signatures of persons.
type Signed struct {
	// Count are those under numbers shown and factor changes, Others the other
	// good ones, Bad those that do not fit, Unchecked those that nothing here can
	// check; Stripped are events without one though a passkey was held.
	Count     int `json:"count"`
	Others    int `json:"others"`
	Bad       int `json:"bad"`
	Unchecked int `json:"unchecked"`
	Stripped  int `json:"stripped"`
}

const falsified = "FALSIFIED"

// alice and her neighbours have passkeys of all kinds.
const alice, bob, carol = "u_alice0example", "u_bob00example", "u_carol0example"

// told is a case whose log has a story, and is as its own key signed it: what is
// wrong with it, only the people's signatures tell.
func told(name, about, what string, exit int, verdict string, signed Signed, scenes ...scene) Case {
	return Case{
		Name: name, About: about, Kind: "lines", Args: key(name + "/copy"), Exit: exit, Verdict: verdict, What: what, Signed: &signed,
		make: func(b *Bench, dir string) error {
			return tell(b.brief(), story(scenes...)).Copy().Write(filepath.Join(dir, "copy"), nil, "")
		},
	}
}

// brief is the plan of a short log: what people sign has nothing to do with its
// length.
func (b *Bench) brief() Plan {
	p := b.plan
	p.Lines = min(p.Lines, 500)
	return p
}

// signed are logs in which people sign.
func (b *Bench) signed() []Case {
	good := everything()
	all := []Case{
		told("signed-good", "three kinds of passkey, and every operation", "", 0, intact, Signed{Count: 8, Others: 3}, good...),
		told("signed-good-required", "the same, signed demanded", "", 0, intact, Signed{Count: 8, Others: 3}, good...).with("--require", "signed"),
		b.exported(good),
		b.editedAfter(), b.proven(), b.beyond(),
	}
	for _, some := range [][]Case{inventions(), transfers(), strangers(), strips(), wobbles(), b.prunedKeys()} {
		all = append(all, some...)
	}
	return all
}

// everything is a story in which all is as it should be.
func everything() []scene {
	one, two, other, last := p256(alice, "f_one"), edwards(alice, "f_two"), rsaed(bob, "f_bob"), p256(carol, "f_carol")
	return []scene{
		reveal(alice, "c_first", unsigned), // nobody holds a passkey yet
		one.enrol(unsigned),
		one.reveal("c_first", "1"),
		two.enrol(one.ask(enrolledEvent, "passkey:f_two", "2")),
		two.reveal("c_first", "3"),
		other.enrol(unsigned),
		other.reveal("c_bob", "4"),
		other.account(passwordEvent, "5"),
		other.account(exportedEvent, "6"),
		other.remove("totp:f_totp", "7"),
		two.remove("passkey:f_one", "8"),
		two.reveal("c_first", "9"),
		reveal("u_without00example", "c_without", unsigned),
		last.enrol(unsigned),
		last.account(erasedEvent, "10"),
		two.remove("passkey:f_two", "11"), // by itself, the last of hers
		reveal(alice, "c_first", unsigned),
	}
}

// inventions are signatures that nobody made, or that are none.
func inventions() []Case {
	k, impostor := p256(alice, "f_one"), p256(bob, "f_other")
	impostor.person, impostor.factor = alice, "f_one" // another key under her key's name
	good := k.reveal("c_one", "1")
	one := func(name, about, what string, bad scene) Case {
		return told(name, about, what, 1, falsified, Signed{Count: 1, Bad: 1}, k.enrol(unsigned), good, bad)
	}
	ed, r := edwards(alice, "f_ed"), rsaed(alice, "f_rsa")
	spoilt := func(k *passkey) *passkey {
		bad, sign := *k, k.sign
		bad.sign = func(m []byte) []byte { s := sign(m); s[len(s)/2] ^= 1; return s }
		return &bad
	}
	raw := *k
	raw.sign = func([]byte) []byte { return make([]byte, 64) }
	cut := func(s scene, from, to string) scene { s.data = strings.Replace(s.data, from, to, 1); return s }
	twice := cut(k.reveal("c_two", "2"), `"last4"`, `"target":"card:c_two","last4"`)
	return []Case{
		one("signed-forged", "made by another key", "forged", impostor.reveal("c_two", "2")),
		one("signed-forged-bit", "one bit of it", "forged", spoilt(k).reveal("c_two", "2")),
		one("signed-forged-raw", "not in the form that a passkey writes", "forged", raw.reveal("c_two", "2")),
		told("signed-forged-eddsa", "one bit, Ed25519", "forged", 1, falsified, Signed{Bad: 1}, ed.enrol(unsigned), spoilt(ed).reveal("c_two", "2")),
		told("signed-forged-rsa", "one bit, RSA", "forged", 1, falsified, Signed{Bad: 1}, r.enrol(unsigned), spoilt(r).reveal("c_two", "2")),
		one("signed-garbled", "a letter that base64 does not have", "unreadable", cut(k.reveal("c_two", "2"), `"signature":"M`, `"signature":"*`)),
		one("signed-cut", "members missing", "unreadable", reveal(alice, "c_two", `{"credential":"`+k.credential()+`"}`)),
		one("signed-twice", "a line that says two things", "unreadable", twice),
		one("signed-nonce", "a nonce that is too short to be single", "unreadable", k.reveal("c_two", "2", func(a *asked) { a.nonce = "AAAA" })),
	}
}

// transfers are signatures that somebody made, for something else.
func transfers() []Case {
	k, neighbour := p256(alice, "f_one"), edwards(bob, "f_bob")
	good := k.reveal("c_one", "1")
	one := func(name, about, what string, bad scene) Case {
		return told(name, about, what, 1, falsified, Signed{Count: 1, Bad: 1}, k.enrol(unsigned), neighbour.enrol(unsigned), good, bad)
	}
	other, masked := reveal(bob, "c_one", k.ask(readEvent, "card:c_one", "2")), k.reveal("c_one", "2")
	masked.data = strings.Replace(masked.data, `"number"`, `"masked"`, 1)
	event := k.account(exportedEvent, "2")
	event.event = erasedEvent
	unknown := k.reveal("c_one", "2")
	unknown.event = "sensitive_example"
	return []Case{
		one("signed-moved-card", "under another card", "moved", reveal(alice, "c_two", k.ask(readEvent, "card:c_one", "2"))),
		one("signed-moved-person", "under another person", "moved", other),
		one("signed-moved-event", "under another event", "moved", event),
		one("signed-moved-unknown", "under an event that no list has", "moved", unknown),
		one("signed-moved-borrowed", "another person's passkey for this person's card", "unenrolled",
			reveal(alice, "c_two", neighbour.ask(readEvent, "card:c_two", "2", func(a *asked) { a.person = alice }))),
		one("signed-replayed", "the same a second time", "replayed", good),
		one("signed-replayed-nonce", "another one with the same nonce", "replayed", k.reveal("c_two", "1")),
		one("signed-enrolling", "an answer to an enrolment", "moved", k.reveal("c_two", "2", func(a *asked) { a.what = "webauthn.create" })),
		told("signed-masked", "on a page without the number: it is one all the same", "", 0, intact, Signed{Others: 1}, k.enrol(unsigned), masked),
	}
}

// strangers are signatures that were not given here and now.
func strangers() []Case {
	k, two := p256(alice, "f_one"), p256(alice, "f_two")
	one := func(name, about, what string, change func(*asked)) Case {
		return told(name, about, what, 1, falsified, Signed{Bad: 1}, k.enrol(unsigned), k.reveal("c_one", "1", change))
	}
	again := p256(alice, "f_one")
	return []Case{
		one("signed-origin", "on another site", "foreign", func(a *asked) { a.origin = otherOrigin }),
		one("signed-party", "to another relying party", "foreign", func(a *asked) { a.rp = otherRP }),
		one("signed-framed", "inside another site's page", "foreign", func(a *asked) { a.cross = true }),
		one("signed-unverified", "the passkey did not ask who it was", "unattended", func(a *asked) { a.flags = 1 << 0 }),
		one("signed-untouched", "nobody touched the passkey", "unattended", func(a *asked) { a.flags = 1 << 2 }),
		told("signed-unenrolled", "no line enrols the passkey", "unenrolled", 1, falsified, Signed{Bad: 1}, k.reveal("c_one", "1")),
		told("signed-too-early", "the passkey was enrolled later", "unenrolled", 1, falsified, Signed{Bad: 1}, k.reveal("c_one", "1"), k.enrol(unsigned)),
		told("signed-removed", "after the passkey was removed", "outlived", 1, falsified, Signed{Count: 2, Bad: 1},
			k.enrol(unsigned), two.enrol(k.ask(enrolledEvent, "passkey:f_two", "1")), two.remove("passkey:f_one", "2"), k.reveal("c_one", "3")),
		told("signed-erased", "after the account was deleted", "outlived", 1, falsified, Signed{Others: 1, Bad: 1},
			k.enrol(unsigned), k.account(erasedEvent, "1"), k.reveal("c_one", "2")),
		told("signed-again", "removed, and enrolled again", "", 0, intact, Signed{Count: 2},
			k.enrol(unsigned), k.remove("passkey:f_one", "1"), again.enrol(unsigned), again.reveal("c_one", "2")),
	}
}
