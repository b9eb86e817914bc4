package deliver_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/deliver"
	"coffer/internal/event"
)

const writers = 64

// load has 64 writers commit for a while and gives the median of their times.
func load(tb testing.TB, l *apptest.Log, d time.Duration) (median time.Duration) {
	tb.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var all sync.WaitGroup
	ctx := event.System(context.Background(), "test")
	for end := time.Now().Add(d); len(took) == 0; all.Wait() {
		for range writers {
			all.Go(func() {
				for time.Now().Before(end) {
					began := time.Now()
					err := l.Commit(ctx, func(*db.Tx) ([]event.Event, error) {
						return []event.Event{event.ConfigChanged{Setting: "x"}}, nil
					})
					if err != nil {
						tb.Errorf("Commit() = %v", err)
						return
					}
					mu.Lock()
					took = append(took, time.Since(began))
					mu.Unlock()
				}
			})
		}
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// heap is what is in use, garbage aside.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestNobodyWaits holds that receivers which hang cost those who commit nothing,
// and keep nothing in memory but a batch each. The best of several rounds
// counts, since others use the machine as well.
func TestNobodyWaits(t *testing.T) {
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	asked := make(chan struct{}, 100)
	h := newHook(t, func(_ int, _ http.ResponseWriter, r *http.Request, _ []byte) bool {
		asked <- struct{}{}
		<-r.Context().Done()
		return false
	})
	hold := make(chan struct{})
	deaf := newCollector(t, nil, func(int, net.Conn, *bufio.Reader) { asked <- struct{}{}; <-hold })
	t.Cleanup(func() { close(hold) })
	rounds := func() time.Duration {
		best := time.Hour
		for range 4 {
			best = min(best, load(t, l, 300*time.Millisecond))
		}
		return best
	}

	rounds() // fills what the sealer keeps of the newest lines
	bare, before := rounds(), heap()
	for _, to := range []deliver.Target{h.target(t), must(t)(deliver.OTLP(h.URL, nil)), deaf.target(t, "tcp", nil)} {
		start(t, l, to, func(c *deliver.Config) { c.Pace = deliver.Standard })
		<-asked
	}
	beset := rounds()
	grown := int64(heap()) - int64(before)
	t.Logf("median commit %v bare, %v beset; %d KiB more in memory, %d lines", bare, beset, grown>>10, head(t, l))
	if beset > 3*bare {
		t.Errorf("a commit takes %v with receivers that hang, %v without", beset, bare)
	}
	if limit := int64(24 << 20); grown > limit {
		t.Errorf("%d bytes more in memory, want %d at most", grown, limit)
	}
}
