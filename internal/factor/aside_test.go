package factor

import (
	"context"
	"sync"
	"testing"

	"coffer/internal/fault"
	"coffer/internal/secret"
)

// TestOthersComeFirst holds that while somebody waits for a page no more than
// half of the processors hash, and that otherwise nothing is held back.
func TestOthersComeFirst(t *testing.T) {
	h := hasher(t, cheap)
	others := false
	h.Others = func() bool { return others }
	for range cap(h.narrow) {
		h.narrow <- struct{}{} // as many as may are hashing
	}
	if err := h.Pretend(t.Context(), secret.New("x")); err != nil {
		t.Errorf("Pretend while nobody waits = %v", err)
	}
	others = true
	gone, hangUp := context.WithCancel(t.Context())
	answered := make(chan error)
	go func() { answered <- h.Pretend(gone, secret.New("x")) }()
	for len(h.slots) == 0 { // it has its turn
		if len(answered) > 0 {
			t.Fatal("Pretend did not wait")
		}
	}
	hangUp()
	if err := <-answered; !fault.Is(err, fault.Unavailable) {
		t.Errorf("Pretend of one who hung up = %v, want Unavailable", err)
	}
	if len(h.slots) != 0 || h.waiting.Load() != 0 {
		t.Errorf("%d slots are taken and %d wait, want none", len(h.slots), h.waiting.Load())
	}
}

// TestNobodysTurnIsLost holds that all get their answer while others are at work,
// and that the rests end.
func TestNobodysTurnIsLost(t *testing.T) {
	h := hasher(t, cheap)
	h.Others = func() bool { return true }
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := h.Pretend(t.Context(), secret.New("x")); err != nil {
				t.Errorf("Pretend = %v", err)
			}
		})
	}
	all.Wait()
	for range cap(h.narrow) {
		h.narrow <- struct{}{} // blocks for good if one was not given back
	}
}
