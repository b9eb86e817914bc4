package app

import (
	"context"
	"crypto/tls"
	"log/slog"
	"sync"
	"time"
)

// issued is how it stands with one name's certificate.
type issued struct {
	name string

	mu    sync.Mutex
	pair  *tls.Certificate // nil as long as there is none
	err   error            // of the last try, or nil
	due   time.Time        // when it is to be asked for again
	pause time.Duration
	busy  chan struct{} // closed when the try under way has ended
}

// obtain waits for the certificate, but not for longer than ctx. However many
// wait, the authority is asked once, and after a failure not before it is due.
func (w *authority) obtain(ctx context.Context, s *issued) (*tls.Certificate, error) {
	s.mu.Lock()
	if s.err != nil && w.now().Before(s.due) {
		defer s.mu.Unlock()
		return nil, s.err
	}
	if s.busy == nil {
		s.busy = make(chan struct{})
		go func() {
			pair, err := w.manager.GetCertificate(askFor(s.name))
			s.note(pair, err, w.now())
		}()
	}
	busy := s.busy
	s.mu.Unlock()
	select {
	case <-busy:
	case <-ctx.Done():
		return nil, errNotYet
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pair, s.err
}

func (s *issued) has() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pair != nil
}

// note keeps how a try ended, and tells the operator what changed by it. What
// was got before stays in use whatever happens.
func (s *issued) note(pair *tls.Certificate, err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.busy)
	s.busy = nil
	if err != nil {
		s.pause = min(max(2*s.pause, acmePause), acmeLongest)
		s.err, s.due = err, now.Add(s.pause)
		slog.Error("no certificate could be got; it is tried again. "+acmeHint, "name", s.name, "in", s.pause, "err", err)
		return
	}
	if s.pair == nil || !s.pair.Leaf.Equal(pair.Leaf) {
		slog.Info("a certificate is in use", "name", s.name, "until", dateOf(pair.Leaf.NotAfter))
	}
	s.pair, s.err, s.pause, s.due = pair, nil, 0, now.Add(acmeAgain)
}
