package seal_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/seclog/seal"
)

// TestTree holds that the tree is that of the lines, segment ends included, and
// that a process which finds another's lines goes on from them, at sizes around
// a tile's border.
func TestTree(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 40<<10)
		n.whole(t)
		for i, fill := range []int{250, 231, 490} { // then 250, 507 and 1023 lines
			if err := n.put(fmt.Sprint(i), fill); err != nil {
				t.Fatal(err)
			}
			for j := range 13 {
				other := open(t, c, 40<<10) // knows nothing yet
				if err := other.put(fmt.Sprint(i, j, "other"), 1); err != nil {
					t.Fatal(err)
				}
				other.whole(t)
				if err := n.put(fmt.Sprint(i, j, "again"), 1); err != nil { // its edge is behind
					t.Fatal(err)
				}
			}
		}
		h := n.whole(t)
		head, err := n.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for size := range head.Size + 1 {
			if root, err := n.RootAt(t.Context(), size); err != nil || root != h.root(t, size) {
				t.Fatalf("RootAt(%d) = %v, %v, want %v", size, root, err, h.root(t, size))
			}
		}
	})
}

// TestTreeBeyondOneLevel crosses the border of a tile of tiles, with a process
// that starts afresh on each side of it.
func TestTreeBeyondOneLevel(t *testing.T) {
	c := apptest.Migrated(t, db.SQLite)
	n := open(t, c, 1<<30)
	for i := range 131 {
		if err := n.put(fmt.Sprint(i), 500); err != nil {
			t.Fatal(err)
		}
	}
	for i, more := range []int{35, 1, 1, 1, 255, 1} { // 65535, 65536, 65537 …
		n = open(t, c, 1<<30)
		if err := n.put(fmt.Sprint("afresh ", i), more); err != nil {
			t.Fatal(err)
		}
	}
	h := n.whole(t)
	for _, size := range []uint64{65279, 65280, 65281, 65534, 65535, 65536, 65537, 65791, 65792, 65793} {
		if root, err := n.RootAt(t.Context(), size); err != nil || root != h.root(t, size) {
			t.Errorf("RootAt(%d) = %v, %v, want %v", size, root, err, h.root(t, size))
		}
	}
}

// TestFailedBatchLeavesNoTrace fails sealing transactions at their very end,
// when the tree has grown: what comes next grows from where it was.
func TestFailedBatchLeavesNoTrace(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 0)
		var fails atomic.Bool
		n.OnSeal(func(*db.Tx) error {
			if fails.Load() {
				return errBatch
			}
			return nil
		})
		for i := range 6 {
			fails.Store(true)
			err := n.put(fmt.Sprint("lost ", i), 200)
			if c.Engine() == db.Postgres {
				if err == nil {
					err = n.Drain(t.Context()) // staged they are; sealing fails
				}
			}
			if err == nil {
				t.Error("a sealing that fails at its end: no error")
			}
			fails.Store(false)
			if err := n.put(fmt.Sprint("kept ", i), 90); err != nil {
				t.Fatal(err)
			}
			n.whole(t)
		}
	})
}

// TestNeverForks lets two sealers race on one database, each in the belief to be
// the one; the log has one history, and each signs only that.
func TestNeverForks(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		const writers, each, events = 8, 20, 3
		nodes := []*node{open(t, c, 64<<10), open(t, c, 64<<10)}
		ctx, stop := context.WithCancel(t.Context())
		var loops, work sync.WaitGroup
		published := make([]*[][]byte, len(nodes))
		for i, n := range nodes {
			published[i] = n.signs(t, nil)
			loops.Go(func() {
				for ctx.Err() == nil { // no lease: both seal and sign all the time
					if err := errors.Join(n.Drain(t.Context()), n.Sign(t.Context())); err != nil {
						t.Errorf("node %d: %v", i, err)
					}
				}
			})
			for w := range writers {
				work.Go(func() {
					for j := range each {
						if err := n.put(fmt.Sprintf("%d-%d-%d", i, w, j), events); err != nil {
							t.Errorf("Commit() = %v", err)
						}
					}
				})
			}
		}
		work.Wait()
		stop()
		loops.Wait()
		h := nodes[0].whole(t)
		nodes[0].complete(t, parsed(t, nodes[0].all(t)), len(nodes)*writers*each, events)
		for i, n := range nodes {
			if err := n.Sign(t.Context()); err != nil {
				t.Errorf("Sign() = %v", err)
			}
			last := uint64(0)
			for _, signed := range *published[i] {
				c := opened(t, signed, h)
				if c.Size <= last {
					t.Errorf("node %d published %d lines after %d", i, c.Size, last)
				}
				last = c.Size
			}
			if _, c, _, err := n.Checkpoint(t.Context()); err != nil || c.Size != last || last == 0 {
				t.Errorf("node %d published %d lines last, the newest checkpoint has %d, %v", i, last, c.Size, err)
			}
		}
		if err := nodes[0].put("last", 1); err != nil {
			t.Fatal(err)
		}
		nodes[0].whole(t)
	})
}

// TestChangedPastCoffer holds that a head, a line or a tile that somebody else
// changed is neither signed nor gone on from.
func TestChangedPastCoffer(t *testing.T) {
	for name, change := range map[string]string{
		"the head's root":  `UPDATE head SET root = (SELECT root FROM tile WHERE level = 0 AND n = 0)`,
		"no root":          `UPDATE head SET root = ''`,
		"a line":           `UPDATE event SET line = (SELECT line FROM event WHERE seq = 1) WHERE seq = 299`,
		"a tile's root":    `UPDATE tile SET root = (SELECT root FROM head)`,
		"the log's origin": `UPDATE head SET origin = 'coffer.invalid/other'`,
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Engines(t, func(t *testing.T, c db.Config) {
				n := open(t, c, 0)
				n.signs(t, nil)
				if err := n.put("a", 300); err != nil {
					t.Fatal(err)
				}
				n.all(t)
				past(t, c, change)
				if name == "the head's root" || name == "no root" || name == "the log's origin" { // a process that knows the tree sees that, too
					if err := n.Sign(t.Context()); err == nil {
						t.Error("Sign() of a head that was changed: no error")
					}
				}
				other := open(t, c, 0)
				s, _ := key(t)
				err := other.SetSigner(t.Context(), seal.Signing{Key: s})
				if err == nil {
					err = other.Sign(t.Context())
				}
				if err == nil && name != "a tile's root" { // the lines lead to the head's root without it
					t.Error("another process signs it")
				}
				if name == "the log's origin" {
					return // its tree is right
				}
				err = other.put("b", 1)
				if err == nil {
					err = other.Drain(t.Context())
				}
				if err == nil {
					t.Error("another process seals beyond it")
				}
			})
		})
	}
}

// TestAppendOnly holds that neither tiles nor kept checkpoints can be changed or
// removed by mistake.
func TestAppendOnly(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 0)
		n.signs(t, nil)
		if err := n.put("a", 300); err != nil {
			t.Fatal(err)
		}
		n.all(t)
		if err := n.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{
			`UPDATE tile SET n = n + 1`, `DELETE FROM tile`, `UPDATE checkpoint SET note = ''`, `DELETE FROM checkpoint`,
		} {
			err := n.write.Apart(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(q); return err })
			if !db.Constraint(err) {
				t.Errorf("%s = %v, want a refusal", q, err)
			}
		}
		n.whole(t)
	})
}

// TestLease holds that on PostgreSQL one node seals, and that another takes over
// when it dies, or at once when it stops.
func TestLease(t *testing.T) {
	c := apptest.Migrated(t, db.Postgres)
	a, b := open(t, c, 0), open(t, c, 0)
	run := func(n *node) (kill func()) {
		ctx, cancel := context.WithCancel(t.Context())
		var loop sync.WaitGroup
		loop.Go(func() { n.Run(ctx, func(err error) { t.Errorf("Run reports %v", err) }) })
		return func() { cancel(); loop.Wait() }
	}
	held := func(n *node) time.Duration {
		t.Helper()
		began := time.Now()
		for !n.Holds() {
			if time.Since(began) > 20*time.Second {
				t.Fatal("the lease was not taken in 20 s")
			}
			time.Sleep(time.Millisecond) // nothing else tells
		}
		return time.Since(began)
	}
	killA := run(a)
	held(a)
	killB := run(b)
	for i := range 20 {
		more := a.More()
		if err := b.put(fmt.Sprint(i), 1); err != nil {
			t.Fatal(err)
		}
		<-more // the one that holds the lease seals what the other staged
	}
	if b.Holds() {
		t.Error("two nodes hold the lease")
	}
	killA() // it gives nothing back, like one that dies
	if took := held(b); took > seal.Lease+3*time.Second {
		t.Errorf("the lease moved after %v, want a moment more than %v", took, seal.Lease)
	}
	killB()
	if err := b.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := open(t, c, 0)
	defer run(again)()
	if took := held(again); took > 2*time.Second {
		t.Errorf("a lease that was given back is taken after %v, want at once", took)
	}
	again.whole(t)
}
