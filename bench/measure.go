package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	rounds = 3
	window = 2 * time.Second
	crowd  = 64
)

// measurement runs everything and keeps each name's results, one a round.
type measurement struct {
	binary, dir string
	results     map[string][]result
}

func (m *measurement) keep(name string, r result) {
	fmt.Fprintf(os.Stderr, "  %-28s %10.0f/s  p99 %7.1f ms\n", name, r.rate, r.p99)
	m.results[name] = append(m.results[name], r)
}

func (m *measurement) all() ([]figure, error) {
	size, err := os.Stat(m.binary)
	if err != nil {
		return nil, err
	}
	idle, start, err := m.starts()
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	peak, err := m.pages()
	if err != nil {
		return nil, err
	}
	commits, err := m.commits()
	if err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	figures := append(m.figures(), commits...)
	return append(figures,
		atMost("most memory, under all of it", "MB", peak, 150),
		atMost("start to first answer", "ms", start, 150),
		atMost("idle memory", "MB", idle, 60),
		atMost("binary", "MB", float64(size.Size())/1e6, 35)), nil
}

// pages measures Coffer and its references in turn, so that a slow minute of
// the machine falls on both.
func (m *measurement) pages() (peak float64, err error) {
	app, err := startCoffer(m.binary, filepath.Join(m.dir, "pages"))
	if err != nil {
		return 0, err
	}
	defer app.stop()
	people, err := signUp(app.addr, crowd)
	if err != nil {
		return 0, err
	}
	for range rounds {
		for _, clients := range []int{1, crowd} {
			if err := m.pair(app, people, clients); err != nil {
				return 0, err
			}
		}
	}
	for range rounds { // last, since the eleventh sign-in ends the session that the pages need
		m.keep("hash", hashes(window))
		r, err := drive(app.addr, crowd, window, people.login)
		if err != nil {
			return 0, fmt.Errorf("login: %w", err)
		}
		m.keep("login 64", r)
	}
	return app.peakMemory()
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
		r, err := drive(app.addr, clients, window, w.next)
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
	return drive(s.addr, clients, window, bareCard)
}

// starts takes the median of five starts on a data directory that is there
// already, and the memory of the last once it has had nothing to do.
func (m *measurement) starts() (idleMB, milliseconds float64, err error) {
	data := filepath.Join(m.dir, "starts")
	var times []float64
	for i := range 6 {
		began := time.Now()
		app, err := startCoffer(m.binary, data)
		if err != nil {
			return 0, 0, err
		}
		if i > 0 { // the first one makes keys and schema
			times = append(times, float64(time.Since(began).Microseconds())/1e3)
		}
		if i == 5 {
			time.Sleep(3 * time.Second)
			idleMB, err = app.memory()
		}
		app.stop()
		if err != nil {
			return 0, 0, err
		}
	}
	return idleMB, median(times), nil
}
