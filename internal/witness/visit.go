package witness

import (
	"context"
	"errors"

	"coffer/internal/seclog/seal"
)

// enoughTries is how often one request is put again from the size that the
// witness says.
const enoughTries = 3

// answer is what became of one offer.
type answer struct {
	w     *member
	offer offer
	took  []cosigned
	size  uint64 // what the witness knows now, if it said so
	told  bool
	err   error
}

// visit offers checkpoints to one witness, the smaller first, and gives each
// answer to out. It ends with the first that fails.
func (c *Circle) visit(ctx context.Context, w *member, known uint64, offers []offer, out func(answer)) {
	for _, o := range offers {
		a := answer{w: w, offer: o}
		a.size, a.told = known, false
		a.took, a.err = c.try(ctx, &a)
		out(a)
		switch {
		case a.err == nil:
			known = o.Size
		case errors.Is(a.err, errPassed):
			known = a.size
		default:
			return
		}
	}
}

// try asks for a signature, going on from the size that the witness knows.
func (c *Circle) try(ctx context.Context, a *answer) ([]cosigned, error) {
	old, o := min(a.size, a.offer.Size), a.offer
	for range enoughTries {
		hashes, err := c.Sealer.ConsistencyProof(ctx, old, o.Size)
		if err != nil {
			return nil, err
		}
		took, err := c.post(ctx, a.w.Witness, o, old, hashes)
		other, is := errors.AsType[*conflict](err)
		if !is {
			return took, named(err, a)
		}
		// A size says where to go on from. Only what is larger than all that was
		// ever signed, or the same size with another root, speaks of another log.
		switch {
		case other.known && other.size > o.Size:
			a.size, a.told = other.size, true
			return nil, c.beyond(ctx, a)
		case other.known && other.size != old:
			old, a.size, a.told = other.size, other.size, true
		case old == o.Size:
			err := failed(contradicts, "it signed this size before, with other lines")
			err.rollback = &Contradiction{Known: o.Size, Forked: true}
			return nil, named(err, a)
		default:
			return nil, failed(refused, "it contradicts itself about the size that it knows")
		}
	}
	return nil, failed(refused, "it names another size each time")
}

// named completes what an error says of a rolled back log.
func named(err error, a *answer) error {
	if f, ok := errors.AsType[*failure](err); ok && f.rollback != nil {
		f.rollback.Witness, f.rollback.Size = a.w.Name, a.offer.Size
	}
	return err
}

// errPassed is an offer that came too late: another node made a newer one.
var errPassed = errors.New("the witness has signed a newer checkpoint")

// beyond judges a witness that knows more than was offered: more than any
// checkpoint that is there means that lines are missing.
func (c *Circle) beyond(ctx context.Context, a *answer) error {
	// The database has each checkpoint before any witness is offered it. So it
	// is asked again, now: another node may have signed since the offer was made.
	_, newest, _, err := c.Sealer.Checkpoint(ctx)
	if err != nil {
		return err
	}
	if a.size <= newest.Size {
		return errPassed
	}
	return &failure{contradicts, errors.New("it signed more lines than there are"), &Contradiction{Witness: a.w.Name, Known: a.size, Size: newest.Size}}
}

// post sends one request within the time that one may take.
func (c *Circle) post(ctx context.Context, w Witness, o offer, old uint64, hashes []hash) ([]cosigned, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Pace.Timeout)
	defer cancel()
	return post(ctx, c.client, w, o, old, hashes)
}

// Check asks all witnesses at the start whether what is there is what they
// signed. It gives the first that knows of more or of other lines; those that
// cannot be asked are told of in words, and no reason not to start.
func (c *Circle) Check(ctx context.Context) (found *Contradiction, mute []string, err error) {
	o, err := c.newest(ctx)
	if errors.Is(err, seal.ErrUnsigned) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Pace.Start)
	defer cancel()
	answers := make(chan answer, len(c.members))
	for _, w := range c.members {
		go c.visit(ctx, w, o.Size, []offer{o}, func(a answer) { answers <- a })
	}
	for range c.members {
		a := <-answers
		if f, ok := errors.AsType[*failure](a.err); ok && f.rollback != nil && found == nil {
			found = f.rollback
		}
		if a.err != nil && !errors.Is(a.err, errPassed) {
			mute = append(mute, a.w.Name+": "+a.err.Error())
		}
	}
	return found, mute, nil
}
