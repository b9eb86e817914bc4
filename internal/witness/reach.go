package witness

import (
	"context"
	"time"

	"coffer/internal/db"
)

// recall reads what the database and the log know of the witnesses.
func (c *Circle) recall(ctx context.Context) error {
	if c.known {
		return nil
	}
	for _, w := range c.members {
		for _, k := range w.Keys {
			var size uint64
			if err := c.Reader.QueryRow(ctx, selectReached, id(k)).Scan(&size); err != nil {
				return err
			}
			c.mu.Lock()
			w.reached = max(w.reached, size)
			c.mu.Unlock()
		}
		if err := c.wasTold(ctx, &w.watch); err != nil {
			return err
		}
	}
	size, err := c.reach(ctx, c.Reader, selectSizes)
	if err != nil {
		return err
	}
	c.announce(size)
	if err := c.wasTold(ctx, &c.quorum); err != nil {
		return err
	}
	c.known = true
	return nil
}

// Vouch reports whether enough witnesses have signed a checkpoint of at least
// that size, as far as the database knows.
func (s Set) Vouch(ctx context.Context, r *db.Reader, size uint64) (vouch bool, err error) {
	found, err := s.reach(ctx, r, selectFrom, size)
	return err == nil && found >= size, err
}

// reach gives the largest size that enough witnesses signed, of those that the
// query gives.
func (s Set) reach(ctx context.Context, r *db.Reader, query string, args ...any) (size uint64, err error) {
	rows, err := r.Query(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var now uint64
	signed := map[string]bool{}
	for rows.Next() {
		var at uint64
		var key string
		if err := rows.Scan(&at, &key); err != nil {
			return 0, err
		}
		if at != now {
			now, signed = at, map[string]bool{}
		}
		if signed[key] = true; s.enough(signed) {
			return at, nil
		}
	}
	return 0, rows.Err()
}

// announce tells those who wait how far the quorum reaches, and gives how far
// it did before.
func (c *Circle) announce(size uint64) (before uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before = c.quorum.reached
	if size > before {
		c.quorum.vouch(size)
		close(c.moved)
		c.moved = make(chan struct{})
	}
	return before
}

// Await waits until enough witnesses have signed a checkpoint of at least that
// size, or ctx ends.
func (c *Circle) Await(ctx context.Context, size uint64) error {
	for {
		c.mu.Lock()
		there, moved := c.quorum.reached, c.moved
		c.mu.Unlock()
		if there >= size {
			return nil
		}
		if !c.Sealer.Holds() { // another node asks them
			if vouch, err := c.Vouch(ctx, c.Reader, size); err == nil && vouch {
				return nil
			}
		}
		select {
		case c.rush <- struct{}{}:
		default: // it was asked already
		}
		t := time.NewTimer(min(c.Pace.Look, time.Second/10))
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-moved:
		case <-t.C:
		}
		t.Stop()
	}
}
