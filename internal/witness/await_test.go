package witness_test

import (
	"context"
	"sync"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
)

// TestCommitSealed holds that what must not be denied later waits for the
// quorum too, and is made all the same where that is late.
func TestCommitSealed(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		b := openBook(t, c)
		all := b.notaries("one.example/a", "two.example/b")
		s := withPolicy(t, set(t, all...), "witness one "+all[0].VKey+"\nwitness two "+all[1].VKey+"\ngroup both all one two\nquorum both\n")
		circle := b.start(s, all...)
		b.Witnessed = circle.Await
		ctx, stop := context.WithCancel(context.Background())
		var signer sync.WaitGroup
		signer.Go(func() { b.Sealer.RunSigner(ctx, func(error) {}) })
		t.Cleanup(func() { stop(); signer.Wait() })

		change := func() (signed bool) {
			t.Helper()
			signed, err := b.CommitSealed(event.System(context.Background(), "test"), func(*db.Tx) ([]event.Event, error) {
				return []event.Event{event.ConfigChanged{Setting: "role", From: "a", To: "b"}}, nil
			})
			if err != nil {
				t.Fatalf("CommitSealed() = %v, want the change made", err)
			}
			return signed
		}
		if !change() {
			t.Error("CommitSealed() = not signed, want both witnesses' signatures")
		}
		head, err := b.Sealer.Head(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if vouch, err := s.Vouch(context.Background(), b.Read, head.Size-2); err != nil || !vouch {
			t.Errorf("Vouch() = %v, %v, want that both signed", vouch, err)
		}
		letGo := hold(t, all[1])
		if change() {
			t.Error("CommitSealed() = signed, while one of two does not answer")
		}
		head, err = b.Sealer.Head(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if vouch, err := s.Vouch(context.Background(), b.Read, head.Size); err != nil || vouch {
			t.Errorf("Vouch() = %v, %v with one signature of two", vouch, err)
		}
		letGo()
		b.await(circle, head.Size)
	})
}
