package seal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/proof"
)

// Pace is the least time between two checkpoints: a busy log is signed so often.
const Pace = 300 * time.Millisecond

const selectState = `SELECT size, root, origin, checkpoint_size, checkpoint_at, checkpoint FROM head WHERE id = 1`

// errOrigin is a key that is not the log's.
var errOrigin = errors.New("the log's origin is not the signing key's")

// Signing is what signing needs.
type Signing struct {
	// Key signs; its name is the log's origin.
	Key note.Signer
	// Publish makes the newest checkpoint known beside the database; what it
	// could not make known is given again.
	Publish func(signed []byte) error
	// Now is the clock; nil is the machine's.
	Now func() time.Time
}

// signer signs the head. It keeps an edge of its own that it grows line by
// line from the last checkpoint on, so a root that it signs is one that the
// lines lead to, and its tree begins with the last one that was signed.
type signer struct {
	Signing
	mu        sync.Mutex // one step at a time
	edge      *proof.Edge
	ends      []proof.Checkpoint // of segments that ended since the last checkpoint
	published uint64

	tell sync.Mutex
	size uint64
	more chan struct{}
	rush chan struct{}
	good atomic.Int64 // when a step last left nothing to do, in nanoseconds
}

// state is what a step of the signer starts from.
type state struct {
	size   uint64
	root   proof.Hash
	origin string
	last   newest
}

func (s *Sealer) state(ctx context.Context) (st state, err error) {
	var root []byte
	var size, at int64
	row := s.own.QueryRow(ctx, selectState)
	if err := row.Scan(&st.size, &root, &st.origin, &size, &at, &st.last.signed); err != nil {
		return st, err
	}
	st.root, st.last.at = rootOf(st.size, root), time.UnixMicro(at).UTC()
	if len(st.last.signed) == 0 {
		return st, nil
	}
	if st.last.c, err = proof.Peek(st.last.signed); err != nil || st.last.c.Size != uint64(size) {
		err = ErrGarbled
	}
	return st, err
}

// SetSigner makes the sealer sign. The newest checkpoint, if there is one, must
// be one that the lines lead to.
func (s *Sealer) SetSigner(ctx context.Context, with Signing) error {
	if with.Now == nil {
		with.Now = time.Now
	}
	st, err := s.state(ctx)
	if err != nil {
		return err
	}
	if st.origin != with.Key.Name() {
		return errOrigin
	}
	g := &s.signer
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.edge, err = edgeAt(s.query(ctx), st.last.c.Size); err != nil {
		return err
	}
	if len(st.last.signed) > 0 && g.edge.Root() != st.last.c.Root {
		return ErrRoot
	}
	g.Signing, g.ends = with, nil
	g.announce(st.last.c.Size)
	return nil
}

// Sign signs the head if it moved since the last checkpoint, whoever holds the
// lease: of two who do so at once, one is stored.
func (s *Sealer) Sign(ctx context.Context) error { return s.step(ctx, true) }

// step follows the log to its head and signs that, or only learns what another
// node signed.
func (s *Sealer) step(ctx context.Context, signs bool) error {
	g := &s.signer
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.Key == nil {
		return nil
	}
	st, err := s.state(ctx)
	if err != nil {
		return err
	}
	if st.origin != g.Key.Name() {
		return errOrigin
	}
	if err := s.adopt(ctx, st); err != nil {
		return err
	}
	if signs && st.size > st.last.c.Size {
		if err := s.sign(ctx, &st); err != nil {
			return err
		}
	}
	return g.publish(st.last)
}

// adopt takes over the newest stored checkpoint, of this node or another, if
// the lines lead to it.
func (s *Sealer) adopt(ctx context.Context, st state) error {
	g := &s.signer
	if st.last.c.Size > g.edge.Size() {
		if err := s.advance(ctx, st.last.c.Size); err != nil {
			return err
		}
		if g.edge.Root() != st.last.c.Root {
			return ErrRoot
		}
	}
	for len(g.ends) > 0 && g.ends[0].Size <= st.last.c.Size {
		g.ends = g.ends[1:] // kept by whoever signed that
	}
	g.announce(st.last.c.Size)
	return nil
}

// advance grows the signer's edge line by line.
func (s *Sealer) advance(ctx context.Context, size uint64) error {
	g := &s.signer
	for g.edge.Size() < size {
		limit := int(min(size-g.edge.Size(), kept))
		lines, held := s.tail.from(g.edge.Size(), limit)
		if !held || len(lines) == 0 { // or another process sealed them, and nobody told the memory
			var err error
			if lines, err = storedLines(ctx, s.own, g.edge.Size(), limit); err != nil {
				return err
			}
		}
		if len(lines) == 0 {
			return fmt.Errorf("the database lacks line %d of the log", g.edge.Size())
		}
		for _, l := range lines {
			g.edge.Append(l.Text)
			if l.Event == rotated {
				g.ends = append(g.ends, proof.Checkpoint{Origin: g.Key.Name(), Size: g.edge.Size(), Root: g.edge.Root()})
			}
		}
		g.edge.Full() // they are stored already
	}
	return nil
}

const rotated = "log_rotated"

// sign signs the head, and the ends of segments on the way there.
func (s *Sealer) sign(ctx context.Context, st *state) error {
	g := &s.signer
	if err := s.advance(ctx, st.size); err != nil {
		return err
	}
	if g.edge.Size() != st.size {
		return nil // another attempt came further, and was not stored
	}
	c := proof.Checkpoint{Origin: st.origin, Size: st.size, Root: g.edge.Root()}
	if c.Root != st.root {
		return ErrRoot
	}
	signed, err := proof.Sign(c, g.Key)
	if err != nil {
		return err
	}
	next := newest{signed, c, g.Now().UTC().Truncate(time.Microsecond)}
	kept, err := g.keeps(next)
	if err != nil {
		return err
	}
	stored, err := s.store(ctx, next, kept)
	if err != nil || !stored {
		return err // another signer was first: the next step adopts its work
	}
	st.last, g.ends = next, nil
	g.announce(c.Size)
	return nil
}
