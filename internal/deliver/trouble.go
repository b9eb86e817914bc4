package deliver

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
)

// trouble is what a delivery knows of its failing.
type trouble struct {
	since    time.Time // by the clock that events have
	began    time.Time // by the one that never steps
	attempts int       // since something got through
	failures uint64    // since the start
	last     failure
	text     string
	told     bool   // delivery_fail is written, delivery_recovered is not
	over     bool   // it got through again
	behind   uint64 // lines that waited then
}

func (t *trouble) failing() (failing bool) { return t.attempts > 0 || t.told && !t.over }

// failed notes an attempt that failed, goes back to the first line that is not
// acknowledged, and tells when it has lasted.
func (d *Delivery) failed(ctx context.Context, began time.Time, why *failure) error {
	d.to.reset()
	d.sent = d.next
	t := &d.trouble
	if t.attempts == 0 {
		t.began = began
		if !t.told {
			t.since = d.Now()
		}
	}
	t.attempts++
	t.failures++
	t.last, t.text, t.over = *why, why.Error(), false
	if why.lines {
		d.limit = max(1, d.limit/2) // to bring through what stands before the line that is refused
	}
	lasting := t.attempts >= enoughAttempts || time.Since(t.began) >= d.Pace.Patience
	if t.told || !lasting || ctx.Err() != nil {
		return nil
	}
	return d.tell(ctx)
}

// tell writes that the delivery fails, together with its row.
func (d *Delivery) tell(ctx context.Context) error {
	t := &d.trouble
	err := d.change(ctx, t.since.UnixMicro(), event.DeliveryFailed{
		Delivery: d.Target.Name, Receiver: d.Target.Receiver, Next: d.next,
		Attempts: t.attempts, Status: t.last.status, Reason: t.last.reason,
	})
	if err == nil {
		t.told = true
		slog.Warn("a delivery fails; what it lacks is kept and sent later",
			"delivery", d.Target.Name, "receiver", d.Target.Receiver, "next", d.next, "err", t.text)
	}
	return d.later(err)
}

// skip goes on behind lines that retention removed before the receiver had
// them, and tells that it lacks them for good. Any other error why stands.
func (d *Delivery) skip(ctx context.Context, why error) error {
	t, from := &d.trouble, d.next
	var first uint64
	if err := d.Reader.QueryRow(ctx, selectPruned).Scan(&first); err != nil || first <= from {
		return why
	}
	if !t.told {
		t.since = d.Now()
	}
	d.next = first
	err := d.change(ctx, t.since.UnixMicro(), event.DeliveryFailed{
		Delivery: d.Target.Name, Receiver: d.Target.Receiver, Next: from, Attempts: t.attempts, Reason: pruned,
	})
	if err != nil {
		d.next = from
		return err
	}
	d.sent, t.told, t.over, t.text = first, true, false, "lines were removed before the receiver had them"
	slog.Error("lines were removed before a receiver had them", "delivery", d.Target.Name, "from", from, "to", first-1)
	return nil
}

// went notes that lines got through.
func (d *Delivery) went(ctx context.Context) error {
	t := &d.trouble
	d.limit = min(maxLines, d.limit*2)
	if t.failing() {
		t.over, t.behind = true, d.behind(ctx)
	}
	t.attempts, t.last, t.text = 0, failure{}, ""
	return d.recover(ctx)
}

// recover writes that the delivery goes on, if it was told that it did not.
func (d *Delivery) recover(ctx context.Context) error {
	t := &d.trouble
	if !t.told || !t.over {
		return nil
	}
	err := d.change(ctx, nil, event.DeliveryRecovered{
		Delivery: d.Target.Name, Receiver: d.Target.Receiver, Next: d.next,
		Behind: t.behind, Seconds: max(0, int64(d.Now().Sub(t.since).Seconds())),
	})
	if err == nil {
		t.told, t.over = false, false
		slog.Info("a delivery goes on", "delivery", d.Target.Name, "receiver", d.Target.Receiver, "next", d.next)
	}
	return d.later(err)
}

// later leaves an event that cannot be written now to the next attempt: only
// that another node delivers must be known at once.
func (d *Delivery) later(err error) error {
	if errors.Is(err, errLost) {
		return err
	}
	d.see("what became of it cannot be written", err)
	return nil
}

// behind is how many lines are sealed and not acknowledged.
func (d *Delivery) behind(ctx context.Context) uint64 {
	head, err := d.Sealer.Head(ctx)
	if err != nil || head.Size < d.next {
		return 0
	}
	return head.Size - d.next
}

// change stores how the delivery stands and the event that says so, in one
// transaction.
func (d *Delivery) change(ctx context.Context, failing any, e event.Event) error {
	next := d.next
	err := d.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		n, err := tx.Exec(updateTrouble, next, failing, tx.Now.UnixMicro(), d.Target.Name, d.Holder)
		if err == nil && n != 1 {
			err = errLost
		}
		return []event.Event{e}, err
	})
	return d.wrote(next, err)
}
