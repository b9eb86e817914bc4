package deliver

import (
	"context"
	"time"
)

// attempt is the context of one attempt: it outlives ctx by a moment, so that a
// stop does not cut off what is nearly done.
func (d *Delivery) attempt(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Pace.Timeout)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d.Pace.Grace, cancel) })
	return out, func() { stop(); cancel() }
}

// Finish sends what was sealed last, at a stop: as far as it goes until ctx
// ends, and not to a receiver that is in trouble. The rest is the next start's.
func (d *Delivery) Finish(ctx context.Context) error {
	defer d.to.reset()
	if !d.lease.held {
		return nil
	}
	for d.trouble.attempts == 0 && ctx.Err() == nil {
		if idle, err := d.send(ctx); err != nil || idle {
			break
		}
	}
	d.to.finish(ctx)
	if next, _ := d.to.confirmed(); next > d.next { // what failed is sent again
		d.next = next
	}
	d.note()
	return d.release(context.WithoutCancel(ctx))
}
