package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
)

// rowsAtOnce is how many event rows one statement of the benchmark's hook adds.
const rowsAtOnce = 4

// benchLine is as long as most lines of the log.
var benchLine = []byte(strings.Repeat("x", 380))

const (
	// slices alternate between the two, so that a busy machine burdens both.
	benchSlices = 12
	benchSlice  = 250 * time.Millisecond
)

// BenchmarkCommit compares durable commits, each with one event row, against
// a raw insert of one row that is synced, in the same run: the ratio holds on
// any machine, the times do not.
func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			raw := rawInserts(b)
			_, w := apptest.Open(b, apptest.Migrated(b, db.SQLite))
			w.SetHooks(db.Hooks{Before: eventRows()})
			var base, done int
			var took []time.Duration
			for range benchSlices {
				base += raw(benchSlice)
				t := commits(b, w, writers, benchSlice)
				took, done = append(took, t...), done+len(t)
			}
			slices.Sort(took)
			b.ReportMetric(float64(done)/float64(base), "x-raw")
			b.ReportMetric(float64(done)/(benchSlices*benchSlice).Seconds(), "commits/s")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// rawInserts is the yardstick: a prepared insert on one connection, a sync
// each. What it returns runs for a while and counts.
func rawInserts(b *testing.B) func(time.Duration) (n int) {
	file := filepath.Join(b.TempDir(), "raw.db")
	pool, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	b.Cleanup(func() { pool.Close() })
	if _, err := pool.Exec("CREATE TABLE line (id BIGINT PRIMARY KEY, line BLOB NOT NULL)"); err != nil {
		b.Fatal(err)
	}
	insert, err := pool.Prepare("INSERT INTO line VALUES ($1, $2)")
	if err != nil {
		b.Fatal(err)
	}
	id := 0
	return func(d time.Duration) (n int) {
		for start := time.Now(); time.Since(start) < d; n++ {
			if id++; b.Failed() {
				return n
			}
			if _, err := insert.Exec(id, benchLine); err != nil {
				b.Error(err)
			}
		}
		return n
	}
}

// commits runs for a while with so many writers at once, whose closures only
// return a result, as looking at a card does.
func commits(b *testing.B, w *db.Writer, writers int, d time.Duration) (took []time.Duration) {
	var all sync.WaitGroup
	each := make([][]time.Duration, writers)
	start := time.Now()
	for i := range writers {
		all.Go(func() {
			for began := start; began.Sub(start) < d; {
				if err := w.Do(context.Background(), func(*db.Tx) (any, error) { return i, nil }); err != nil {
					b.Error(err)
					return
				}
				now := time.Now()
				each[i], began = append(each[i], now.Sub(began)), now
			}
		})
	}
	all.Wait()
	return slices.Concat(each...)
}

// eventRows is a hook that does what sealing does to the database: one row
// with a line of 380 bytes and four indexes for each result, then the head.
func eventRows() func(*db.Tx, []any) (func(), error) {
	const columns = 12
	var seq int64
	return func(tx *db.Tx, results []any) (func(), error) {
		next := seq
		args := make([]any, 0, columns*rowsAtOnce)
		for rest := len(results); rest > 0; {
			n := 1
			if rest >= rowsAtOnce {
				n = rowsAtOnce
			}
			args = args[:0]
			for range n {
				next++
				args = append(args, next, int64(1), "sensitive_read", "INFO", "success", "u_abcdefghijklmnopqrstuvwxyz",
					"u_abcdefghijklmnopqrstuvwxyz", "192.0.2.1", "0123456789abcdef", "card:c_abcdefghijklmnop", "", benchLine)
			}
			if _, err := tx.Exec(insertEvents(n), args...); err != nil {
				return nil, err
			}
			rest -= n
		}
		const head = `UPDATE head SET size = $1, at = $2, segment_bytes = $3 WHERE id = 1`
		if _, err := tx.Exec(head, next, int64(1), next*380); err != nil {
			return nil, err
		}
		return func() { seq = next }, nil
	}
}

// insertEvents is the insert of n rows.
var insertEvents = func() func(n int) string {
	texts := map[int]string{}
	for _, n := range []int{1, rowsAtOnce} {
		var b strings.Builder
		b.WriteString("INSERT INTO event (seq, at, event, target, commit_id, line) VALUES ")
		for row := range n {
			for col := range 6 {
				fmt.Fprintf(&b, "%s$%d", map[bool]string{true: "(", false: ", "}[col == 0], row*6+col+1)
			}
			b.WriteString(map[bool]string{true: ")", false: "), "}[row == n-1])
		}
		texts[n] = b.String()
	}
	return func(n int) string { return texts[n] }
}()
