package deliver

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Pace is how patient a delivery is.
type Pace struct {
	// Timeout is how long one attempt may take.
	Timeout time.Duration
	// First is the wait after a first failure; it doubles up to Longest.
	First, Longest time.Duration
	// Patience is how long it fails before that is told; three attempts are
	// enough as well.
	Patience time.Duration
	// Store is how often the position is stored at most.
	Store time.Duration
	// Settle is how long a connection that acknowledges nothing must have
	// stayed good for what was written to count.
	Settle time.Duration
	// Lease is how long the node that delivers may be silent before another does.
	Lease time.Duration
	// Grace is what a stop gives to an attempt under way.
	Grace time.Duration
}

// Standard is the pace of everyday.
var Standard = Pace{
	Timeout: 10 * time.Second, First: time.Second, Longest: time.Minute, Patience: 10 * time.Second,
	Store: time.Second, Settle: time.Second, Lease: 30 * time.Second, Grace: 2 * time.Second,
}

// enoughAttempts is when a failure is told, however fast they came.
const enoughAttempts = 3

// longestAsked bounds what a receiver may ask for with Retry-After.
const longestAsked = 15 * time.Minute

// backOff is the wait after so many failed attempts: doubled each time, with up
// to half as much again, so that many senders do not come back together.
func (p Pace) backOff(attempts int) time.Duration {
	d := p.First
	for ; attempts > 1 && d < p.Longest; attempts-- {
		d *= 2
	}
	d = min(d, p.Longest)
	return min(d+rand.N(d/2+1), p.Longest)
}

// wait returns when more is closed, the time is over, or ctx ends.
func wait(ctx context.Context, more <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-more:
	case <-t.C:
	}
}

// hesitate waits until the next attempt is due and keeps the lease meanwhile.
func (d *Delivery) hesitate(ctx context.Context) error {
	due := time.Now().Add(max(d.Pace.backOff(d.trouble.attempts), min(d.trouble.last.after, longestAsked)))
	for ctx.Err() == nil {
		left := time.Until(due)
		if left <= 0 {
			return nil
		}
		wait(ctx, nil, min(left, d.Pace.Lease/3))
		if err := d.keep(ctx); errors.Is(err, errLost) {
			return err
		}
	}
	return nil
}
