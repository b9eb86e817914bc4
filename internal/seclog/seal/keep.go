package seal

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"coffer/internal/db"
	"coffer/internal/proof"
)

// keeps lists what is to be kept for ever: the ends of segments, and the newest
// as the first of its hour, if it is.
func (g *signer) keeps(n newest) (all []Kept, err error) {
	for _, end := range g.ends {
		signed, err := proof.Sign(end, g.Key)
		if err != nil {
			return nil, err
		}
		all = append(all, Kept{end.Size, n.at, keptSegment, signed})
	}
	return append(all, Kept{n.c.Size, n.at, keptHour, n.signed}), nil
}

// store puts a checkpoint into the head, never a smaller one than is there.
func (s *Sealer) store(ctx context.Context, n newest, kept []Kept) (stored bool, err error) {
	err = s.aside(ctx, func(tx *db.Tx) error {
		done, err := tx.Exec(updateCheckpoint, n.c.Size, n.at.UnixMicro(), string(n.signed), n.c.Size, n.c.Size, n.c.Origin)
		if stored = done == 1; err != nil || !stored {
			return err
		}
		var last sql.NullInt64
		if err := tx.QueryRow(selectLastKept).Scan(&last); err != nil {
			return err
		}
		for _, k := range kept {
			if k.Why == keptHour && last.Valid && sameHour(time.UnixMicro(last.Int64), k.At) {
				continue
			}
			if _, err := tx.Exec(insertKept, k.Size, k.At.UnixMicro(), k.Why, string(k.Signed)); err != nil {
				return err
			}
		}
		return nil
	})
	return stored && err == nil, err
}

func sameHour(a, b time.Time) (same bool) { return a.Truncate(time.Hour).Equal(b.Truncate(time.Hour)) }

// publish makes a checkpoint known that is not known yet.
func (g *signer) publish(n newest) error {
	if g.Publish == nil || len(n.signed) == 0 || n.c.Size == g.published {
		return nil
	}
	if err := g.Publish(n.signed); err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	g.published = n.c.Size
	return nil
}

// announce tells those who wait how far the log is signed.
func (g *signer) announce(size uint64) {
	g.tell.Lock()
	defer g.tell.Unlock()
	if size > g.size {
		g.size = size
		close(g.more)
		g.more = make(chan struct{})
	}
}
