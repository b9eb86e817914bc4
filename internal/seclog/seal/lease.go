package seal

import (
	"context"
	"sync"
	"time"

	"coffer/internal/db"
)

const (
	selectLease  = `SELECT lease_holder, lease_until FROM head WHERE id = 1`
	takeLease    = `UPDATE head SET lease_holder = $1, lease_until = $2 WHERE id = 1 AND lease_holder = $3 AND lease_until = $4`
	renewLease   = `UPDATE head SET lease_until = $1 WHERE id = 1 AND lease_holder = $2`
	releaseLease = `UPDATE head SET lease_holder = '' WHERE id = 1 AND lease_holder = $1`
)

// Lease is how long a node may be silent before another seals in its place.
const Lease = 3 * time.Second

// renewal is how often the lease is renewed or, by the others, looked at.
const renewal = time.Second

// lease says which node seals and signs on PostgreSQL. It spares the others
// work; what guards against a fork is the head's compare-and-swap. Clocks of
// several machines are never compared: a lease has run out when it has not
// changed for so long on the clock of whoever wants it.
type lease struct {
	id string

	mu     sync.Mutex
	until  time.Time // held as long as this
	holder string    // as last seen
	stamp  int64
	seen   time.Time // since when it has been so
	looked time.Time
}

// LeaseAs names this process by what outlives it, so that one that starts again
// after a crash need not wait for its own lease to run out. Set it before Run.
func (s *Sealer) LeaseAs(id string) {
	s.lease.mu.Lock()
	defer s.lease.mu.Unlock()
	s.lease.id = id
}

// Holds reports whether this process is the one that seals and signs.
func (s *Sealer) Holds() (holds bool) {
	if s.write.Engine() != db.Postgres {
		return true
	}
	s.lease.mu.Lock()
	defer s.lease.mu.Unlock()
	return time.Now().Before(s.lease.until)
}

// keepLease renews the lease, or takes it if it is free or has run out; looked
// says that it was time to.
func (s *Sealer) keepLease(ctx context.Context) (looked bool, err error) {
	if s.write.Engine() != db.Postgres {
		return false, nil
	}
	l := &s.lease
	l.mu.Lock()
	defer l.mu.Unlock()
	began := time.Now()
	if began.Sub(l.looked) < renewal {
		return false, nil
	}
	l.looked = began
	ctx, cancel := context.WithTimeout(ctx, Lease)
	defer cancel()
	var holder string
	var stamp int64
	if err := s.own.QueryRow(ctx, selectLease).Scan(&holder, &stamp); err != nil {
		return true, err
	}
	if holder != l.holder || stamp != l.stamp {
		l.holder, l.stamp, l.seen = holder, stamp, began
	}
	if holder != l.id && holder != "" && began.Sub(l.seen) < Lease {
		l.until = time.Time{}
		return true, nil
	}
	return true, s.claim(ctx, began)
}

// claim takes or renews the lease as it was seen; whoever is faster has it.
func (s *Sealer) claim(ctx context.Context, began time.Time) error {
	l := &s.lease
	l.until = time.Time{}
	stamp := began.Add(Lease).UnixMicro()
	var got int64
	err := s.write.Apart(ctx, func(tx *db.Tx) (err error) {
		if l.holder == l.id {
			got, err = tx.Exec(renewLease, stamp, l.id)
			return err
		}
		got, err = tx.Exec(takeLease, l.id, stamp, l.holder, l.stamp)
		return err
	})
	if err == nil && got == 1 {
		l.holder, l.stamp, l.seen, l.until = l.id, stamp, began, began.Add(Lease)
	}
	return err
}

// Release gives the lease back at a clean stop, so that the next node need not
// wait until it runs out.
func (s *Sealer) Release(ctx context.Context) error {
	if s.write.Engine() != db.Postgres {
		return nil
	}
	l := &s.lease
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = time.Time{}
	return s.write.Apart(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(releaseLease, l.id)
		return err
	})
}

// LeaseAlive watches for as long as a lease lasts whether any process seals on
// this database, for a command that must be alone.
func (s *Sealer) LeaseAlive(ctx context.Context) (alive bool, err error) {
	if s.write.Engine() != db.Postgres {
		return false, nil
	}
	var first, now string
	var stamp, later int64
	if err := s.own.QueryRow(ctx, selectLease).Scan(&first, &stamp); err != nil || first == "" {
		return false, err
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-time.After(Lease):
	}
	err = s.own.QueryRow(ctx, selectLease).Scan(&now, &later)
	return now != "" && (now != first || later != stamp), err
}

// Leased reports whether a process has the lease: one that seals and signs, or
// one that ended before it could give it back.
func (s *Sealer) Leased(ctx context.Context) (leased bool, err error) {
	if s.write.Engine() != db.Postgres {
		return false, nil
	}
	var holder string
	var stamp int64
	err = s.own.QueryRow(ctx, selectLease).Scan(&holder, &stamp)
	return holder != "", err
}
