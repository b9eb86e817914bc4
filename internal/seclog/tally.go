package seclog

import (
	"hash/maphash"
	"math"
	"math/bits"

	"coffer/internal/event"
)

// maxKept bounds how many values a tally holds.
const maxKept = 500

// tally counts values in bounded memory. Up to maxKept different ones it is
// exact. Beyond that each count is a lower bound, whoever came first: what makes
// up more than 1 in maxKept of all is there for certain (Misra and Gries), and
// how many different ones came is estimated. It never says more than what came.
type tally struct {
	counts map[string]int
	seen   *sketch // of all values, once they are more than maxKept
}

func (t *tally) add(value string, n int) {
	if value == "" {
		return
	}
	if _, known := t.counts[value]; !known && len(t.counts) >= maxKept && t.seen == nil {
		t.seen = new(sketch)
		for v := range t.counts {
			t.seen.add(v)
		}
	}
	if t.seen != nil {
		t.seen.add(value)
	}
	t.count(value, n)
}

// count makes room by taking as much from everyone as from the newcomer.
func (t *tally) count(value string, n int) {
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	if _, known := t.counts[value]; !known && len(t.counts) >= maxKept {
		take := n
		for _, c := range t.counts {
			take = min(take, c)
		}
		for v, c := range t.counts {
			if t.counts[v] = c - take; c == take {
				delete(t.counts, v)
			}
		}
		n -= take
	}
	if n > 0 {
		t.counts[value] += n
	}
}

func (t *tally) merge(other *tally) {
	for v, n := range other.counts {
		t.add(v, n)
	}
	if other.seen == nil {
		return
	}
	if t.seen == nil {
		t.seen = new(sketch)
		for v := range t.counts {
			t.seen.add(v)
		}
	}
	for i, r := range other.seen {
		t.seen[i] = max(t.seen[i], r)
	}
}

func (t *tally) different() int {
	if t.seen != nil {
		return max(t.seen.size(), len(t.counts))
	}
	return len(t.counts)
}

func (t *tally) list() []event.Tally {
	all := make([]event.Tally, 0, len(t.counts))
	for v, n := range t.counts {
		all = append(all, event.Tally{Value: v, Count: n})
	}
	return all
}

// sketch estimates how many different values it saw (HyperLogLog; Flajolet and
// others), mostly within 2 %.
type sketch [4096]uint8

// seed is random, so that nobody can choose values that count as one.
var seed = maphash.MakeSeed()

func (s *sketch) add(value string) {
	h := maphash.String(seed, value)
	rank := uint8(bits.LeadingZeros64(h<<12|1<<11) + 1)
	s[h>>52] = max(s[h>>52], rank)
}

func (s *sketch) size() int {
	m, sum, empty := float64(len(s)), 0.0, 0.0
	for _, rank := range s {
		sum += math.Ldexp(1, -int(rank))
		if rank == 0 {
			empty++
		}
	}
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && empty > 0 {
		estimate = m * math.Log(m/empty)
	}
	return int(math.Round(estimate))
}
