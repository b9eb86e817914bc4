package seal_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// node is one process's log: several of them may be on one database.
type node struct {
	*seclog.Log
	*seal.Sealer
	read  *db.Reader
	write *db.Writer
}

func open(tb testing.TB, c db.Config, segment int64) *node {
	tb.Helper()
	n := &node{}
	n.read, n.write = apptest.Open(tb, c)
	maker := event.Maker{Node: "test", Version: "0.0.0"}
	n.Sealer = seal.New(n.read, n.write, maker, segment, func(err error) { tb.Errorf("fatal: %v", err) })
	n.Log = seclog.New(seclog.Config{Writer: n.write, Sealer: n.Sealer, Maker: maker, Now: c.Now})
	return n
}

// put commits the given number of events, all of them about one setting that
// is written in the same transaction.
func (n *node) put(name string, events int) error {
	ctx := event.With(context.Background(), event.Origin{Actor: "system:test", Session: name})
	return n.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		if _, err := tx.Exec(`INSERT INTO setting (name, value) VALUES ($1, $2)`, name, "v"); err != nil {
			return nil, err
		}
		out := make([]event.Event, events)
		for i := range out {
			out[i] = event.ConfigChanged{Setting: name, From: fmt.Sprint(i), To: fmt.Sprint(events)}
		}
		return out, nil
	})
}

// all seals what waits and reads the log from its beginning.
func (n *node) all(tb testing.TB) []seal.Line {
	tb.Helper()
	if err := n.Drain(context.Background()); err != nil {
		tb.Fatalf("Drain() = %v", err)
	}
	return n.from(tb, 0)
}

func (n *node) from(tb testing.TB, seq uint64) (all []seal.Line) {
	tb.Helper()
	for {
		lines, err := n.Lines(context.Background(), seq, 300)
		if err != nil {
			tb.Fatalf("Lines(%d) = %v", seq, err)
		}
		if len(lines) == 0 {
			return all
		}
		all = append(all, lines...)
		seq += uint64(len(lines))
	}
}

// parsed checks what holds for every log, whoever wrote it: numbers without a
// gap from 0 on, in text and column alike, and a time that never runs backwards.
func parsed(tb testing.TB, lines []seal.Line) []event.Line {
	tb.Helper()
	out := make([]event.Line, len(lines))
	before := ""
	for i, l := range lines {
		p, err := event.Parse(l.Text)
		if err != nil {
			tb.Fatalf("Parse(%s) = %v", l.Text, err)
		}
		if p.Seq != uint64(i) || l.Seq != p.Seq || l.Event != p.Event {
			tb.Fatalf("line %d is %d %s in its columns and %d %s in its text", i, l.Seq, l.Event, p.Seq, p.Event)
		}
		if p.Datetime < before { // equal length, so text order is time order
			tb.Fatalf("line %d is of %s, after one of %s", i, p.Datetime, before)
		}
		out[i], before = p, p.Datetime
	}
	return out
}

// settings are the names of the settings that are there.
func (n *node) settings(tb testing.TB) map[string]bool {
	tb.Helper()
	rows, err := n.read.Query(context.Background(), `SELECT name FROM setting`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	names := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			tb.Fatal(err)
		}
		names[name] = true
	}
	return names
}

// complete checks that every setting has each of its events once, in order,
// and that there are no others.
func (n *node) complete(tb testing.TB, lines []event.Line, commits, events int) {
	tb.Helper()
	next := map[string]int{}
	for _, l := range lines {
		if l.Event == "log_rotated" {
			continue
		}
		e, err := l.Decode()
		if err != nil {
			tb.Fatal(err)
		}
		c, ok := e.(event.ConfigChanged)
		if !ok || c.From != fmt.Sprint(next[c.Setting]) {
			tb.Fatalf("line %d is %+v, want number %d of its commit", l.Seq, e, next[c.Setting])
		}
		next[c.Setting]++
	}
	there := n.settings(tb)
	if len(next) != commits || len(there) != commits {
		tb.Errorf("%d commits in the log and %d in the table, want %d", len(next), len(there), commits)
	}
	for name, got := range next {
		if got != events || !there[name] {
			tb.Errorf("%s: %d events and a row: %v, want %d and true", name, got, there[name], events)
		}
	}
}

// follow collects lines as a follower does, until it has so many beside those
// that end a segment.
func (n *node) follow(tb testing.TB, many int) (lines []seal.Line) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		more := n.More()
		got, err := n.Lines(ctx, uint64(len(lines)), 7)
		if err != nil {
			tb.Errorf("Lines(%d) = %v", len(lines), err)
			return lines
		}
		lines = append(lines, got...)
		for _, l := range got {
			if l.Event != "log_rotated" {
				many--
			}
		}
		switch {
		case len(got) > 0:
			continue
		case many <= 0:
			return lines
		}
		select {
		case <-more:
		case <-tick.C:
			if err := n.Refresh(ctx); err != nil {
				tb.Errorf("Refresh() = %v with %d lines missing", err, many)
				return lines
			}
		}
	}
}
