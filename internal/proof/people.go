package proof

import "crypto/sha256"

// id stands for a text in memory: 16 bytes of its hash. That two texts share one
// would take 2^64 attempts.
type id [16]byte

func idOf(parts ...string) (d id) {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	var sum [sha256.Size]byte
	copy(d[:], h.Sum(sum[:0]))
	return d
}

// people is who holds which passkey at the line at hand, and what was signed for.
// It is all of the judge's memory that grows with a log: by about 400 bytes for
// each passkey that was ever enrolled (1.4 KB for the longest key), and 50 for
// each signature.
type people struct {
	holders  map[id]holder   // by person
	passkeys map[id]enrolled // by person and credential
	targets  map[id]id       // of passkeys: by person and target
	nonces   map[id]uint64   // the line that used each
}

// holder is a person who has or had a passkey.
type holder struct {
	held   int    // how many now
	erased uint64 // 1 + the line with which the account went
}

// enrolled is a passkey; one that was removed is remembered, so that what it
// signs later is told from what was never enrolled.
type enrolled struct {
	key       string // DER; empty if of a kind that is not checked
	algorithm int
	site      site
	line      uint64
	removed   uint64 // 1 + the line that removed it
}

func newPeople() *people {
	return &people{
		holders: map[id]holder{}, passkeys: map[id]enrolled{}, targets: map[id]id{}, nonces: map[id]uint64{},
	}
}

// learn takes in what an event changes, which is the case once it was judged
// itself.
func (p *people) learn(s *told, line uint64) {
	switch {
	case s.passkey != nil:
		p.enrol(s, line)
	case s.event == removedEvent:
		p.remove(s.subject, s.target, line)
	case s.event == erasedEvent:
		if h, known := p.holders[idOf(s.subject)]; known {
			h.held, h.erased = 0, line+1
			p.holders[idOf(s.subject)] = h
		}
	}
}

func (p *people) enrol(s *told, line uint64) {
	k := s.passkey
	who, what := idOf(s.subject), idOf(s.subject, k.Credential)
	h := p.holders[who]
	if old, known := p.passkeys[what]; !known || !old.active(h) {
		h.held++
	}
	e := enrolled{algorithm: k.Algorithm, site: k.site(), line: line}
	if der, ok := fromBase64URL(k.PublicKey); ok && verifier(k.Algorithm, der) != nil {
		e.key = string(der)
	}
	p.holders[who], p.passkeys[what], p.targets[idOf(s.subject, s.target)] = h, e, what
}

func (p *people) remove(person, target string, line uint64) {
	who, what := idOf(person), p.targets[idOf(person, target)]
	e, known := p.passkeys[what]
	h := p.holders[who]
	if !known || !e.active(h) {
		return // a factor of another kind, or enrolled before what was read
	}
	e.removed, e.key = line+1, ""
	h.held--
	p.passkeys[what], p.holders[who] = e, h
}

func (e enrolled) active(h holder) (yes bool) { return e.removed == 0 && e.line >= h.erased }

// holds reports whether a person has a passkey.
func (p *people) holds(person string) (yes bool) { return p.holders[idOf(person)].held > 0 }

// find looks for a person's passkey; gone is 1 + the line with which it went.
func (p *people) find(person, credential string) (e enrolled, gone uint64, known bool) {
	e, known = p.passkeys[idOf(person, credential)]
	switch h := p.holders[idOf(person)]; {
	case e.removed > 0:
		gone = e.removed
	case known && !e.active(h):
		gone = h.erased
	}
	return e, gone, known
}

// use notes that a line used a nonce, and tells which one did before.
func (p *people) use(nonce string, line uint64) (before uint64, used bool) {
	n := idOf(nonce)
	if before, used = p.nonces[n]; !used {
		p.nonces[n] = line
	}
	return before, used
}
