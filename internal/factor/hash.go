// Package factor holds what a person proves themselves with: the password, its
// rules and its hash; codes of an authenticator app, passkeys, recovery codes;
// and what is enough for an operation. Each serves once, on the transaction that
// is given; it commits nothing and makes no event. Who may try how often is
// decided elsewhere. It never gives a secret back that it has stored.
package factor

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"coffer/internal/fault"
	"coffer/internal/secret"
)

// Settings are the cost of a hash.
type Settings struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// Default is the cost that OWASP's password storage sheet names for argon2id:
// 19 MiB, two passes, one thread.
var Default = Settings{Memory: 19 * 1024, Time: 2, Threads: 1}

// maxWaiting bounds what waits for a slot. A waiting login holds a few
// kilobytes, and the last in the queue would wait half a minute: whoever comes
// then is better told at once.
const maxWaiting = 1024

// Hasher hashes and checks passwords, as many at a time as there are
// processors: more at once would be no faster and each takes Settings.Memory.
// The others wait in the order in which they came.
type Hasher struct {
	// Hashing, if set, is told when the first hash is asked for and when none is
	// left: each takes its memory and leaves it as garbage. Set it before use.
	Hashing func(begun bool)
	// Room, if set, is asked before each hash, whose turn it is, and told when it is
	// made; others says that somebody waits for a page meanwhile. Set it before use.
	Room func(others bool) (leave func())
	// Others, if set, tells whether somebody waits for a page meanwhile: see aside.
	// Set it before use.
	Others func() (waiting bool)

	settings Settings
	slots    chan struct{}
	narrow   chan struct{} // of them, those that go on while others are at work
	waiting  atomic.Int64
	counting sync.Mutex
	wanted   int
	pretend  encoded // what no password is: work for Pretend
}

// NewHasher makes a hasher; settings outside what Check allows are refused.
func NewHasher(s Settings) (*Hasher, error) {
	processors := runtime.GOMAXPROCS(0)
	h := &Hasher{settings: s, slots: make(chan struct{}, processors), narrow: make(chan struct{}, max(1, processors/2))}
	h.pretend = encoded{Settings: s, salt: make([]byte, saltLen), key: make([]byte, keyLen)}
	if err := h.pretend.check(); err != nil {
		return nil, err
	}
	return h, nil
}

// Hash gives the password's hash as a PHC string, under a salt of its own.
func (h *Hasher) Hash(ctx context.Context, password secret.Text) (phc string, err error) {
	e := encoded{Settings: h.settings, salt: make([]byte, saltLen)}
	_, _ = rand.Read(e.salt) // never fails: the program ends if there is no randomness
	e.key, err = h.derive(ctx, password, e, keyLen)
	if err != nil {
		return "", err
	}
	return e.String(), nil
}

// Verify tells whether phc is the hash of the password, whatever settings it
// was made with. It takes as long when it is not.
func (h *Hasher) Verify(ctx context.Context, phc string, password secret.Text) (match bool, err error) {
	e, err := parse(phc)
	if err != nil {
		return false, err
	}
	return h.verify(ctx, e, password)
}

// Pretend costs what Verify costs, for a name that nobody has: how long the
// answer takes must not tell the two apart. Of a hash that was made with other
// settings than today's it does, until its person signs in again.
func (h *Hasher) Pretend(ctx context.Context, password secret.Text) error {
	_, err := h.verify(ctx, h.pretend, password)
	return err
}

// Stale tells that phc was made with other settings than today's, so that the
// password should be hashed again when it is next at hand.
func (h *Hasher) Stale(phc string) (stale bool) {
	e, err := parse(phc)
	return err != nil || e.Settings != h.settings || len(e.salt) != saltLen || len(e.key) != keyLen
}

func (h *Hasher) verify(ctx context.Context, e encoded, password secret.Text) (match bool, err error) {
	key, err := h.derive(ctx, password, e, uint32(len(e.key)))
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(key, e.key) == 1
	return same && password.Len() <= MaxBytes, nil
}

// derive waits for a slot and hashes. What is too long to be a password is cut
// here, so that its normalising costs no more than a password's; verify and
// Policy see to it that nothing cut ever matches or is stored.
func (h *Hasher) derive(ctx context.Context, password secret.Text, e encoded, size uint32) ([]byte, error) {
	h.count(1)
	defer h.count(-1)
	if err := h.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-h.slots }()
	made, others, err := h.aside(ctx)
	if err != nil {
		return nil, err
	}
	defer made()
	if h.Room != nil {
		defer h.Room(others)()
	}
	text := password.Reveal()
	if len(text) > MaxBytes {
		text = text[:MaxBytes]
	}
	return argon2.IDKey(norm.NFC.Bytes([]byte(text)), e.salt, e.Time, e.Memory, e.Threads, size), nil
}

var errCrowded = errors.New("too many passwords wait to be hashed")

// enter waits for a slot, in turn, for as long as ctx lasts.
func (h *Hasher) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return busy(err)
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > maxWaiting {
		return busy(errCrowded)
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return busy(ctx.Err())
	}
}

// count tells whoever wants to know of both edges, in their order.
func (h *Hasher) count(by int) {
	h.counting.Lock()
	defer h.counting.Unlock()
	before := h.wanted
	if h.wanted += by; h.Hashing != nil && (before == 0 || h.wanted == 0) {
		h.Hashing(h.wanted > 0)
	}
}

func busy(why error) *fault.Error {
	f := fault.Wrap(fault.Unavailable, "Too many people are signing in at this moment. Nothing was changed.", why)
	f.Retry = 5 * time.Second
	return f
}
