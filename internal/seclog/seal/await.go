package seal

import (
	"context"
	"time"

	"coffer/internal/db"
)

const (
	selectPlace = `SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM event WHERE commit_id = $1`
	nameLog     = `UPDATE head SET origin = $1 WHERE id = 1 AND origin = ''`
)

// Name gives the log its origin within a transaction, if it has none.
func Name(tx *db.Tx, origin string) error {
	_, err := tx.Exec(nameLog, origin)
	return err
}

// Signed gives how many lines are signed, as far as this process knows, and a
// channel that is closed when there are more.
func (s *Sealer) Signed() (size uint64, more <-chan struct{}) {
	g := &s.signer
	g.tell.Lock()
	defer g.tell.Unlock()
	return g.size, g.more
}

// Await waits until a commit's last line is signed, or ctx ends. It asks the
// signer to hurry.
func (s *Sealer) Await(ctx context.Context, st *Staged) (signed bool) {
	tick := time.NewTicker(Interval)
	defer tick.Stop()
	last, sealed := st.Last, st.Sealed
	for {
		size, more := s.Signed()
		if !sealed {
			last, sealed = s.place(ctx, st.Commit)
		}
		if sealed && size > last {
			return true
		}
		select {
		case s.signer.rush <- struct{}{}:
		default: // it was asked already
		}
		select {
		case <-ctx.Done():
			return false
		case <-more:
		case <-tick.C:
		}
	}
}

// place finds a commit's last line. An answer that does not come is one that
// is asked for again.
func (s *Sealer) place(ctx context.Context, commit string) (last uint64, sealed bool) {
	var n int
	err := s.read.QueryRow(ctx, selectPlace, commit).Scan(&n, &last)
	return last, err == nil && n > 0
}

// Behind is how long ago RunSigner last had everything signed.
func (s *Sealer) Behind() time.Duration {
	if good := s.signer.good.Load(); good > 0 {
		return time.Since(time.Unix(0, good))
	}
	return 0
}

// RunSigner signs new lines until ctx ends, at most every Pace; where another
// node does, it follows. What fails is tried again, and reported once.
func (s *Sealer) RunSigner(ctx context.Context, report func(error)) {
	failing := false
	for ctx.Err() == nil {
		more := s.More()
		began := time.Now()
		err := s.step(context.WithoutCancel(ctx), s.Holds())
		if err == nil {
			s.signer.good.Store(began.UnixNano())
		}
		if (err != nil) != failing {
			failing = err != nil
			report(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-more:
		case <-s.signer.rush:
			continue
		case <-time.After(Pace):
		}
		select {
		case <-ctx.Done():
		case <-s.signer.rush:
		case <-time.After(Pace - time.Since(began)):
		}
	}
}
