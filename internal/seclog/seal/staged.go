package seal

import (
	"context"
	"errors"
	"time"

	"coffer/internal/db"
	"coffer/internal/event"
)

// Interval is the longest an event of another node waits on PostgreSQL before
// it is looked for; a commit of this node wakes the loop at once.
const Interval = 100 * time.Millisecond

// portion is how many staged events one sealing transaction takes: small steps
// often, so that no writer waits long for the head's row.
const portion = 512

// stage is PostgreSQL's before-commit step: the events wait in the table, in
// the transaction of the change, for the sealer.
func (s *Sealer) stage(tx *db.Tx, results []any) (func(), error) {
	for _, r := range results {
		st, ok := r.(*Staged)
		if !ok {
			continue
		}
		for n, c := range st.Records {
			if _, err := tx.Exec(insertStaged, st.Commit, n, c.At, c.Event, c.Level, c.Outcome, c.Actor, c.Subject,
				c.SourceIP, c.Session, c.Target, c.Rest); err != nil {
				return nil, err
			}
		}
	}
	return s.nudge, nil
}

func (s *Sealer) nudge() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
}

// outcome looks a commit up whose answer was lost.
func (s *Sealer) outcome(ctx context.Context, r *db.Reader, results []any) (bool, error) {
	for _, res := range results {
		st, ok := res.(*Staged)
		if !ok || len(st.Records) == 0 {
			continue
		}
		var n int
		if err := r.QueryRow(ctx, selectCommit, st.Commit).Scan(&n); err != nil {
			return false, err
		}
		return n > 0, nil
	}
	return false, errors.New("a transaction without events cannot be looked up")
}

// Run seals what is staged until ctx ends, and once more then. On SQLite there
// is nothing to do. An error is tried again, for the events are safe, and
// reported once; nil is when it is over.
func (s *Sealer) Run(ctx context.Context, report func(error)) {
	if s.write.Engine() != db.Postgres {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(Interval)
	defer tick.Stop()
	failing := false
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
		}
		err := s.Drain(context.WithoutCancel(ctx))
		if (err != nil) != failing {
			failing = err != nil
			report(err)
		}
	}
}

// Drain seals what is staged now.
func (s *Sealer) Drain(ctx context.Context) error {
	for s.write.Engine() == db.Postgres {
		n, err := s.sealStaged(ctx)
		if errors.Is(err, errMoved) {
			continue // the other sealer took them: look again
		}
		if err != nil || n < portion {
			return err
		}
	}
	return nil
}

func (s *Sealer) sealStaged(ctx context.Context) (int, error) {
	var lines []Line
	var next Head
	var taken int
	err := s.write.Apart(ctx, func(tx *db.Tx) error {
		staged, keys, err := readStaged(tx)
		if err != nil || len(keys) == 0 {
			taken = 0
			return err
		}
		head, err := readHead(tx)
		if err != nil {
			return err
		}
		if lines, next, err = s.seal(tx, head, staged); err != nil {
			return err
		}
		taken = len(keys) / 2
		return unstage(tx, keys)
	})
	if err == nil && taken > 0 {
		s.tail.add(lines, next)
	}
	return taken, err
}

// readStaged reads a portion and the keys, two by two, of exactly what it read.
func readStaged(tx *db.Tx) (staged []*Staged, keys []any, err error) {
	rows, err := tx.Query(selectStaged, portion)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var commit string
		var n int64
		var c event.Record
		if err := rows.Scan(&commit, &n, &c.At, &c.Event, &c.Level, &c.Outcome, &c.Actor, &c.Subject,
			&c.SourceIP, &c.Session, &c.Target, &c.Rest); err != nil {
			return nil, nil, err
		}
		if len(staged) == 0 || staged[len(staged)-1].Commit != commit {
			staged = append(staged, &Staged{Commit: commit})
		}
		last := staged[len(staged)-1]
		last.Records = append(last.Records, c)
		keys = append(keys, commit, n)
	}
	return staged, keys, rows.Err()
}

// unstage deletes exactly the rows that were read. A watermark instead would
// lose an event whose transaction commits late.
func unstage(tx *db.Tx, keys []any) error {
	for len(keys) > 0 {
		n, query := 2, deleteStaged
		if len(keys) >= 2*chunk {
			n, query = 2*chunk, deleteChunk
		}
		gone, err := tx.Exec(query, keys[:n]...)
		if err != nil {
			return err
		}
		if gone != int64(n/2) {
			return errMoved
		}
		keys = keys[n:]
	}
	return nil
}
