// Package witness has the log's checkpoints cosigned by witnesses elsewhere
// (c2sp.org/tlog-witness). A witness signs what goes on from what it signed
// before and nothing else, so whoever holds this server, its database and its
// keys cannot show two histories, or take one back, without it.
//
// It believes no answer: a cosignature is checked before it is kept. A witness
// that knows more lines than there are, or others, is what it exists for, and is
// told loudly. It holds up nobody but those who ask to wait. What witnesses who
// all work together with an intruder sign, it cannot know.
package witness

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

type hash = proof.Hash

// Config is what New needs.
type Config struct {
	Set
	Sealer *seal.Sealer
	Reader *db.Reader
	Log    *seclog.Log
	// Roots are whom TLS believes; nil is the system's.
	Roots *x509.CertPool
	// Publish is given each checkpoint that was cosigned, with all signatures
	// that it has by then, and whether they are enough.
	Publish func(ctx context.Context, signed []byte, enough bool) error
	// Pace is how patient it is; zero is Standard.
	Pace Pace
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Circle is the witnesses of one log.
type Circle struct {
	Config
	client  *http.Client
	members []*member
	answers chan answer
	rush    chan struct{}
	asking  sync.WaitGroup
	known   bool // what the database knows of them is read
	began   time.Time
	rushed  bool
	blind   bool // the log could not be read
	hoards  bool // old cosignatures cannot be removed
	ending  bool // no line may be written any more

	mu     sync.Mutex
	quorum watch // over all of them
	size   uint64
	moved  chan struct{} // closed and replaced when the quorum reaches further
}

// member is a witness and how it stands.
type member struct {
	Witness
	watch
	busy     bool
	failures int
	due      time.Time // not before, after a failure
	fault    string    // the last failure's reason, and its text
	text     string
	accused  *Contradiction // told already
}

// New makes a circle that Run keeps going.
func New(c Config) *Circle {
	if c.Pace == (Pace{}) {
		c.Pace = Standard
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	r := &Circle{Config: c, client: newClient(c.Roots), answers: make(chan answer), rush: make(chan struct{}, 1), moved: make(chan struct{})}
	r.quorum.name = c.Quorum
	for _, w := range c.Witnesses {
		r.members = append(r.members, &member{Witness: w, watch: watch{name: w.Name}})
	}
	return r
}

// Run asks for cosignatures until ctx ends, where this process is the one that
// signs.
func (c *Circle) Run(ctx context.Context) error {
	ctx = event.System(ctx, "witness")
	defer c.settle()
	for ctx.Err() == nil {
		if !c.Sealer.Holds() {
			c.settle()
			c.wait(ctx, nil, c.Pace.Look)
			continue
		}
		_, more := c.Sealer.Signed()
		next, err := c.step(ctx)
		if ctx.Err() != nil {
			return nil
		}
		c.see(err)
		c.wait(ctx, more, next)
	}
	return nil
}

// wait returns when there is something to do, and takes an answer if one came.
func (c *Circle) wait(ctx context.Context, more <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-more:
	case <-t.C:
	case <-c.rush:
		c.rushed = true
	case a := <-c.answers:
		c.see(c.take(ctx, a))
	}
}

// see tells the operator once of an error that is the log's, not a witness's.
func (c *Circle) see(err error) {
	if err != nil && !c.blind {
		slog.Warn("the witnesses are not asked", "err", err)
	}
	c.blind = err != nil
}

// settle waits for those who are being asked, whose answers come to nothing,
// and forgets what another node may change from here on.
func (c *Circle) settle() {
	done := make(chan struct{})
	go func() { c.asking.Wait(); close(done) }()
	for settled := false; !settled; {
		select {
		case a := <-c.answers:
			a.w.busy = false
		case <-done:
			settled = true
		}
	}
	c.known = false
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size = 0
}
