package witness_test

import (
	"context"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
)

// TestNodes holds that of several nodes on one database the one that seals asks
// the witnesses, that the others can wait for the signatures all the same, and
// that another goes on when it is gone.
func TestNodes(t *testing.T) {
	c := apptest.Migrated(t, db.Postgres)
	one := openBook(t, c)
	two := join(t, c)
	all := one.notaries("one.example/a")
	s := set(t, all...)
	first, second := one.start(s, all...), two.start(s, all...)
	size := one.put(3)
	one.await(first, size)
	two.await(second, size)
	asked, _ := all[0].Asked()
	if holds := two.Sealer.Holds(); holds {
		t.Fatal("both nodes seal")
	}

	first.end()
	one.leave()
	if err := one.Sealer.Release(context.Background()); err != nil {
		t.Fatal(err)
	}
	two.until("the other node", two.Sealer.Holds)
	size = two.put(2)
	two.await(second, size)
	if now, _ := all[0].Asked(); now <= asked || all[0].Size(origin) < size {
		t.Errorf("the witness was asked %d times and knows %d lines, want %d and more", now-asked, all[0].Size(origin), size)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := second.Await(ctx, size+100); err == nil {
		t.Error("Await() of lines that nobody wrote = nil, want to wait")
	}
}
