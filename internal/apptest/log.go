package apptest

import (
	"context"
	"slices"
	"testing"

	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// Log is a log on a database of its own, without file and without loops: what a
// service's tests need to see which events it wrote.
type Log struct {
	*seclog.Log
	Read   *db.Reader
	Write  *db.Writer
	Sealer *seal.Sealer

	tb   testing.TB
	seen uint64
}

// OpenLog opens a log on a migrated database.
func OpenLog(tb testing.TB, c db.Config) *Log {
	tb.Helper()
	read, write := Open(tb, c)
	maker := event.Maker{Node: "test", Version: "0.0.0"}
	l := &Log{Read: read, Write: write, tb: tb}
	l.Sealer = seal.New(read, write, maker, 0, func(err error) { tb.Errorf("fatal: %v", err) })
	l.Log = seclog.New(seclog.Config{Writer: write, Sealer: l.Sealer, Maker: maker, Now: c.Now})
	return l
}

// Lines are the lines sealed since the last call, parsed.
func (l *Log) Lines() []event.Line {
	l.tb.Helper()
	ctx := context.Background()
	if err := l.Sealer.Drain(ctx); err != nil {
		l.tb.Fatalf("Drain() = %v", err)
	}
	// What is committed is in the database a moment before it is in memory.
	if err := l.Sealer.Refresh(ctx); err != nil {
		l.tb.Fatalf("Refresh() = %v", err)
	}
	var out []event.Line
	for {
		lines, err := l.Sealer.Lines(ctx, l.seen, 500)
		if err != nil {
			l.tb.Fatalf("Lines(%d) = %v", l.seen, err)
		}
		if len(lines) == 0 {
			return out
		}
		for _, line := range lines {
			p, err := event.Parse(line.Text)
			if err != nil {
				l.tb.Fatalf("Parse(%s) = %v", line.Text, err)
			}
			out = append(out, p)
		}
		l.seen += uint64(len(lines))
	}
}

// Want fails unless exactly these events were written since the last look, in
// this order.
func (l *Log) Want(names ...string) []event.Line {
	l.tb.Helper()
	lines := l.Lines()
	if got := Names(lines); !slices.Equal(got, names) {
		l.tb.Errorf("events = %v, want %v", got, names)
	}
	return lines
}

// Names are the lines' events.
func Names(lines []event.Line) []string {
	names := make([]string, 0, len(lines))
	for _, l := range lines {
		names = append(names, l.Event)
	}
	return names
}
