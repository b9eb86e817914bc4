package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The two loads under which the log is followed: the most lines, and the most
// work for the database.
const (
	viewing  = "view"
	creating = "create"
)

// loadSQLite follows the log of a Coffer that is asked as much as it can answer.
func (m *measurement) loadSQLite() ([]figure, error) {
	u, err := m.underLoad("load", "")
	if err != nil {
		return nil, err
	}
	share, err := m.share(u)
	return append(u.figures("SQLite", 50), share), err
}

// loadPostgres does the same on PostgreSQL.
func (m *measurement) loadPostgres(at string) ([]figure, error) {
	at, drop, err := ownSchema(at)
	if err != nil {
		return nil, err
	}
	defer drop()
	u, err := m.underLoad("load-postgres", at)
	if err != nil {
		return nil, err
	}
	rows := []figure{u.answers(viewing, "PostgreSQL"), u.answers(creating, "PostgreSQL")}
	return append(rows, u.figures("PostgreSQL", 300)...), nil
}

// under is what was seen while a Coffer was under load.
type under struct {
	rate   map[string]result
	late   map[string]float64 // the 99th percentile, in milliseconds
	lines  int
	oldest time.Duration
	// cpu is what looking at a card costs the server, one client at a time and
	// many at once; 0 where that is not told.
	cpu map[int]time.Duration
}

func (m *measurement) underLoad(name, postgres string) (u under, err error) {
	u = under{rate: map[string]result{}, late: map[string]float64{}, cpu: map[int]time.Duration{}}
	data := filepath.Join(m.dir, name)
	app, err := startCoffer(m.binary, data, postgres)
	if err != nil {
		return u, err
	}
	defer app.stop()
	people, err := signUp(app.addr, crowd)
	if err != nil {
		return u, err
	}
	if postgres == "" {
		if _, err := u.take(app, data, 1, m.window, people.view); err != nil {
			return u, err
		}
	}
	w := window{m.window.warm, time.Duration(m.rounds) * m.window.during}
	for _, load := range []struct {
		name string
		next request
	}{{creating, people.create}, {viewing, people.view}} {
		f, err := u.take(app, data, crowd, w, load.next)
		if err != nil {
			return u, fmt.Errorf("%s: %w", load.name, err)
		}
		fmt.Fprintf(os.Stderr, "    %-28s %10.0f/s, %d lines, %.1f ms late (p99)\n", load.name, f.result.rate, len(f.late), p99(f.late))
		u.rate[load.name], u.late[load.name], u.oldest, u.lines = f.result, p99(f.late), max(u.oldest, f.oldest), u.lines+len(f.late)
	}
	return u, nil
}

// followed is a load and what the log came to meanwhile.
type followed struct {
	*follower
	result
}

// take puts the server under a load whose every answer is one line.
func (u under) take(app *server, data string, clients int, w window, next request) (all followed, err error) {
	before, known := cpu(app.pid())
	if all.follower, err = follow(data); err != nil {
		return all, err
	}
	all.result, err = drive(app.addr, clients, w, next)
	if err := errors.Join(err, all.end(all.answers)); err != nil {
		return all, err
	}
	if after, _ := cpu(app.pid()); known && all.answers > 0 {
		u.cpu[clients] = (after - before) / time.Duration(all.answers) // the last load of that many stays
	}
	return all, nil
}

func (u under) figures(engine string, limit float64) []figure {
	late := max(u.late[viewing], u.late[creating])
	return []figure{
		atMost("line in security.log, "+engine+", p99", "ms", late, limit).
			with("%d lines; viewing %.1f ms, creating %.1f ms", u.lines, u.late[viewing], u.late[creating]),
		atMost("oldest unsigned line, "+engine, "ms", milliseconds(u.oldest), 1500),
	}
}

// answers is a row that nothing is demanded of.
func (u under) answers(load, engine string) figure {
	r := u.rate[load]
	return figure{name: fmt.Sprintf("card %s, %s, 64 clients", load, engine), measured: fmt.Sprintf("%.0f/s, p99 %.1f ms", r.rate, r.p99)}
}
