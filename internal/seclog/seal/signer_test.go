package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
)

// TestSign holds that each checkpoint is the head's, that one that was signed is
// not signed again, and that whoever waits is told.
func TestSign(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 0)
		published := n.signs(t, nil)
		if _, _, _, err := n.Checkpoint(t.Context()); !errors.Is(err, seal.ErrUnsigned) {
			t.Errorf("Checkpoint() before the first = %v, want ErrUnsigned", err)
		}
		for i := range 4 {
			if err := n.put(fmt.Sprint(i), 100); err != nil {
				t.Fatal(err)
			}
			h := n.whole(t)
			before, more := n.Signed()
			for range 2 {
				if err := n.Sign(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			size := uint64(100 * (i + 1))
			select {
			case <-more:
			default:
				t.Error("nobody was told of a checkpoint")
			}
			if now, _ := n.Signed(); before != size-100 || now != size || len(*published) != i+1 {
				t.Errorf("signed %d, then %d lines, published %d times; want %d, %d, %d", before, now, len(*published), size-100, size, i+1)
			}
			signed, got, at, err := n.Checkpoint(t.Context())
			if err != nil || !bytes.Equal(signed, (*published)[i]) || time.Since(at).Abs() > time.Minute {
				t.Errorf("Checkpoint() = %s of %v, %v, want what was published", signed, at, err)
			}
			if c := opened(t, signed, h); c != got || c.Size != size {
				t.Errorf("Checkpoint() = %+v, want %+v of %d lines", got, c, size)
			}
		}
	})
}

// TestPublishIsTriedAgain holds that a checkpoint which could not be made known
// is made known later, though it is stored.
func TestPublishIsTriedAgain(t *testing.T) {
	n := open(t, apptest.Migrated(t, db.SQLite), 0)
	n.signs(t, nil)
	s, _ := key(t)
	full, got := errors.New("the disk is full"), 0
	fails := true
	err := n.SetSigner(t.Context(), seal.Signing{Key: s, Publish: func([]byte) error {
		if fails {
			return full
		}
		got++
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.put("a", 1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := n.Sign(t.Context()); !errors.Is(err, full) {
			t.Errorf("Sign() = %v, want %v", err, full)
		}
	}
	fails = false
	for range 2 {
		if err := n.Sign(t.Context()); err != nil || got != 1 {
			t.Errorf("Sign() = %v, published %d times, want once", err, got)
		}
	}
}

// TestKept holds what is kept for ever: the first checkpoint of an hour, and one
// at the end of each segment exactly, however many ended since the last one.
func TestKept(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		now := time.Date(2026, 11, 24, 12, 50, 0, 0, time.UTC)
		c.Now = func() time.Time { return now }
		n := open(t, c, 16<<10)
		n.signs(t, c.Now)
		var firsts []uint64
		for i := range 30 {
			now = now.Add(7 * time.Minute) // 12:57, 13:04, 13:11 …
			if err := n.put(fmt.Sprint(i), 40); err != nil {
				t.Fatal(err)
			}
			n.all(t)
			if err := n.Sign(t.Context()); err != nil {
				t.Fatal(err)
			}
			if size, _ := n.Signed(); i == 0 || now.Minute() < 7 {
				firsts = append(firsts, size)
			}
		}
		h := n.whole(t)
		var ends []uint64
		for _, l := range n.all(t) {
			if l.Event == "log_rotated" {
				ends = append(ends, l.Seq+1)
			}
		}
		if len(ends) < 10 || len(firsts) != 5 {
			t.Fatalf("%d segments and %d hours, want 10 and more, and 5", len(ends), len(firsts))
		}
		n.keeps(t, h, ends, firsts)
	})
}

// keeps checks the list of kept checkpoints. An hour in which a segment ended
// has that one.
func (n *node) keeps(t *testing.T, h hashes, ends, firsts []uint64) {
	t.Helper()
	kept, err := n.Kept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hours := map[time.Time]bool{}
	for _, k := range kept {
		c := opened(t, k.Signed, h)
		if c.Size != k.Size {
			t.Errorf("the checkpoint kept for %d lines has %d", k.Size, c.Size)
		}
		switch k.Why {
		case "segment":
			if len(ends) == 0 || k.Size != ends[0] {
				t.Errorf("a checkpoint of %d lines is kept as a segment's end, want %v", k.Size, ends)
				return
			}
			ends = ends[1:]
		case "hour":
			if !slices.Contains(firsts, k.Size) {
				t.Errorf("a checkpoint of %d lines is kept as an hour's first, want one of %v", k.Size, firsts)
			}
		default:
			t.Errorf("a checkpoint is kept as %q", k.Why)
		}
		hours[k.At.Truncate(time.Hour)] = true
		before, err := n.CheckpointBefore(t.Context(), k.At)
		if err != nil || before.Size < k.Size || before.At.After(k.At) {
			t.Errorf("CheckpointBefore(%v) = %d lines of %v, %v", k.At, before.Size, before.At, err)
		}
	}
	if len(ends) > 0 || len(hours) != len(firsts) {
		t.Errorf("no checkpoint is kept for the segments ended at %v; hours: %d, want %d", ends, len(hours), len(firsts))
	}
	if _, err := n.CheckpointBefore(t.Context(), time.Unix(0, 0)); !errors.Is(err, seal.ErrUnsigned) {
		t.Errorf("CheckpointBefore() the first = %v, want ErrUnsigned", err)
	}
}

// TestReading takes the log as a stranger does: tiles, bundles and proofs all
// lead to the checkpoint, and what it does not cover is not given.
func TestReading(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 0)
		n.signs(t, nil)
		const size = 700
		if err := n.put("a", size); err != nil {
			t.Fatal(err)
		}
		lines := n.all(t)
		if err := n.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := n.put("unsigned", 100); err != nil {
			t.Fatal(err)
		}
		n.whole(t)
		signed, point, _, err := n.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h := treeOf(t, lines)
		n.tiles(t, h, lines)
		for seq := range uint64(size) {
			p, err := n.Proof(t.Context(), seq)
			if err != nil || !bytes.Equal(p.Extra, lines[seq].Text) || !bytes.Equal(p.Checkpoint, signed) {
				t.Fatalf("Proof(%d) = %s under %s, %v", seq, p.Extra, p.Checkpoint, err)
			}
			if err := proof.Inclusion(seq, size, proof.Leaf(p.Extra), p.Hashes, point.Root); err != nil {
				t.Errorf("the proof of line %d: %v", seq, err)
			}
		}
		if _, err := n.Proof(t.Context(), size); !errors.Is(err, seal.ErrUnsigned) {
			t.Errorf("Proof() of an unsigned line = %v, want ErrUnsigned", err)
		}
		for _, old := range []uint64{0, 1, 255, 256, 257, 512, 600, 699, 700} {
			for _, next := range []uint64{600, 699, 700} {
				if old <= next {
					n.consistent(t, h, old, next)
				}
			}
		}
		if _, err := n.ConsistencyProof(t.Context(), 5, size+1); !errors.Is(err, seal.ErrUnsigned) {
			t.Errorf("ConsistencyProof() to unsigned lines = %v, want ErrUnsigned", err)
		}
	})
}

func (n *node) consistent(t *testing.T, h hashes, old, next uint64) {
	t.Helper()
	p, err := n.ConsistencyProof(t.Context(), old, next)
	if err != nil {
		t.Errorf("ConsistencyProof(%d, %d) = %v", old, next, err)
		return
	}
	from, to := proof.Checkpoint{Size: old, Root: h.root(t, old)}, proof.Checkpoint{Size: next, Root: h.root(t, next)}
	if err := proof.Consistency(from, to, p); err != nil {
		t.Errorf("the proof from %d to %d: %v", old, next, err)
	}
}

// tiles reads every tile and bundle of 700 lines, full and in part.
func (n *node) tiles(t *testing.T, h hashes, lines []seal.Line) {
	t.Helper()
	for _, c := range []struct {
		level int
		n     uint64
		width int
		there bool
	}{
		{0, 0, 0, true},
		{0, 0, 256, true},
		{0, 1, 0, true},
		{0, 0, 17, true},
		{0, 2, 188, true},
		{0, 2, 187, true},
		{0, 2, 1, true},
		{1, 0, 2, true},
		{1, 0, 1, true},
		{0, 2, 189, false},
		{0, 2, 0, false},
		{0, 3, 1, false},
		{1, 0, 3, false},
		{1, 0, 0, false},
		{2, 0, 1, false},
		{-1, 0, 1, false},
		{8, 0, 1, false},
		{0, 0, 257, false},
		{0, 0, -1, false},
		{0, 1 << 60, 1, false},
	} {
		got, err := n.Tile(t.Context(), c.level, c.n, c.width)
		if !c.there {
			if !errors.Is(err, seal.ErrNoTile) {
				t.Errorf("Tile(%d, %d, %d) = %d bytes, %v, want ErrNoTile", c.level, c.n, c.width, len(got), err)
			}
			continue
		}
		width := c.width
		if width == 0 {
			width = 256
		}
		want, wrong := tlog.ReadTileData(tlog.Tile{H: 8, L: c.level, N: int64(c.n), W: width}, h)
		if err != nil || wrong != nil || !bytes.Equal(got, want) {
			t.Errorf("Tile(%d, %d, %d) is not the lines' (%v, %v)", c.level, c.n, c.width, err, wrong)
		}
		if c.level > 0 {
			continue
		}
		bundle, err := n.Entries(t.Context(), c.n, c.width)
		texts, bad := proof.ReadBundle(bundle, width)
		if err != nil || bad != nil {
			t.Errorf("Entries(%d, %d) = %v, %v", c.n, c.width, err, bad)
			continue
		}
		for i, text := range texts {
			if !bytes.Equal(text, lines[c.n*256+uint64(i)].Text) {
				t.Errorf("Entries(%d, %d) has another line %d", c.n, c.width, i)
			}
		}
	}
	if _, err := n.Entries(t.Context(), 2, 189); !errors.Is(err, seal.ErrNoTile) {
		t.Errorf("Entries() of unsigned lines = %v, want ErrNoTile", err)
	}
}

// TestCosigned holds that a witness's line stands in the note it belongs to.
func TestCosigned(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 0)
		n.signs(t, nil)
		if err := n.put("a", 3); err != nil {
			t.Fatal(err)
		}
		h := n.whole(t)
		if err := n.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
		const line = "— witness.example abcdefghijklmnop"
		for range 2 {
			if err := n.Cosigned(t.Context(), 3, "witness.example", time.Now(), line); err != nil {
				t.Fatal(err)
			}
		}
		signed, _, _, err := n.Checkpoint(t.Context())
		if err != nil || !bytes.HasSuffix(signed, []byte("\n"+line+"\n")) || bytes.Count(signed, []byte(line)) != 1 {
			t.Errorf("Checkpoint() = %s, %v, want the witness's line at its end, once", signed, err)
		}
		opened(t, signed, h)
	})
}

// TestSignedSoon holds the promise of 1.5 seconds under load: the oldest line
// that no checkpoint covers is never older.
func TestSignedSoon(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 0)
		n.signs(t, nil)
		ctx, stop := context.WithCancel(t.Context())
		var loops, work sync.WaitGroup
		loops.Go(func() { n.Run(ctx, func(err error) { t.Errorf("Run reports %v", err) }) })
		loops.Go(func() { n.RunSigner(ctx, func(err error) { t.Errorf("RunSigner reports %v", err) }) })
		end := time.Now().Add(4 * time.Second)
		for w := range 8 {
			work.Go(func() {
				for i := 0; time.Now().Before(end); i++ {
					if err := n.put(fmt.Sprint(w, "-", i), 1); err != nil {
						t.Errorf("Commit() = %v", err)
						return
					}
				}
			})
		}
		oldest, looks, late := time.Duration(0), 0, 0
		for ; time.Now().Before(end); looks++ {
			age := n.unsigned(t)
			if oldest = max(oldest, age); age > 1500*time.Millisecond {
				late++
			}
			time.Sleep(20 * time.Millisecond) // a look, not a wait
		}
		work.Wait()
		stop()
		loops.Wait()
		t.Logf("%d looks, the oldest unsigned line was %v old", looks, oldest)
		if late > looks/5 { // a busy machine may stop the world for a moment
			t.Errorf("at %d of %d looks a line was not signed for over 1.5 s", late, looks)
		}
	})
}

// unsigned is the age of the oldest sealed line that no checkpoint covers.
func (n *node) unsigned(t *testing.T) time.Duration {
	t.Helper()
	now := time.Now()
	size := uint64(0)
	_, c, _, err := n.Checkpoint(t.Context())
	if err == nil {
		size = c.Size
	} else if !errors.Is(err, seal.ErrUnsigned) {
		t.Fatal(err)
	}
	var at int64
	row := n.read.QueryRow(t.Context(), `SELECT COALESCE((SELECT at FROM event WHERE seq = $1), 0)`, int64(size))
	if err := row.Scan(&at); err != nil {
		t.Fatal(err)
	}
	if at == 0 {
		return 0
	}
	return now.Sub(time.UnixMicro(at))
}

// TestCommitSealed holds that it waits for the signature, hurries it, and says
// so when it is late.
func TestCommitSealed(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		n := open(t, c, 2048) // a segment may end between a commit's own lines
		n.signs(t, nil)
		ctx, stop := context.WithCancel(t.Context())
		var loops sync.WaitGroup
		loops.Go(func() { n.Run(ctx, func(err error) { t.Errorf("Run reports %v", err) }) })
		loops.Go(func() { n.RunSigner(ctx, func(err error) { t.Errorf("RunSigner reports %v", err) }) })
		commit := func() (bool, error) {
			return n.CommitSealed(event.System(context.Background(), "test"), func(*db.Tx) ([]event.Event, error) {
				return slices.Repeat([]event.Event{event.LogHeartbeat{}}, 5), nil
			})
		}
		for range 10 {
			signed, err := commit()
			if err != nil || !signed {
				t.Fatalf("CommitSealed() = %v, %v, want true", signed, err)
			}
			_, point, _, err := n.Checkpoint(t.Context())
			var last uint64
			if err == nil {
				err = n.read.QueryRow(t.Context(), `SELECT MAX(seq) FROM event WHERE event = 'log_heartbeat'`).Scan(&last)
			}
			if err != nil || point.Size <= last {
				t.Errorf("the checkpoint has %d lines, %v, want more than %d", point.Size, err, last)
			}
		}
		stop()
		loops.Wait()
		began := time.Now()
		signed, err := commit()
		if took := time.Since(began); err != nil || signed || took < time.Second {
			t.Errorf("CommitSealed() without a signer = %v, %v after %v, want false after its deadline", signed, err, took)
		}
		n.whole(t)
	})
}
