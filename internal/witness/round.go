package witness

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"coffer/internal/proof"
)

// catchUp is how many kept checkpoints a witness is offered beside the newest,
// once it is back.
const catchUp = 4

const selectKept = `SELECT note, kept FROM checkpoint WHERE size > $1 AND size <= $2 ORDER BY size DESC LIMIT $3`

// step begins a round if one is due, looks who is late, and says when to look
// again.
func (c *Circle) step(ctx context.Context) (next time.Duration, err error) {
	if err := c.recall(ctx); err != nil {
		return c.Pace.Look, err
	}
	size, _ := c.Sealer.Signed()
	now := time.Now()
	if now.Sub(c.began) >= c.Pace.Every || c.rushed {
		if err := c.round(ctx, size, now); err != nil {
			return c.Pace.Look, err
		}
	}
	// Lateness is looked at although nothing is due: a witness that hangs brings
	// no answer that could be told.
	if err := c.tell(ctx, size); err != nil {
		return c.Pace.Look, err
	}
	next = c.Pace.Look
	if left := c.Pace.Every - now.Sub(c.began); left > 0 {
		next = min(next, left)
	}
	return next, nil
}

// round offers the newest checkpoint to all who lack it and are not in trouble.
// All are offered the same one, since a quorum counts at one size; so it waits
// for the round before, but not for those who are slow.
func (c *Circle) round(ctx context.Context, size uint64, now time.Time) error {
	var to []*member
	for _, w := range c.members {
		if w.busy && now.Sub(c.began) < c.Pace.Slow {
			return nil
		}
		if !w.busy && w.reached < size && !now.Before(w.due) {
			to = append(to, w)
		}
	}
	// Who waits for the quorum still does, if nobody could be asked now.
	c.rushed = c.rushed && size > 0 && len(to) == 0 && c.short(size)
	if len(to) == 0 {
		return nil
	}
	from := slices.MinFunc(to, func(a, b *member) int { return cmp.Compare(a.reached, b.reached) }).reached
	offers, err := c.offers(ctx, from)
	if err != nil {
		return err
	}
	c.began = now
	for _, w := range to {
		c.ask(ctx, w, offers)
	}
	return nil
}

// ask offers a witness what it lacks. One that signed nothing yet has no past
// to catch up with.
func (c *Circle) ask(ctx context.Context, w *member, offers []offer) {
	known := w.reached
	lacks := slices.DeleteFunc(slices.Clone(offers), func(o offer) bool { return o.Size <= known })
	if known == 0 && len(lacks) > 2 {
		lacks = lacks[len(lacks)-2:]
	}
	// The answers are taken by the loop alone, so what it knows of a witness
	// needs no lock against the goroutine that asks.
	w.busy = true
	c.asking.Go(func() {
		c.visit(ctx, w, known, lacks, func(a answer) { c.answers <- a })
		c.answers <- answer{w: w} // free again
	})
}

// short reports whether the quorum has not reached a size.
func (c *Circle) short(size uint64) (short bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quorum.reached < size
}

// offers are kept checkpoints that somebody lacks, a few, and the newest of all.
func (c *Circle) offers(ctx context.Context, from uint64) (all []offer, err error) {
	newest, err := c.newest(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.Reader.Query(ctx, selectKept, from, newest.Size, catchUp)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var signed []byte
		var why string
		if err := rows.Scan(&signed, &why); err != nil {
			return nil, err
		}
		o, err := offered(signed, why == "hour" && !c.ending)
		switch {
		case err != nil:
			return nil, err
		case o.Origin != newest.Origin: // of an epoch before, which had another key
		case o.Size == newest.Size:
			newest = o
		default:
			all = append(all, o)
		}
	}
	slices.Reverse(all)
	return append(all, newest), rows.Err()
}

func (c *Circle) newest(ctx context.Context) (offer, error) {
	signed, _, _, err := c.Sealer.Checkpoint(ctx)
	if err != nil {
		return offer{}, err
	}
	return offered(signed, false)
}

// offered is a stored checkpoint without the cosignatures that it has.
func offered(signed []byte, hourly bool) (o offer, err error) {
	o = offer{hourly: hourly}
	if o.Checkpoint, err = proof.Peek(signed); err != nil {
		return o, err
	}
	body := len(o.Text()) + 1
	line := bytes.IndexByte(signed[body:], '\n')
	o.signed = signed[:body+line+1]
	return o, nil
}

// Finish offers the last checkpoint at a stop, as far as that goes until ctx
// ends. Run must be over. It writes no line: the last one is signed.
func (c *Circle) Finish(ctx context.Context) error {
	c.ending = true
	if err := c.recall(ctx); err != nil || !c.Sealer.Holds() {
		return err
	}
	size, _ := c.Sealer.Signed()
	if err := c.round(ctx, size, time.Now()); err != nil {
		return err
	}
	var errs []error
	for done := c.done(); done != nil; {
		select {
		case a := <-c.answers:
			if err := c.take(context.WithoutCancel(ctx), a); ctx.Err() == nil {
				errs = append(errs, err)
			}
		case <-done:
			done = nil
		}
	}
	return errors.Join(errs...)
}

// done is closed when nobody is asked any more.
func (c *Circle) done() chan struct{} {
	done := make(chan struct{})
	go func() { c.asking.Wait(); close(done) }()
	return done
}
