package seclog_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
)

// BenchmarkCommit measures the whole of a commit on SQLite: closure, sealed
// line, tree, sync. `make bench` sets the same beside raw synced inserts.
func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			l := apptest.OpenLog(b, apptest.Migrated(b, db.SQLite))
			took := make([][]time.Duration, writers)
			var all sync.WaitGroup
			b.ResetTimer()
			for i := range writers {
				all.Go(func() { took[i] = commits(b, l, b.N/writers+1) })
			}
			all.Wait()
			b.StopTimer()
			each := slices.Sorted(slices.Values(slices.Concat(took...)))
			b.ReportMetric(float64(len(each))/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(each[len(each)*99/100].Microseconds())/1e3, "p99-ms")
		})
	}
}

// commits writes what looking at a card writes, so many times.
func commits(b *testing.B, l *apptest.Log, times int) []time.Duration {
	took := make([]time.Duration, 0, times)
	ctx := event.With(context.Background(), event.Origin{
		Actor: "u_abcdefghijklmnopqrstuv", SourceIP: "192.0.2.1", PeerIP: "192.0.2.1", UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
		Method: "GET", URI: "/view_credit_card/c_abcdefghijklmnopqrstuv", RequestID: "r_abcdefghijklmnop", Session: "0123456789abcdef",
	})
	seen := event.CardViewed{Owner: "u_abcdefghijklmnopqrstuv", Card: "c_abcdefghijklmnopqrstuv", Last4: "4242", Part: "masked"}
	for range times {
		began := time.Now()
		if err := l.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return []event.Event{seen}, nil }); err != nil {
			b.Error(err)
			return took
		}
		took = append(took, time.Since(began))
	}
	return took
}
