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
}

// planOf reads the two switches: BENCH_QUICK is for trying this program out,
// BENCH_LARGE for the sizes that the targets speak of, which want 30 GB of disk,
// 10 GB of memory and half an hour.
func planOf(env func(string) string) plan {
	p := plan{rounds: 3, window: window{time.Second, 2 * time.Second}, events: 200_000, lines: 1_000_000, asks: 60}
	if env("BENCH_QUICK") != "" {
		p = plan{rounds: 1, window: window{100 * time.Millisecond, 400 * time.Millisecond}, events: 20_000, lines: 50_000, asks: 5}
	}
	if env("BENCH_LARGE") != "" {
		p.events, p.lines = 10_000_000, 10_000_000
	}
	return p
}
