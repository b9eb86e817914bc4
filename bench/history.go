package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"coffer/internal/event"
	"coffer/internal/query"
)

// history asks a long log, and takes it out whole.
func (m *measurement) history() ([]figure, error) {
	dir := filepath.Join(m.dir, "history")
	defer os.RemoveAll(dir)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	asked, err := m.fill(dir)
	if err != nil {
		return nil, err
	}
	rate, used, bytes, err := m.export(dir)
	if err != nil {
		return asked, err
	}
	of, base := fmt.Sprintf("%d lines", m.events), 0.0
	if info, err := os.Stat(filepath.Join(dir, "coffer.db")); err == nil {
		base = float64(info.Size())
	}
	return append(asked,
		atLeast("whole log as jsonl", "lines/s", rate, 200_000).with("%s; %.2f µs of a core each", of, used.Seconds()*1e6/float64(m.events)),
		atMost("file and database together", "bytes a line", bytes/float64(m.events), 1000).with("%s; database %.0f", of, base/float64(m.events))), nil
}

// step is the time between two events: a million in a month.
const step = 30 * 24 * time.Hour / 1e6

func (m *measurement) span() time.Duration { return time.Duration(m.events) * step }

// fill writes the events through the sealer and asks about them.
func (m *measurement) fill(dir string) (figures []figure, err error) {
	var clock atomic.Int64
	began := time.Now().Add(-m.span())
	j, err := openJournal(dir, "", func() time.Time { return began.Add(time.Duration(clock.Load())) })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	loaded := time.Now()
	if err := m.live(j, &clock); err != nil {
		return nil, err
	}
	m.rateOf("sealed in bulk", loaded)
	if err := j.complete(m.events); err != nil {
		return nil, err
	}
	summed := time.Now()
	u := query.Rollup{Read: j.read, Pen: j.log.Touch}
	if err := u.Step(context.Background()); err != nil {
		return nil, err
	}
	m.rateOf("summed up", summed)
	return m.ask(query.New(j.read))
}

func (m *measurement) rateOf(what string, since time.Time) {
	fmt.Fprintf(os.Stderr, "    %-28s %10.0f lines/s\n", what, float64(m.events)/time.Since(since).Seconds())
}

// portion is how many events one commit brings.
const portion = 250

// live writes the events, a few commits at a time: the sealer works
// on one while others wait for its sync.
func (m *measurement) live(j *journal, clock *atomic.Int64) error {
	var next atomic.Int64
	failed := make([]error, 8)
	var all sync.WaitGroup
	for i := range failed {
		all.Go(func() {
			for failed[i] == nil {
				n := int(next.Add(portion)) - portion
				if n >= m.events {
					return
				}
				clock.Store(int64(n) * int64(step))
				failed[i] = j.commit(somebody(n/portion), everyday(n, min(portion, m.events-n))...)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

func person(n int) string { return fmt.Sprintf("u_%022d", n%997) }

func cardID(n int) string { return fmt.Sprintf("c_%022d", n%9973) }

// somebody is who acts in a commit.
func somebody(n int) event.Origin {
	o := viewer
	o.Actor, o.SourceIP, o.Session = person(n), fmt.Sprintf("198.51.%d.%d", n/200%100, n%200), fmt.Sprintf("%016x", n)
	return o
}

// everyday are so many events: mostly looks at cards, some new ones, few
// refusals, and rarely something that a person must see to.
func everyday(from, count int) (events []event.Event) {
	for n := from; n < from+count; n++ {
		who, card := person(n/portion), cardID(n)
		var e event.Event = event.CardViewed{Owner: who, Card: card, Last4: "4242", Part: "masked"}
		switch {
		case n%50_000 == 49_999:
			e = event.Crash{Reason: "recovered"}
		case n%10 == 1:
			e = event.CardAdded{Owner: who, Card: card, Brand: "visa", Last4: "4242"}
		case n%10 == 2:
			e = event.LoginSucceeded{Account: who, Session: fmt.Sprintf("%016x", n), Method: "password"}
		case n%20 == 3:
			e = event.LoginFailed{Account: who, Reason: "wrong_password", Attempt: 1}
		case n%20 == 13:
			e = event.AuthzFailed{Reason: "signed_out", Resource: "route:/create_credit_card"}
		}
		events = append(events, e)
	}
	return events
}
