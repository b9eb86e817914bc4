package deliver

import (
	"context"
	"errors"
	"time"

	"coffer/internal/db"
	"coffer/internal/fault"
)

const (
	insertDelivery = `INSERT INTO delivery (name, next, holder, beat, updated) VALUES ($1, $2, '', 0, $3) ON CONFLICT (name) DO NOTHING`
	selectDelivery = `SELECT next, COALESCE(failing, 0), holder, beat FROM delivery WHERE name = $1`
	takeDelivery   = `UPDATE delivery SET holder = $1, beat = beat + 1, updated = $2 WHERE name = $3 AND beat = $4`
	updateNext     = `UPDATE delivery SET next = $1, attempts = $2, error = $3, beat = beat + 1, updated = $4 WHERE name = $5 AND holder = $6`
	updateTrouble  = `UPDATE delivery SET next = $1, failing = $2, beat = beat + 1, updated = $3 WHERE name = $4 AND holder = $5`
	selectPruned   = `SELECT pruned FROM head WHERE id = 1`
	releaseHolder  = `UPDATE delivery SET holder = '' WHERE name = $1 AND holder = $2`
)

// Statements lists the room's SQL, for the test that prepares each on both engines.
func Statements() []string {
	return []string{insertDelivery, selectDelivery, takeDelivery, updateNext, updateTrouble, selectPruned, releaseHolder}
}

// cursorTouch is what the silent writes here are called on the log's list.
const cursorTouch = "deliver.cursor"

// errLost is a lease that another node took. It is a fault so that whoever
// shares the transaction's sync need not run again.
var errLost = fault.New(fault.Conflict, "Another node delivers.")

// lease says who delivers where there are several nodes. No clock is compared
// with another machine's: the holder moves the beat, and whoever has watched it
// stand still for long enough takes over.
type lease struct {
	held  bool
	row   row       // as last seen
	since time.Time // since when it stands still
}

// row is the delivery's in the database.
type row struct {
	next    uint64
	failing int64
	holder  string
	beat    int64
}

// hold takes the lease if it is free, and with it the position.
func (d *Delivery) hold(ctx context.Context) (held bool, err error) {
	d.lease.held = false
	if err := d.look(ctx); err != nil {
		return false, err
	}
	r := d.lease.row
	free := d.alone || r.holder == "" || r.holder == d.Holder || time.Since(d.lease.since) > d.Pace.Lease
	d.next = r.next
	d.note()
	if !free {
		return false, nil
	}
	err = d.Log.Touch(ctx, cursorTouch, func(tx *db.Tx) error {
		n, err := tx.Exec(takeDelivery, d.Holder, tx.Now.UnixMicro(), d.Target.Name, r.beat)
		if err == nil && n != 1 {
			err = errLost
		}
		return err
	})
	if errors.Is(err, errLost) {
		return false, nil
	}
	return err == nil, d.begin(ctx, r, err)
}

// look reads the row, and makes it if there is none.
func (d *Delivery) look(ctx context.Context) error {
	r, err := d.row(ctx)
	if err == nil && r == (row{}) {
		err = d.Log.Touch(ctx, cursorTouch, func(tx *db.Tx) error {
			_, err := tx.Exec(insertDelivery, d.Target.Name, d.From, tx.Now.UnixMicro())
			return err
		})
		if err == nil {
			r, err = d.row(ctx)
		}
	}
	if err == nil && (d.lease.since.IsZero() || r != d.lease.row) {
		d.lease.row, d.lease.since = r, time.Now()
	}
	return err
}

// row reads the row; a zero one is none.
func (d *Delivery) row(ctx context.Context) (r row, err error) {
	rows, err := d.Reader.Query(ctx, selectDelivery, d.Target.Name)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&r.next, &r.failing, &r.holder, &r.beat); err != nil {
			return r, err
		}
	}
	return r, rows.Err()
}

// begin goes on from what the row says.
func (d *Delivery) begin(ctx context.Context, r row, err error) error {
	if err != nil {
		return err
	}
	head, err := d.Sealer.Head(ctx)
	if err != nil {
		return err
	}
	// A position beyond the log is another log's; its lines would be left out.
	d.next = min(r.next, head.Size)
	d.sent, d.stored, d.storedAt = d.next, d.next, time.Now()
	d.limit, d.trouble = maxLines, trouble{failures: d.trouble.failures}
	if r.failing > 0 {
		d.trouble.told, d.trouble.since = true, time.UnixMicro(r.failing).UTC()
	}
	d.lease.held = true
	d.note()
	return nil
}

// keep stores the position, at most once every Store, and shows the other nodes
// that this one lives.
func (d *Delivery) keep(ctx context.Context) error {
	since := time.Since(d.storedAt)
	moved := d.next != d.stored && since >= d.Pace.Store
	if !moved && (d.alone || since < d.Pace.Lease/3) {
		return nil
	}
	return d.store(ctx)
}

func (d *Delivery) store(ctx context.Context) error {
	next := d.next
	err := d.Log.Touch(ctx, cursorTouch, func(tx *db.Tx) error {
		n, err := tx.Exec(updateNext, next, d.trouble.attempts, d.trouble.text, tx.Now.UnixMicro(), d.Target.Name, d.Holder)
		if err == nil && n != 1 {
			err = errLost
		}
		return err
	})
	return d.wrote(next, err)
}

// wrote notes that the row was written, or that it is another's by now.
func (d *Delivery) wrote(next uint64, err error) error {
	switch {
	case err == nil:
		d.stored, d.storedAt = next, time.Now()
	case errors.Is(err, errLost):
		d.lease.held = false
	}
	return err
}

// release stores the position and lets another node go on at once.
func (d *Delivery) release(ctx context.Context) error {
	err := d.store(ctx)
	if err == nil && !d.alone {
		err = d.Log.Touch(ctx, cursorTouch, func(tx *db.Tx) error {
			_, err := tx.Exec(releaseHolder, d.Target.Name, d.Holder)
			return err
		})
	}
	d.lease.held = false
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}
