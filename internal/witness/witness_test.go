package witness_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	cosignature "github.com/transparency-dev/formats/note"

	"coffer/internal/apptest"
	"coffer/internal/apptest/notary"
	"coffer/internal/db"
	"coffer/internal/witness"
)

// TestCosigned holds that witnesses sign the log as it grows, that the newest
// checkpoint is served with their signatures, and that only the hour's is told.
func TestCosigned(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		b := openBook(t, c)
		all := b.notaries("one.example/a", "two.example/b")
		run := b.start(set(t, all...), all...)
		b.wrote("log_opened log:security.log", "log_witnessed checkpoint:1 one.example/a", "log_witnessed checkpoint:1 two.example/b")
		for _, lines := range []int{1, 5, 255, 3, 700} {
			size := b.put(lines)
			b.until("both signatures", func() bool { return slices.Equal(b.signed(all...), []string{"one.example/a", "two.example/b"}) })
			for _, n := range all {
				if got := n.Size(origin); got != size {
					t.Errorf("%s knows %d lines, want %d", n.Name, got, size)
				}
			}
			b.await(run, size)
		}
		b.want()
		b.pass(time.Hour)
		size := b.put(1)
		b.wrote(fmt.Sprintf("log_witnessed checkpoint:%d one.example/a", size), fmt.Sprintf("log_witnessed checkpoint:%d two.example/b", size))
		b.put(1)
		b.until("both signatures", func() bool { return len(b.signed(all...)) == 2 })
		if late := run.Late(); len(late) > 0 {
			t.Errorf("Late() = %q, want nothing", late)
		}
	})
}

// TestOnlyKept holds that the signatures of a checkpoint that nobody keeps go
// once there is a newer one, and that those of kept ones stay.
func TestOnlyKept(t *testing.T) {
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	all := b.notaries("one.example/a")
	run := b.start(set(t, all...), all...)
	for range 10 {
		b.await(run, b.put(1))
	}
	b.await(run, b.sign())
	var sizes []uint64
	b.until("the removal", func() bool {
		sizes = sizes[:0]
		rows, err := b.Read.Query(context.Background(), `SELECT size FROM cosignature ORDER BY size`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var n uint64
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, n)
		}
		return len(sizes) == 2
	})
	if newest, _ := b.Sealer.Signed(); sizes[0] != 1 || sizes[1] != newest {
		t.Errorf("signatures are kept of the sizes %v, want of the hour's, 1, and the newest, %d", sizes, newest)
	}
	kept, err := b.Sealer.CheckpointBefore(context.Background(), b.Now())
	if err != nil || kept.Size != 1 || !strings.Contains(string(kept.Signed), "— one.example/a ") {
		t.Errorf("CheckpointBefore() = %d %s, %v, want the hour's with its cosignature", kept.Size, kept.Signed, err)
	}
}

// TestTwoKinds holds that a witness may sign in two ways, and that both
// signatures are kept.
func TestTwoKinds(t *testing.T) {
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	n := b.notaries("one.example/a")[0]
	skey, vkey, err := cosignature.GenerateMLDSAKey(n.Name)
	if err != nil {
		t.Fatal(err)
	}
	if n.Also, err = cosignature.NewMLDSASigner(skey); err != nil {
		t.Fatal(err)
	}
	list, err := witness.ParseList(n.Pair() + "\n" + vkey + " " + n.URL + "/")
	if err != nil || len(list) != 1 || len(list[0].Keys) != 2 {
		t.Fatalf("ParseList() = %+v, %v, want one witness with two keys", list, err)
	}
	run := b.start(witness.Set{Witnesses: list}, n)
	size := b.put(3)
	b.await(run, size)
	b.until("two signatures", func() bool {
		signed, _, _, err := b.Sealer.Checkpoint(context.Background())
		return err == nil && strings.Count(string(signed), "— one.example/a ") == 2
	})
}

// TestGoesOn holds that a restart, a witness that lost what it knew, and one
// that is back after others went on, come to the newest checkpoint.
func TestGoesOn(t *testing.T) {
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	all := b.notaries("one.example/a", "two.example/b")
	run := b.start(set(t, all...), all...)
	b.await(run, b.put(300))
	run.end()
	b.put(40)
	run = b.start(set(t, all...), all...)
	size := b.sign()
	b.await(run, size)
	b.until("both signatures", func() bool { return len(b.signed(all...)) == 2 })
	all[0].Forget()
	size = b.put(7)
	b.until("the forgetful one", func() bool { return all[0].Size(origin) >= size })

	all[1].Misbehave(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	b.pass(time.Hour)
	hour := b.put(5)
	b.until("one signature", func() bool { return len(b.signed(all...)) == 1 })
	b.put(5)
	all[1].Misbehave(nil)
	b.until("both signatures", func() bool { return len(b.signed(all...)) == 2 })
	kept, err := b.Sealer.CheckpointBefore(context.Background(), b.Now())
	if err != nil || kept.Size != hour || strings.Count(string(kept.Signed), "\n— ") != 3 {
		t.Errorf("the hour's checkpoint is %d %q, %v, want %d with both signatures made up for", kept.Size, kept.Signed, err, hour)
	}
}

// TestFinish holds that the last lines of a run are cosigned, and that a stop
// writes no line that nobody signs.
func TestFinish(t *testing.T) {
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	all := b.notaries("one.example/a", "two.example/b")
	run := b.start(set(t, all...), all...)
	b.await(run, b.put(3))
	b.until("both signatures", func() bool { return len(b.signed(all...)) == 2 })
	run.end()
	b.pass(time.Hour) // what is told of the hour is told by the next start
	b.put(2)
	b.events()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := run.Finish(ctx); err != nil {
		t.Errorf("Finish() = %v", err)
	}
	if got := b.signed(all...); len(got) != 2 {
		t.Errorf("the last checkpoint is signed by %v, want both", got)
	}
	b.want()
}

// hold has a witness hang until it is let go.
func hold(tb testing.TB, n *notary.Notary) (letGo func()) {
	gate := make(chan struct{})
	n.Misbehave(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	})
	open := true
	letGo = func() {
		if open {
			open = false
			n.Misbehave(nil)
			close(gate)
		}
	}
	tb.Cleanup(letGo)
	return letGo
}
