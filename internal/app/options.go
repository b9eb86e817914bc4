package app

import (
	"context"
	"io"
	"time"

	"coffer/internal/deliver"
	"coffer/internal/factor"
	"coffer/internal/seclog/file"
	"coffer/internal/witness"
)

// Options are what the process gives to the program; tests give others.
type Options struct {
	Version string
	// Stdout takes the log's lines if the setting asks for them.
	Stdout io.Writer
	// Fatal ends the process on a failed sync.
	Fatal func(error)
	// SegmentBytes is where a segment of the log ends; 0 is 64 MiB.
	SegmentBytes int64
	// Hash is the cost of a password's hash; zero is the default.
	Hash factor.Settings
	// Pace is how patient deliveries are; zero is the default.
	Pace deliver.Pace
	// Space measures the disk of a directory; nil asks the system.
	Space func(dir string) (Space, error)
	// WitnessPace is how patient the asking of witnesses is; zero is the default.
	WitnessPace witness.Pace
	// Hashing is told when the first password hash is asked for and when none is left.
	Hashing func(begun bool)
	// Room is asked before each password hash, which takes memory, and told when it
	// is made; others says that somebody waits for a page meanwhile.
	Room func(others bool) (leave func())
	// Disk is where security.log is written; nil is the machine's.
	Disk file.Disk
	// Connections is how many a listener holds; 0 is 4096, or what fits the system.
	Connections int
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// Passed is the time that went by since the start, however the clock was set;
	// nil asks the machine.
	Passed func() time.Duration
	// Every gives a loop that runs a background job at this interval until its
	// context ends; nil is one that a ticker drives.
	Every func(time.Duration, func(context.Context)) (loop func(context.Context))
}

// filled puts the defaults where nothing was given.
func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Passed == nil {
		start := time.Now()
		o.Passed = func() time.Duration { return time.Since(start) }
	}
	if o.Space == nil {
		o.Space = measure
	}
	if o.Connections == 0 {
		o.Connections = fitting(mostConnections)
	}
	if o.Every == nil {
		o.Every = ticking
	}
	if o.Hash == (factor.Settings{}) {
		o.Hash = factor.Default
	}
	return o
}
