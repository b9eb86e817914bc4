package limit

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	shards = 64
	// young is how many keys a shard holds before it forgets the older half.
	// 64 shards of two generations are at most 65,536 keys, under 3 MB.
	young = 512
)

// Buckets counts one limit for many keys: each key has a bucket of tokens that
// refills evenly. At most the burst passes at once, and over any stretch of
// time at most the burst and what refilled in it.
//
// Memory is bounded: when a shard is full, the keys not asked about for longest
// are forgotten, and so have a full bucket again. Whoever has the addresses to
// force that has as many fresh buckets anyway.
type Buckets struct {
	gap   int64 // nanoseconds in which one token refills
	depth int64 // nanoseconds in which a whole bucket refills
	seed  maphash.Seed
	shard [shards]shard
}

// shard holds for each key the moment at which its bucket is full again: the
// whole state of a bucket in eight bytes. Keys are hashes under a random seed,
// so nobody can choose two that share a bucket.
type shard struct {
	mu       sync.Mutex
	now, old map[uint64]int64
	_        [40]byte // keeps neighbours' locks off this cache line
}

// NewBuckets makes buckets that hold burst tokens and gain n of them per unit.
func NewBuckets(n int, unit time.Duration, burst int) *Buckets {
	gap := max(int64(unit)/int64(n), 1)
	return &Buckets{gap: gap, depth: gap * int64(burst), seed: maphash.MakeSeed()}
}

// Take takes a token out of the key's bucket. If there is none, retry says when
// there will be.
func (b *Buckets) Take(key string, now time.Time) (taken bool, retry time.Duration) {
	return b.take(maphash.String(b.seed, key), now.UnixNano())
}

func (b *Buckets) take(key uint64, now int64) (taken bool, retry time.Duration) {
	s := &b.shard[key%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	full := max(s.get(key), now) + b.gap
	if over := full - now - b.depth; over > 0 {
		// Put back unchanged: a refused key must not be forgotten while it asks.
		s.put(key, full-b.gap)
		return false, time.Duration(over)
	}
	s.put(key, full)
	return true, 0
}

func (s *shard) get(key uint64) int64 {
	if at, ok := s.now[key]; ok {
		return at
	}
	return s.old[key]
}

// put keeps at in the younger generation, which becomes the older one when full.
func (s *shard) put(key uint64, at int64) {
	if s.now == nil {
		s.now = make(map[uint64]int64)
	}
	if _, known := s.now[key]; !known && len(s.now) >= young {
		s.now, s.old = s.old, s.now
		clear(s.now)
		if s.now == nil {
			s.now = make(map[uint64]int64, young)
		}
	}
	s.now[key] = at
}

// keys is how many are held, for the test of the bound.
func (b *Buckets) keys() (n int) {
	for i := range b.shard {
		s := &b.shard[i]
		s.mu.Lock()
		n += len(s.now) + len(s.old)
		s.mu.Unlock()
	}
	return n
}
