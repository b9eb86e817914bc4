package seal

import (
	"cmp"
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
const portion = 1024

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

// Run seals what is staged until ctx ends, while this node holds the lease. On
// SQLite there is nothing to do. An error is tried again, for the events are
// safe, and reported once; nil is when it is over.
func (s *Sealer) Run(ctx context.Context, report func(error)) {
	if s.write.Engine() != db.Postgres {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(Interval)
	defer tick.Stop()
	var leased error // what became of the lease when it was last looked at
	failing := false
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
		}
		if looked, err := s.keepLease(context.WithoutCancel(ctx)); looked {
			leased = err
		}
		err := leased
		if s.Holds() {
			err = cmp.Or(s.sealSome(context.WithoutCancel(ctx)), leased)
		} else {
			s.lag.Store(0) // whoever seals now has a lag of their own
		}
		if (err != nil) != failing {
			failing = err != nil
			report(err)
		}
	}
}

// sealSome seals a portion. What more there is comes next, with a look at the
// lease between, which would run out over a long backlog.
func (s *Sealer) sealSome(ctx context.Context) error {
	n, err := s.sealStaged(ctx)
	moved := errors.Is(err, errMoved) // the other sealer took them: look again
	if moved || err == nil && n == portion {
		s.nudge()
	}
	if moved {
		return nil
	}
	return err
}

// Drain seals what is staged now, whoever holds the lease.
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
	s.draining.Lock()
	defer s.draining.Unlock()
	began := time.Now()
	err := s.write.Apart(ctx, func(tx *db.Tx) error {
		staged, keys, err := readStaged(tx)
		if err != nil || len(keys) == 0 {
			taken = 0
			return err
		}
		if lines, next, err = s.sealOn(tx, staged); err != nil {
			return err
		}
		taken = len(keys) / 2
		return unstage(tx, keys)
	})
	lag := time.Since(began) // what is staged now waits about so long
	if err == nil && taken > 0 {
		s.sealed(lines, next)
		if taken == portion { // and longer, since more waits
			lag = max(lag, time.Since(time.UnixMicro(next.At)))
		}
	}
	s.lag.Store(int64(lag))
	return taken, err
}

// mostLag is how far sealing may be behind before writers give way to it, and
// mostYield how long at most each of them does.
const mostLag, mostYield = 100 * time.Millisecond, 200 * time.Millisecond

// Yield lets a writer wait a moment where events are staged faster than they
// can be sealed, or sealing is slow: the machine is full, and a line that nobody
// can read yet is worth less than one that comes later.
func (s *Sealer) Yield(ctx context.Context) {
	lag := time.Duration(s.lag.Load())
	if lag < mostLag {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(min(lag/2, mostYield)):
	}
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
		if len(keys) >= 2*serverChunk {
			n, query = 2*serverChunk, deleteMany
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
