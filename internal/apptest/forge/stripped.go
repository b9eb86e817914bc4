package forge

import (
	"crypto/elliptic"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// strips are events of people who hold a passkey, without its signature. Another
// factor may have served, so that is no forgery, and it is told.
func strips() []Case {
	k, odd := p256(alice, "f_one"), curved(alice, "f_odd", elliptic.P384(), -35)
	bare := scene{event: readEvent, person: alice, data: `{"target":"card:c_two","last4":"4242","part":"number"}`}
	plot := func(last scene) []scene { return []scene{k.enrol(unsigned), k.reveal("c_one", "1"), last} }
	erased := k.account(erasedEvent, "2")
	erased.data = `{"target":"account:` + alice + `","signed":"none"}`
	return []Case{
		told("signed-stripped", "a number shown, and nobody signed", "", 0, intact, Signed{Count: 1, Stripped: 1}, plot(reveal(alice, "c_two", unsigned))...),
		told("signed-stripped-required", "the same, signed demanded", "required", 2, incomplete, Signed{Count: 1, Stripped: 1},
			plot(reveal(alice, "c_two", unsigned))...).with("--require", "signed"),
		told("signed-stripped-member", "and no word of it at all", "", 0, intact, Signed{Count: 1, Stripped: 1}, plot(bare)...),
		told("signed-stripped-erasure", "an account deleted, and nobody signed", "", 0, intact, Signed{Count: 1, Stripped: 1}, plot(erased)...),
		told("signed-stripped-key", "a second passkey, and the first did not sign", "", 0, intact, Signed{Count: 1, Stripped: 1},
			plot(p256(alice, "f_two").enrol(unsigned))...),
		told("signed-odd-key", "a kind of key that no verifier knows", "", 0, intact, Signed{Unchecked: 1}, odd.enrol(unsigned), odd.reveal("c_one", "1")),
		told("signed-odd-key-required", "the same, signed demanded", "required", 2, incomplete, Signed{Unchecked: 1},
			odd.enrol(unsigned), odd.reveal("c_one", "1")).with("--require", "signed"),
		told("signed-odd-spelling", "a key in another spelling", "unreadable", 1, falsified, Signed{Bad: 1}, func() scene {
			s := k.enrol(unsigned)
			s.data = strings.Replace(s.data, `"algorithm":`, `"algorithm": `, 1)
			return s
		}()),
	}
}

// wobbles are signatures with one letter changed, somewhere in their members: the
// two verifiers must say the same word, whichever it is.
func wobbles() (all []Case) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	k := p256(alice, "f_one")
	for n := range uint64(16) {
		random := rand.New(rand.NewPCG(n, 5))
		s := k.reveal("c_one", "1")
		data := []byte(s.data)
		first := strings.Index(s.data, `"signed"`) + len(`"signed":{`)
		for changed := false; !changed; {
			at := first + random.IntN(len(data)-first)
			inside := strings.Count(s.data[first:at], `"`)%4 == 3 // in a value, and not in a name
			if letter := letters[random.IntN(len(letters))]; inside && data[at] != '"' && data[at] != letter {
				data[at], changed = letter, true
			}
		}
		s.data = string(data)
		all = append(all, told(fmt.Sprintf("signed-changed-%02d", n), "one letter changed", "", 1, falsified, Signed{Bad: 1}, k.enrol(unsigned), s))
	}
	return all
}

// prunedKeys are logs whose beginning retention removed, and an enrolment with it.
func (b *Bench) prunedKeys() []Case {
	k, late := p256(alice, "f_one"), edwards(bob, "f_bob")
	pruned := func(name, about, what string, exit int, verdict string, signed Signed, last ...scene) Case {
		return Case{
			Name: name, About: about, Kind: "lines", Args: key(name + "/copy"), Exit: exit, Verdict: verdict, What: what, Signed: &signed,
			make: func(b *Bench, dir string) error {
				scenes := append([]scene{k.enrol(unsigned), k.reveal("c_one", "1"), {event: prunedEvent}}, last...)
				for i := range scenes[2:] {
					scenes[2+i].when = 90
				}
				c := tell(b.brief(), scenes).Copy()
				c.Segments = c.Segments[1:]
				return c.Write(filepath.Join(dir, "copy"), nil, "")
			},
		}
	}
	two := k.reveal("c_two", "2")
	return []Case{
		pruned("signed-pruned", "the enrolment removed by retention", "", 0, intact, Signed{Count: 1, Unchecked: 1}, late.enrol(unsigned), late.reveal("c_bob", "3"), two),
		pruned("signed-pruned-required", "the same, signed demanded", "required", 2, incomplete, Signed{Unchecked: 1}, two).with("--require", "signed"),
		pruned("signed-pruned-moved", "the same, under another card: that shows without the key", "moved", 1, falsified, Signed{Bad: 1},
			reveal(alice, "c_two", k.ask(readEvent, "card:c_one", "2"))),
		pruned("signed-pruned-replayed", "the same, twice", "replayed", 1, falsified, Signed{Unchecked: 1, Bad: 1}, two, two),
	}
}

// exported is the good story as bundles.
func (b *Bench) exported(good []scene) Case {
	c := told("signed-tiles", "every operation, in an export", "", 0, intact, Signed{Count: 8, Others: 3})
	c.Kind, c.Args = "tiles", key("signed-tiles/export")
	c.make = func(b *Bench, dir string) error {
		return tell(b.brief(), story(good...)).Export(filepath.Join(dir, "export"))
	}
	return c
}

// proven is the proof of one signed line: the passkey is not in it.
func (b *Bench) proven() Case {
	return Case{
		Name: "signed-proof", About: "the proof of a line that its person signed", Kind: "proof", Verdict: intact,
		Args: []string{"proof", "--key", "keep/log.pub", "signed-proof/line.tlog-proof"},
		make: func(b *Bench, dir string) error {
			k := p256(alice, "f_one")
			l := tell(b.brief(), story(k.enrol(unsigned), k.reveal("c_one", "1")))
			n := slices.IndexFunc(l.Lines, func(line []byte) bool { return strings.Contains(string(line), `"card:c_one"`) })
			p := l.prove(n)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "line.tlog-proof"), p.Marshal(), 0o644)
		},
	}
}

// beyond is a false signature in a line that nobody has signed for the log yet:
// to see it false takes no key of the log's.
func (b *Bench) beyond() Case {
	c := told("signed-beyond", "a forged one beyond the checkpoint", "moved", 1, falsified, Signed{Count: 1, Bad: 1}).with("--allow-unsigned")
	c.make = func(b *Bench, dir string) error {
		k := p256(alice, "f_one")
		l := tell(b.brief(), story(k.enrol(unsigned), k.reveal("c_one", "1")))
		copied := l.Copy()
		last := &copied.Segments[len(copied.Segments)-1]
		bad := reveal(alice, "c_two", k.ask(readEvent, "card:c_one", "2"))
		last.Lines = append(slices.Clone(last.Lines), bad.line(len(l.Lines), l.plan.End))
		return copied.Write(filepath.Join(dir, "copy"), nil, "")
	}
	return c
}

// editedAfter is a signed line that was changed without the log's key: that the
// log was tampered with says more than that a signature does not fit.
func (b *Bench) editedAfter() Case {
	c := told("signed-edited", "the card of a signed line was changed", "edited", 1, tampered, Signed{})
	c.Signed = nil
	c.make = func(b *Bench, dir string) error {
		k := p256(alice, "f_one")
		l := tell(b.brief(), story(k.enrol(unsigned), k.reveal("c_one", "1")))
		copied := l.Copy()
		for n, line := range l.Lines {
			if strings.Contains(string(line), `"card:c_one"`) {
				copied.At(n, []byte(strings.Replace(string(line), "card:c_one", "card:c_two", 1)))
			}
		}
		return copied.Write(filepath.Join(dir, "copy"), nil, "")
	}
	return c
}
