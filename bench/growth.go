package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"coffer/internal/seclog/seal"
)

// most is how many times as slow a full vault may be as an empty one.
const most = 1.3

// The two vaults of growth.
const (
	small = "few"
	large = "many"
)

// barely is what the vault has that counts as empty: enough people that none of
// them gets an eleventh session.
var barely = amount{people: 4 * crowd, each: 2}

// grown is one of the two vaults while it is measured.
type grown struct {
	*town
	name  string
	serve *server // nil while none runs
	start time.Duration
	// cpu is the processor time of a look, a sign-in and a commit, round by round.
	cpu map[string][]time.Duration
}

// growth sets a full vault beside an empty one, round by round.
func (m *measurement) growth() (figures []figure, err error) {
	if m.full == (amount{}) {
		return []figure{{name: "growth", measured: "only with BENCH_LARGE=1, or BENCH_ONLY=growth"}}, nil
	}
	var both []*grown
	defer func() {
		for _, g := range both {
			g.stop()
			err = errors.Join(err, os.RemoveAll(g.dir))
		}
	}()
	began := time.Now()
	for _, v := range []struct {
		name string
		amount
	}{{small, barely}, {large, m.full}} {
		g := &grown{name: v.name, cpu: map[string][]time.Duration{}}
		if g.town, err = fillVault(filepath.Join(m.dir, "growth-"+v.name), v.amount); err != nil {
			return nil, err
		}
		both = append(both, g)
		if err := g.settle(m.binary); err != nil {
			return nil, err
		}
	}
	took := time.Since(began)
	if err := m.visits(both); err != nil {
		return nil, err
	}
	bytes, err := sizeOf(both[1].dir)
	if err != nil {
		return nil, err
	}
	return append(m.grownFigures(both[0], both[1]), figure{
		name: "growth: the full vault", measured: both[1].amount.String(), reference: fmt.Sprintf("%.1f GB, made in %.0f s", bytes/1e9, took.Seconds()),
	}), nil
}

// grownFigures judge how much slower the full vault is, round by round, and show
// beside it the processor time, which others on the machine change less.
func (m *measurement) grownFigures(empty, full *grown) (figures []figure) {
	for _, of := range []struct{ name, row string }{{"view", "card view, 64 clients"}, {"login", "login, 64 clients"}, {"commit", "commit, 64 writers"}} {
		f := compare("growth: "+of.row, m.results[of.name+", "+small], m.results[of.name+", "+large], large, 0)
		rate := func(name string) float64 {
			return median(each(m.results[of.name+", "+name], func(r result) float64 { return r.rate }))
		}
		p99 := median(each(m.results[of.name+", "+large], func(r result) float64 { return r.p99 }))
		f.measured, f.reference = fmt.Sprintf("%.0f/s, p99 %.1f ms", rate(large), p99), fmt.Sprintf("empty: %.0f/s", rate(small))
		f.target, f.judged, f.met = fmt.Sprintf("≤ %.1f × as slow as empty", most), true, f.ratio <= most
		figures = append(figures, f)
		if len(empty.cpu[of.name]) > 0 && len(full.cpu[of.name]) > 0 {
			before, now := middle(empty.cpu[of.name]), middle(full.cpu[of.name])
			figures = append(figures, figure{
				name: "growth: " + of.name + ", processor time", measured: fmt.Sprintf("%d µs", now.Microseconds()),
				reference: fmt.Sprintf("empty: %d µs", before.Microseconds()), ratio: now.Seconds() / before.Seconds(),
			})
		}
	}
	return append(figures, figure{
		name: "growth: start to first answer", measured: fmt.Sprintf("%.0f ms", milliseconds(full.start)), reference: fmt.Sprintf("empty: %.0f ms", milliseconds(empty.start)),
	})
}

// settle lets a server do once what it does with lines that are new to it: sign
// them, sum them up, write security.log and read that through. Then everybody
// enters.
func (g *grown) settle(binary string) error {
	app, err := startCoffer(binary, g.dir, "")
	if err != nil {
		return err
	}
	err = g.settled()
	app.stop()
	if err != nil {
		return err
	}
	return g.enter()
}

const selectSettled = `SELECT (SELECT checkpoint_size FROM head), (SELECT next FROM rolled), (SELECT COUNT(*) FROM segment_file),
	(SELECT COUNT(*) FROM event WHERE event = 'log_rotated' AND ` + seal.Asked + `)`

// settled waits until the server has nothing left to do but serve.
func (g *grown) settled() error {
	read, err := sql.Open("sqlite", "file:"+filepath.Join(g.dir, "coffer.db")+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer read.Close()
	look, tell := time.NewTicker(200*time.Millisecond), time.NewTicker(10*time.Second)
	defer look.Stop()
	defer tell.Stop()
	over := time.After(time.Minute + time.Duration(g.lines)*200*time.Microsecond)
	var signed, summed, known, ended int
	for signed < g.lines || summed < g.lines || known < ended {
		select {
		case <-look.C:
		case <-tell.C:
			fmt.Fprintf(os.Stderr, "    %-28s %10d lines signed, %d summed up, %d of %d segments read through\n", "settling", signed, summed, known, ended)
		case <-over:
			return fmt.Errorf("of %d lines %d are signed and %d summed up, of %d segments %d are read through", g.lines, signed, summed, ended, known)
		}
		if err := read.QueryRow(selectSettled).Scan(&signed, &summed, &known, &ended); err != nil {
			return err
		}
	}
	return nil
}

func (g *grown) stop() {
	if g.serve != nil {
		g.serve.stop()
		g.serve = nil
	}
}
