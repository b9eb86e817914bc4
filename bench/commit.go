package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"coffer/internal/event"
)

const raw, rawAgain = "raw insert", "raw insert again"

// commitsSQLite measures a change with its sealed event, tree and tiles
// included, beside raw synced inserts by one writer.
func (m *measurement) commitsSQLite() ([]figure, error) {
	if err := m.commits("", ""); err != nil {
		return nil, err
	}
	return []figure{
		m.against("commit, SQLite, 1 writer", "commit 1", raw, 0.75),
		m.slowest("commit, SQLite, 1 writer, p99", "commit 1", 20),
		m.against("commit, SQLite, 64 writers", "commit 64", rawAgain, 8),
		m.slowest("commit, SQLite, 64 writers, p99", "commit 64", 20),
		{name: "commit, SQLite, processor time", measured: fmt.Sprintf("64 writers: %.0f µs", m.processor("commit 64"))},
	}, nil
}

// commits alternates raw inserts and commits on one engine; suffix tells the
// engine in the results' names.
func (m *measurement) commits(postgres, suffix string) error {
	for range m.rounds {
		for _, beside := range []struct {
			writers int
			raw     string
		}{{1, raw}, {crowd, rawAgain}} {
			r, err := m.inside(func(dir string) (result, error) { return rawInserts(dir, postgres, m.window) })
			if err != nil {
				return fmt.Errorf("raw inserts: %w", err)
			}
			m.keep(beside.raw+suffix, r)
			r, err = m.inside(func(dir string) (result, error) { return m.sealed(dir, postgres, beside.writers) })
			if err != nil {
				return fmt.Errorf("%d writers: %w", beside.writers, err)
			}
			m.keep(fmt.Sprint("commit ", beside.writers, suffix), r)
		}
	}
	return nil
}

// processor is what one of them costs, in microseconds.
func (m *measurement) processor(name string) float64 {
	return 1e6 * median(each(m.results[name], func(r result) float64 { return r.cpu.Seconds() }))
}

// inside runs fn on a directory, and on PostgreSQL a schema, of its own.
func (m *measurement) inside(fn func(dir string) (result, error)) (result, error) {
	dir, err := os.MkdirTemp(m.dir, "db-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	return fn(dir)
}

func (m *measurement) sealed(dir, postgres string, writers int) (r result, err error) {
	postgres, drop, err := ownSchema(postgres)
	if err != nil {
		return r, err
	}
	defer drop()
	j, err := openJournal(dir, postgres, time.Now)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	var each []time.Duration
	r, err = spent(fmt.Sprint("commit ", writers), os.Getpid(), func() (result, error) {
		return m.crowded(writers, func() error { return j.commit(viewer, viewed) })
	}, &each)
	if len(each) > 0 {
		r.cpu = each[0]
	}
	return r, errors.Join(err, j.complete(r.answers))
}

// crowded has so many writers commit one after another, each for itself.
func (m *measurement) crowded(writers int, commit func() error) (result, error) {
	took, lines := make([][]time.Duration, writers), make([]int, writers)
	failed := make([]error, writers)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			took[i], lines[i], failed[i] = timed(m.window, commit)
		})
	}
	all.Wait()
	r := summarize(slices.Concat(took...), m.window.during)
	for _, n := range lines {
		r.answers += n
	}
	return r, errors.Join(failed...)
}

// What looking at a card writes.
var (
	viewer = event.Origin{
		Actor: "u_abcdefghijklmnopqrstuv", SourceIP: "192.0.2.1", PeerIP: "192.0.2.1", UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
		Method: "GET", URI: "/view_credit_card/c_abcdefghijklmnopqrstuv", RequestID: "r_abcdefghijklmnop", Session: "0123456789abcdef",
	}
	viewed = event.CardViewed{Owner: "u_abcdefghijklmnopqrstuv", Card: "c_abcdefghijklmnopqrstuv", Last4: "4242", Part: "masked"}
)

// timed does the same over and over; it gives how long each took that counts,
// and how often it was done in all.
func timed(w window, do func() error) (took []time.Duration, times int, err error) {
	count, end := w.from(time.Now())
	for {
		began := time.Now()
		if err := do(); err != nil {
			return took, times, err
		}
		times++
		now := time.Now()
		if now.After(end) {
			return took, times, nil
		}
		if now.After(count) {
			took = append(took, now.Sub(began))
		}
	}
}

// rawInserts is one writer that inserts one row after another.
func rawInserts(dir, postgres string, w window) (result, error) {
	postgres, drop, err := ownSchema(postgres)
	if err != nil {
		return result{}, err
	}
	defer drop()
	db, err := rawDatabase(dir, postgres)
	if err != nil {
		return result{}, err
	}
	defer db.Close()
	took, _, err := timed(w, func() error { return insertEvent(context.Background(), db) })
	return summarize(took, w.during), err
}
