package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
)

// rowsAtOnce is how many event rows one statement of the benchmark's hook adds.
const rowsAtOnce = 4

// BenchmarkCommit compares a durable commit with one event row against a raw
// insert of one row that is synced, in the same run: the ratio holds on any
// machine, the times do not.
func BenchmarkCommit(b *testing.B) {
	raw := func(b *testing.B) float64 { return rawInserts(b) }
	b.Run("raw", func(b *testing.B) { raw(b) })
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			base := raw(b)
			perSecond, p99 := commits(b, writers)
			b.ReportMetric(perSecond/base, "x-raw")
			b.ReportMetric(perSecond, "commits/s")
			b.ReportMetric(float64(p99.Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// rawInserts is the yardstick: a prepared insert on one connection, a sync each.
func rawInserts(b *testing.B) (perSecond float64) {
	file := filepath.Join(b.TempDir(), "raw.db")
	pool, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	if _, err := pool.Exec(makeThing); err != nil {
		b.Fatal(err)
	}
	insert, err := pool.Prepare(insertThing)
	if err != nil {
		b.Fatal(err)
	}
	defer insert.Close()
	n, start := 0, time.Now()
	for ; time.Since(start) < time.Second; n++ {
		if _, err := insert.Exec(n, "owner"); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(start).Seconds()
}

// commits runs for a while with so many writers at once, whose closures only
// return a result, as looking at a card does.
func commits(b *testing.B, writers int) (perSecond float64, p99 time.Duration) {
	_, w := apptest.Open(b, apptest.Migrated(b, db.SQLite))
	w.SetHooks(db.Hooks{Before: eventRows()})
	var all sync.WaitGroup
	var stop atomic.Bool
	took := make([][]time.Duration, writers)
	start := time.Now()
	for i := range writers {
		all.Go(func() {
			for !stop.Load() {
				began := time.Now()
				err := w.Do(context.Background(), func(*db.Tx) (any, error) { return i, nil })
				if err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	time.Sleep(2 * time.Second)
	stop.Store(true)
	all.Wait()
	every := slices.Concat(took...)
	slices.Sort(every)
	return float64(len(every)) / time.Since(start).Seconds(), every[len(every)*99/100]
}

// eventRows is a hook that does what sealing does to the database: one row
// with a line of 380 bytes and four indexes for each result, then the head.
func eventRows() func(*db.Tx, []any) (func(), error) {
	const columns = 12
	line := []byte(strings.Repeat("x", 380))
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
					"u_abcdefghijklmnopqrstuvwxyz", "192.0.2.1", "0123456789abcdef", "card:c_abcdefghijklmnop", "", line)
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
		b.WriteString("INSERT INTO event (seq, at, event, level, outcome, actor, subject, source_ip, session, target, commit_id, line) VALUES ")
		for row := range n {
			for col := range 12 {
				fmt.Fprintf(&b, "%s$%d", map[bool]string{true: "(", false: ", "}[col == 0], row*12+col+1)
			}
			b.WriteString(map[bool]string{true: ")", false: "), "}[row == n-1])
		}
		texts[n] = b.String()
	}
	return func(n int) string { return texts[n] }
}()
