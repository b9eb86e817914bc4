package witness

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
)

const (
	selectReached = `SELECT COALESCE(MAX(size), 0) FROM cosignature WHERE witness = $1`
	selectSizes   = `SELECT size, witness FROM cosignature ORDER BY size DESC LIMIT 256`
	selectFrom    = `SELECT size, witness FROM cosignature WHERE size >= $1 ORDER BY size DESC LIMIT 256`
	selectSigned  = `SELECT witness, line FROM cosignature WHERE size = $1 ORDER BY witness`
	insertTold    = `INSERT INTO cosignature (size, witness, at, line) VALUES ($1, $2, $3, $4) ON CONFLICT (size, witness) DO NOTHING`
	deleteOld     = `DELETE FROM cosignature WHERE size >= $1 AND size < $2 AND size NOT IN (SELECT size FROM checkpoint)`
)

// take notes an answer, and keeps the signatures that it brought.
func (c *Circle) take(ctx context.Context, a answer) error {
	w := a.w
	if a.offer.signed == nil {
		w.busy = false
		return nil
	}
	if errors.Is(a.err, errPassed) {
		// Its signature of the newer one went to whoever asked for it.
		c.vouched(w, a.size)
		return nil
	}
	if a.err != nil {
		return c.failed(ctx, a)
	}
	if a.told && a.size < w.reached {
		slog.Warn("a witness has forgotten what it signed", "witness", w.Name, "signed", w.reached, "knows", a.size)
	}
	if err := c.keep(ctx, a); err != nil {
		return err
	}
	if w.failures > 0 {
		slog.Info("a witness signs again", "witness", w.Name)
	}
	w.failures, w.due = 0, time.Time{}
	c.vouched(w, a.offer.Size)
	return c.publish(ctx, a.offer)
}

// vouched notes how far a witness's signature reaches.
func (c *Circle) vouched(w *member, size uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.vouch(size)
	w.fault, w.text, w.accused = "", "", nil
}

// failed notes an offer that brought no signature; what is the log's own fault
// is given back.
func (c *Circle) failed(ctx context.Context, a answer) error {
	f, ok := errors.AsType[*failure](a.err)
	if !ok || ctx.Err() != nil {
		return a.err
	}
	w := a.w
	if w.failures == 0 || w.fault != f.reason {
		slog.Warn("a witness does not sign", "witness", w.Name, "at", w.Receiver(), "err", f)
	}
	w.failures++
	w.due = time.Now().Add(c.Pace.backOff(w.failures))
	c.mu.Lock()
	w.fault, w.text = f.reason, f.Error()
	told := w.accused
	c.mu.Unlock()
	if f.rollback == nil || told != nil {
		return nil
	}
	return c.accuse(ctx, w, f.rollback)
}

// accuse writes that a witness knows another history than is there, once.
func (c *Circle) accuse(ctx context.Context, w *member, x *Contradiction) error {
	slog.Error(x.Word()+": "+x.Sentence(), "witness", w.Name)
	if c.ending {
		return nil
	}
	e := event.LogVerifyFailed{Size: x.Size, Witness: x.Witness, Known: x.Known, Reason: "witness_ahead"}
	if x.Forked {
		e.Reason = "witness_forked"
	}
	if err := c.Log.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return []event.Event{e}, nil }); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w.accused = x
	return nil
}

// errThere is a signature that is kept already.
var errThere = fault.New(fault.Conflict, "The signature is there.")

// keep stores the signatures. Those of an hourly checkpoint are an event; of
// all checkpoints they would make one another without end.
func (c *Circle) keep(ctx context.Context, a answer) error {
	if !a.offer.hourly {
		for _, s := range a.took {
			if err := c.Sealer.Cosigned(ctx, a.offer.Size, s.key, s.at, s.line); err != nil {
				return err
			}
		}
		return nil
	}
	err := c.Log.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		stored := int64(0)
		for _, s := range a.took {
			n, err := tx.Exec(insertTold, a.offer.Size, s.key, s.at.UnixMicro(), s.line)
			if err != nil {
				return nil, err
			}
			stored += n
		}
		if stored == 0 {
			return nil, errThere
		}
		return []event.Event{event.LogWitnessed{Size: a.offer.Size, Witness: a.w.Name}}, nil
	})
	if errors.Is(err, errThere) {
		return nil
	}
	return err
}

// publish makes a checkpoint known with the signatures that it has by now.
func (c *Circle) publish(ctx context.Context, o offer) error {
	rows, err := c.Reader.Query(ctx, selectSigned, o.Size)
	if err != nil {
		return err
	}
	defer rows.Close()
	note, signed := append([]byte(nil), o.signed...), map[string]bool{}
	for rows.Next() {
		var key, line string
		if err := rows.Scan(&key, &line); err != nil {
			return err
		}
		signed[key] = true
		note = append(append(note, line...), '\n')
	}
	if err := rows.Err(); err != nil {
		return err
	}
	enough := c.enough(signed)
	if c.Publish != nil {
		if err := c.Publish(ctx, note, enough); err != nil {
			return err
		}
	}
	if !enough {
		return nil
	}
	c.forget(ctx, c.announce(o.Size), o.Size)
	return nil
}

// forget removes the signatures of checkpoints that nobody keeps, once there is
// a newer one with enough of them.
func (c *Circle) forget(ctx context.Context, from, to uint64) {
	if from >= to || c.hoards {
		return
	}
	err := c.Log.Touch(ctx, "witness.old", func(tx *db.Tx) error {
		_, err := tx.Exec(deleteOld, from, to)
		return err
	})
	if err != nil {
		c.hoards = true
		slog.Warn("old cosignatures stay in the database", "err", err)
	}
}
