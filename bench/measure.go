package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// measurement runs everything and keeps each name's results, one a round.
type measurement struct {
	plan
	binary, dir string
	results     map[string][]result
	figures     []figure
}

func (m *measurement) keep(name string, r result) {
	fmt.Fprintf(os.Stderr, "    %-28s %10.0f/s  p99 %7.1f ms\n", name, r.rate, r.p99)
	m.results[name] = append(m.results[name], r)
}

// all takes one step after the other. What a step could not measure fails the
// run, but only once the others have been heard.
func (m *measurement) all() error {
	var failed []error
	took := 0
	for _, s := range []struct {
		name string
		take func() ([]figure, error)
	}{
		{"start", m.starts},
		{"pages and sign-in", m.pages},
		{"commit, SQLite", m.commitsSQLite},
		{"under full load, SQLite", m.loadSQLite},
		{"PostgreSQL", m.postgres},
		{"verify", m.verify},
		{"questions to a long log", m.history},
		{"growth", m.growth},
	} {
		if !strings.Contains(s.name, m.only) {
			continue
		}
		took++
		began := time.Now()
		fmt.Fprintf(os.Stderr, "%s …\n", s.name)
		figures, err := s.take()
		m.figures = append(m.figures, figures...)
		if err != nil {
			err = fmt.Errorf("%s: %w", s.name, err)
			failed = append(failed, err)
			m.figures = append(m.figures, figure{name: s.name, measured: "not measured", judged: true})
		}
		fmt.Fprintf(os.Stderr, "%s: %.0f s\n", s.name, time.Since(began).Seconds())
	}
	if took == 0 {
		return fmt.Errorf("BENCH_ONLY=%q is in no step's name", m.only)
	}
	return errors.Join(failed...)
}

// pages measures Coffer and its references in turn, so that a slow minute of
// the machine falls on both.
func (m *measurement) pages() ([]figure, error) {
	app, err := startCoffer(m.binary, filepath.Join(m.dir, "pages"), "")
	if err != nil {
		return nil, err
	}
	defer app.stop()
	people, err := signUp(app.addr, crowd)
	if err != nil {
		return nil, err
	}
	for range m.rounds {
		for _, clients := range []int{1, crowd} {
			if err := m.pair(app, people, clients); err != nil {
				return nil, err
			}
		}
	}
	if err := m.flood(app, people); err != nil {
		return nil, fmt.Errorf("a flood of sign-ins: %w", err)
	}
	before, err := app.peakMemory()
	if err != nil {
		return nil, err
	}
	in, err := m.logins(app, people)
	if err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	return append(m.pageFigures(), in.figure(), m.floodFigure(),
		atMost("most memory, 64 signing in", "MB", in.peak, 150).with("before that: %.1f MB", before),
		atMost("most memory, under all of it", "MB", max(before, in.peak), 150)), nil
}

// pair measures each page for so many clients, and right after it what it is
// set beside.
func (m *measurement) pair(app *server, people *people, clients int) error {
	for _, w := range []struct {
		name string
		next request
		bare string // the reference that follows, if any
	}{
		{"signed out", people.signedOut, ""},
		{"view", people.view, modeLine},
		{"create", people.create, modeInsert},
	} {
		r, err := drive(app.addr, clients, m.window, w.next)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		m.keep(fmt.Sprint(w.name, " ", clients), r)
		if w.bare == "" {
			continue
		}
		if r, err = m.bare(w.bare, clients); err != nil {
			return fmt.Errorf("bare %s: %w", w.bare, err)
		}
		m.keep(fmt.Sprint("bare ", w.bare, " ", clients), r)
	}
	return nil
}

func (m *measurement) bare(mode string, clients int) (result, error) {
	s, err := startBare(mode, filepath.Join(m.dir, "bare"))
	if err != nil {
		return result{}, err
	}
	defer s.stop()
	return drive(s.addr, clients, m.window, bareCard)
}

// starts takes the median of five starts on a data directory that is there
// already, and the memory of the last once it has had nothing to do.
func (m *measurement) starts() ([]figure, error) {
	size, err := os.Stat(m.binary)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(m.dir, "starts")
	var idle float64
	var times []float64
	for i := range 6 {
		began := time.Now()
		app, err := startCoffer(m.binary, data, "")
		if err != nil {
			return nil, err
		}
		if i > 0 { // the first one makes keys and schema
			times = append(times, milliseconds(time.Since(began)))
		}
		if i == 5 {
			time.Sleep(3 * m.window.warm)
			idle, err = app.memory()
		}
		app.stop()
		if err != nil {
			return nil, err
		}
	}
	return []figure{
		atMost("start to first answer", "ms", median(times), 150),
		atMost("idle memory", "MB", idle, 60),
		atMost("binary", "MB", float64(size.Size())/1e6, 35),
	}, nil
}
