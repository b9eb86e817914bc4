package witness

import (
	"math/rand/v2"
	"time"
)

// Pace is how patient and how busy it is.
type Pace struct {
	// Timeout is how long one request may take.
	Timeout time.Duration
	// Every is how often new checkpoints are offered at most; a commit that
	// waits for the witnesses is not kept waiting for it.
	Every time.Duration
	// Slow is how long a witness may take before the others go on without it.
	Slow time.Duration
	// First is the wait after a first failure; it doubles up to Longest.
	First, Longest time.Duration
	// Late is how long newer lines may be without a cosignature before that is
	// told.
	Late time.Duration
	// Look is how often it is looked at what no channel tells of.
	Look time.Duration
	// Start is what the witnesses may take at the start together.
	Start time.Duration
}

// Standard is the pace of everyday.
var Standard = Pace{
	Timeout: 10 * time.Second, Every: 5 * time.Second, Slow: 2 * time.Second, First: time.Second, Longest: time.Minute,
	Late: 5 * time.Minute, Look: time.Second, Start: 3 * time.Second,
}

// backOff is the wait after so many failed requests: doubled each time, with up
// to half as much again, so that many logs do not come back together.
func (p Pace) backOff(failures int) time.Duration {
	d := p.First
	for ; failures > 1 && d < p.Longest; failures-- {
		d *= 2
	}
	d = min(d, p.Longest)
	return min(d+rand.N(d/2+1), p.Longest)
}
