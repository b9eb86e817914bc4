package forge

import (
	"fmt"
	"time"
)

// scene is something that somebody does: an event about a person, its data, and
// when, as a share of the log in percent.
type scene struct {
	event, person, data string
	when                int
}

// story puts scenes at even distances, each after the one before.
func story(scenes ...scene) []scene {
	for i := range scenes {
		scenes[i].when = 2 + 90*i/len(scenes)
	}
	return scenes
}

// play writes the next scene, if it is due.
func (l *Log) play(n int) (played bool) {
	if len(l.scenes) == 0 || n < l.plan.Lines*l.scenes[0].when/100 {
		return false
	}
	if s := l.scenes[0]; s.event == prunedEvent {
		l.prune(0, 1)
	} else {
		l.append(s.line(n, l.time(n)))
	}
	l.scenes = l.scenes[1:]
	return true
}

// line is written by hand: the log may tell of it what no program would.
func (s scene) line(n int, at time.Time) []byte {
	return fmt.Appendf(nil, `{"seq":%d,"datetime":"%s","level":"INFO","event":"%s","outcome":"success","reason":"","description":"Example",`+
		`"actor":"%s","subject":"%s","source_ip":"203.0.113.%d","peer_ip":"203.0.113.9","useragent":"Mozilla/5.0 (X11; Linux x86_64) Example/1.0",`+
		`"request_method":"POST","request_uri":"/example","request_id":"r_%020d","session":"9c1185a5c5e9fc54","appid":"coffer","node":"a1","version":"1.0.0",`+
		`"data":%s,"schema":1}`, n, at.UTC().Format("2006-01-02T15:04:05.000000Z"), s.event, s.person, s.person, n%200, n, s.data)
}

// unsigned is what stands where nobody signed.
const unsigned = `"none"`

const (
	readEvent     = "sensitive_read"
	enrolledEvent = "authn_factor_enrolled"
	removedEvent  = "authn_factor_removed"
	passwordEvent = "authn_password_change"
	exportedEvent = "user_exported"
	erasedEvent   = "user_erased"
	prunedEvent   = "log_pruned" // of the oldest segment
)

// reveal shows the number of a card.
func reveal(person, card, signed string) scene {
	return scene{event: readEvent, person: person, data: fmt.Sprintf(`{"target":"card:%s","last4":"4242","part":"number","signed":%s}`, card, signed)}
}

// reveal shows it with this passkey's signature.
func (k *passkey) reveal(card, word string, change ...func(*asked)) scene {
	return reveal(k.person, card, k.ask(readEvent, "card:"+card, word, change...))
}

// enrol adds the passkey.
func (k *passkey) enrol(signed string) scene {
	return scene{event: enrolledEvent, person: k.person, data: k.enrolment(signed)}
}

// remove takes away a factor, with the passkey k at hand.
func (k *passkey) remove(target, word string) scene {
	return scene{event: removedEvent, person: k.person, data: fmt.Sprintf(`{"target":%q,"signed":%s}`, target, k.ask(removedEvent, target, word))}
}

// account is an event about the whole account.
func (k *passkey) account(event, word string) scene {
	target := "account:" + k.person
	return scene{event: event, person: k.person, data: fmt.Sprintf(`{"target":%q,"signed":%s}`, target, k.ask(event, target, word))}
}

// Signing is a log in which people signed so many times for a number, and never
// did anything else that they could sign.
func Signing(p Plan, times int) *Log {
	keys := []*passkey{p256(alice, "f_one"), edwards(bob, "f_bob")}
	var scenes []scene
	for _, k := range keys {
		scenes = append(scenes, k.enrol(unsigned))
	}
	for n := range times {
		scenes = append(scenes, keys[n%len(keys)].reveal(fmt.Sprintf("c_%d", n), fmt.Sprint("signing ", n)))
	}
	return tell(p, story(scenes...))
}
