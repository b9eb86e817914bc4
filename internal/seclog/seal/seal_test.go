package seal_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

func TestStatements(t *testing.T) { apptest.Prepare(t, seal.Statements()...) }

// TestTimeNeverBackwards sets the clock back between commits.
func TestTimeNeverBackwards(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		now := noon
		c.Now = func() time.Time { return now }
		n := open(t, c, 0)
		for i, step := range []time.Duration{0, time.Second, -time.Hour, 0, 3599 * time.Second, 2 * time.Second} {
			now = now.Add(step)
			if err := n.put(fmt.Sprint(i), 1); err != nil {
				t.Fatal(err)
			}
			n.all(t) // sealed each by itself, or PostgreSQL's sealer would sort them
		}
		var got []string
		for _, l := range parsed(t, n.all(t)) {
			got = append(got, l.Datetime[11:19])
		}
		if want := []string{"12:00:00", "12:00:01", "12:00:01", "12:00:01", "12:00:01", "12:00:02"}; !slices.Equal(got, want) {
			t.Errorf("times = %v, want %v", got, want)
		}
	})
}

// TestRotation holds that boundaries follow from the lines alone: any node that
// has the lines makes the same files.
func TestRotation(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		now := time.Date(2026, 11, 24, 23, 59, 58, 0, time.UTC)
		c.Now = func() time.Time { return now }
		const limit = 4096
		n := open(t, c, limit)
		for i := range 30 {
			if i == 20 {
				now = now.Add(4 * time.Second)
			}
			if err := n.put(fmt.Sprint(i), 1+i%3); err != nil {
				t.Fatal(err)
			}
			n.all(t)
		}
		lines := n.all(t)
		reasons := boundaries(t, lines, limit)
		if reasons["day"] != 1 || reasons["size"] < 5 {
			t.Errorf("segments ended for %v, want one for the day and several for their size", reasons)
		}
		head, err := n.Head(t.Context())
		if err != nil || head.Size != uint64(len(lines)) || head.Day != "2026-11-25" {
			t.Errorf("Head() = %+v, %v, want size %d and the day of the newest line", head, err, len(lines))
		}
	})
}

// boundaries recomputes every segment from the lines and compares what its last
// line says about it.
func boundaries(t *testing.T, lines []seal.Line, limit int64) (reasons map[string]int) {
	t.Helper()
	reasons = map[string]int{}
	var first uint64
	var bytes int64
	day := ""
	for i, p := range parsed(t, lines) {
		e, err := p.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if end, ok := e.(event.LogRotated); ok {
			if want := (event.LogRotated{First: first, Last: p.Seq, Bytes: bytes, Reason: end.Reason}); end != want {
				t.Errorf("line %d says %+v, want %+v", p.Seq, end, want)
			}
			next := parsed(t, lines)[i+1].Datetime[:10]
			if (next != day) != (end.Reason == "day") {
				t.Errorf("line %d ends a segment of %s before a line of %s, reason %s", p.Seq, day, next, end.Reason)
			}
			reasons[end.Reason]++
			first, bytes = p.Seq+1, 0
			continue
		}
		if bytes == 0 {
			day = p.Datetime[:10]
		}
		if bytes += int64(len(lines[i].Text)) + 1; bytes > limit || p.Datetime[:10] != day {
			t.Errorf("line %d of %s makes a segment of %d bytes that began on %s", p.Seq, p.Datetime, bytes, day)
		}
	}
	return reasons
}

// TestTwoNodes lets two processes on one database write and seal at once. On
// PostgreSQL both run the loop, on SQLite each seals what it commits.
func TestTwoNodes(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		const writers, each, events = 4, 25, 3
		nodes := []*node{open(t, c, 64<<10), open(t, c, 64<<10)}
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		var loops, work, followers sync.WaitGroup
		seen := make([][]seal.Line, len(nodes))
		for i, n := range nodes {
			loops.Go(func() { n.Run(ctx, func(err error) { t.Errorf("Run reports %v", err) }) })
			followers.Go(func() { seen[i] = n.follow(t, 2*writers*each*events) })
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
		followers.Wait()
		stop()
		loops.Wait()
		for i, lines := range seen {
			nodes[i].complete(t, parsed(t, lines), 2*writers*each, events)
		}
		boundaries(t, nodes[0].all(t), 64<<10)
		left(t, nodes[0].read)
	})
}

// left checks that nothing waits to be sealed.
func left(t *testing.T, r *db.Reader) {
	t.Helper()
	var n int
	if err := r.QueryRow(t.Context(), `SELECT COUNT(*) FROM staged`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d events are staged still, %v, want none", n, err)
	}
}

// TestLateCommit holds a transaction open while what was staged after it is
// sealed: a sealer that deletes up to a mark would lose it.
func TestLateCommit(t *testing.T) {
	c := apptest.Migrated(t, db.Postgres)
	n := open(t, c, 0)
	pool, err := sql.Open("pgx", c.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	late, err := pool.Begin()
	if err != nil {
		t.Fatal(err)
	}
	rec, err := event.Maker{Node: "late", Version: "0.0.0"}.Record(event.Origin{Actor: "system:test"}, time.Now(), event.LogHeartbeat{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := late.Exec(`INSERT INTO staged (commit_id, n, at, event, level, outcome, actor, subject, source_ip, session, target, rest)
		VALUES ('t_0', 0, $1, $2, $3, $4, $5, '', '', '', $6, $7)`, rec.At, rec.Event, rec.Level, rec.Outcome, rec.Actor, rec.Target, rec.Rest); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := n.put(fmt.Sprint(i), 2); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(n.all(t)); got != 6 {
		t.Fatalf("%d lines before the late commit, want 6", got)
	}
	if err := late.Commit(); err != nil {
		t.Fatal(err)
	}
	lines := parsed(t, n.all(t))
	if len(lines) != 7 || lines[6].Node != "late" || lines[6].Datetime != lines[5].Datetime {
		t.Fatalf("%d lines after the late commit, the last %+v, want it as the seventh with its time raised", len(lines), lines[len(lines)-1])
	}
	left(t, n.read)
}

// TestSealedSoon holds the promise for PostgreSQL: 250 ms from the commit to
// the line, also for what another node staged and nobody told of.
func TestSealedSoon(t *testing.T) {
	c := apptest.Migrated(t, db.Postgres)
	sealing, other := open(t, c, 0), open(t, c, 0)
	ctx, stop := context.WithCancel(context.Background())
	var loop sync.WaitGroup
	loop.Go(func() { sealing.Run(ctx, func(err error) { t.Errorf("Run reports %v", err) }) })
	defer loop.Wait()
	defer stop()
	late := 0
	const times = 10
	for i := range times {
		for _, n := range []*node{sealing, other} {
			more := sealing.More()
			if err := n.put(fmt.Sprint(i, n == other), 1); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			select {
			case <-more:
			case <-time.After(10 * time.Second):
				t.Fatal("a staged event was not sealed in 10 s")
			}
			if took := time.Since(began); took > 250*time.Millisecond {
				t.Logf("sealed %v after the commit", took)
				late++
			}
		}
	}
	if late > times/5 { // a busy machine may stop the world once or twice
		t.Errorf("%d of %d events were sealed later than 250 ms", late, 2*times)
	}
}

// TestReceipt holds that a receipt names the commit's own first line.
func TestReceipt(t *testing.T) {
	n := open(t, apptest.Migrated(t, db.SQLite), 2048)
	var group sync.WaitGroup
	var wrong atomic.Int32
	for w := range 8 {
		group.Go(func() {
			for i := range 10 {
				if !n.receiptFits(t, fmt.Sprint(w, "-", i)) {
					wrong.Add(1)
				}
			}
		})
	}
	group.Wait()
	if wrong.Load() > 0 {
		t.Errorf("%d receipts name a line that is not their commit's", wrong.Load())
	}
}
