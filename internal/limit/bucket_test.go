package limit

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestBucketEmptiesAndRefillsEvenly(t *testing.T) {
	b := NewBuckets(30, time.Hour, 30)
	for i := range 30 {
		if taken, retry := b.Take("a", start); !taken || retry != 0 {
			t.Fatalf("Take %d = %v, %v, want taken", i+1, taken, retry)
		}
	}
	if taken, retry := b.Take("a", start); taken || retry != 2*time.Minute {
		t.Errorf("Take of an empty bucket = %v, %v, want refused and 2m, a thirtieth of an hour", taken, retry)
	}
	if taken, _ := b.Take("b", start); !taken {
		t.Error("Take of another key's bucket was refused, want taken")
	}
	if taken, retry := b.Take("a", start.Add(2*time.Minute-1)); taken || retry != 1 {
		t.Errorf("Take one nanosecond early = %v, %v, want refused and 1ns", taken, retry)
	}
	if taken, _ := b.Take("a", start.Add(2*time.Minute)); !taken {
		t.Error("Take when one token refilled was refused, want taken")
	}
	later, n := start.Add(24*time.Hour), 0
	for range 100 {
		if taken, _ := b.Take("a", later); taken {
			n++
		}
	}
	if n != 30 {
		t.Errorf("a bucket left alone for a day gave %d, want 30 and not more", n)
	}
}

// Whatever the timing, no stretch of time sees more than the burst and what
// refilled in it.
func TestNoStretchSeesMoreThanBurstAndRefill(t *testing.T) {
	const n, burst = 10, 20
	b := NewBuckets(n, time.Second, burst)
	rng := rand.New(rand.NewPCG(1, 2))
	var taken []time.Time
	for now := start; now.Before(start.Add(time.Minute)); now = now.Add(time.Duration(rng.IntN(int(60 * time.Millisecond)))) {
		if ok, _ := b.Take("a", now); ok {
			taken = append(taken, now)
		}
	}
	for i := range taken {
		for j := i; j < len(taken); j++ {
			most := burst + int(taken[j].Sub(taken[i])*n/time.Second) + 1
			if j-i+1 > most {
				t.Fatalf("%d were taken within %v, want at most %d", j-i+1, taken[j].Sub(taken[i]), most)
			}
		}
	}
	if len(taken) < 600 {
		t.Errorf("%d were taken in a minute, want at least the 600 that refilled", len(taken))
	}
}

func TestClockGoingBackGivesNothing(t *testing.T) {
	b := NewBuckets(1, time.Minute, 1)
	b.Take("a", start)
	if taken, retry := b.Take("a", start.Add(-time.Hour)); taken || retry != 61*time.Minute {
		t.Errorf("Take an hour earlier = %v, %v, want refused and 61m", taken, retry)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	b := NewBuckets(20, time.Minute, 20)
	for i := range 500_000 {
		b.Take(fmt.Sprint(i), start)
	}
	if got, most := b.keys(), 2*shards*young; got > most || got < most/2 {
		t.Errorf("after 500000 keys, %d are held, want at most %d and at least half of it", got, most)
	}
}

// Strangers in any number must not make a key forgotten that is being refused.
func TestRefusedKeyIsKeptWhileItAsks(t *testing.T) {
	b := NewBuckets(1, time.Hour, 1)
	b.Take("busy", start)
	for i := range 300_000 {
		b.Take(fmt.Sprint(i), start)
		if i%1000 == 0 {
			if taken, _ := b.Take("busy", start); taken {
				t.Fatalf("Take after %d other keys = taken, want refused", i)
			}
		}
	}
}

func TestManyAtOnceGetExactlyTheBurst(t *testing.T) {
	b := NewBuckets(200, time.Hour, 200)
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 100 {
				if taken, _ := b.Take("a", start); taken {
					n.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n.Load() != 200 {
		t.Errorf("64 at once took %d, want 200", n.Load())
	}
}

func BenchmarkAllowAddress(b *testing.B) {
	l := New(Default())
	b.ReportAllocs()
	b.SetParallelism(32)
	var who atomic.Uint32
	b.RunParallel(func(pb *testing.PB) {
		address := netip.AddrFrom4([4]byte{10, 0, 0, byte(who.Add(1))})
		for pb.Next() {
			l.AllowAddress(Request, address)
		}
	})
}
