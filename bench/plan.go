package main

import "time"

const crowd = 64

// plan is how much is measured.
type plan struct {
	rounds int
	window window
	// events are in the log that is asked, lines in the log that is verified.
	events, lines int
	// asks is how often each question is asked.
	asks int
	// full is what the vault holds that is set beside an empty one; nothing, and
	// that is left out.
	full amount
	// only is a word: steps without it in their names are left out.
	only string
}

// planOf reads the switches: BENCH_QUICK is for trying this program out,
// BENCH_LARGE for the sizes that the targets speak of, which want 30 GB of disk,
// 10 GB of memory and an hour, BENCH_ONLY for a single step.
func planOf(env func(string) string) plan {
	p := plan{rounds: 3, window: window{time.Second, 2 * time.Second}, events: 200_000, lines: 1_000_000, asks: 60}
	if env("BENCH_QUICK") != "" {
		p = plan{rounds: 1, window: window{100 * time.Millisecond, 400 * time.Millisecond}, events: 20_000, lines: 50_000, asks: 5, full: amount{100, 5, 5000}}
	}
	if env("BENCH_LARGE") != "" {
		p.events, p.lines, p.full = 10_000_000, 10_000_000, amount{20_000, 50, 10_000_000}
	}
	p.only = env("BENCH_ONLY")
	if p.only != "" && p.full == (amount{}) { // more than a minute: for who asks for it
		p.full = amount{1000, 50, 500_000}
	}
	return p
}
