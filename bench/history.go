package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// visitors is how many are there at once, each for visits looks, and writers how
// many commit at once: the sealer works on some while others wait for its sync.
const visitors, visits, writers = 40, 50, 64

// live writes the events, one a commit as they come.
func (m *measurement) live(j *journal, clock *atomic.Int64) error {
	var next atomic.Int64
	failed := make([]error, writers)
	var all sync.WaitGroup
	for i := range failed {
		all.Go(func() {
			for failed[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= m.events {
					return
				}
				clock.Store(int64(n) * int64(step))
				o, e := moment(n)
				failed[i] = j.commit(o, e)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// The people there are, and the cards of each.
const persons, cardsEach = 997, 10

func person(n int) string { return id("u_", n%persons) }

func cardID(n int) string { return id("c_", n%(persons*cardsEach)) }

func sessionID(n int) string { return fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, n)))[:16] }

// id looks as random as Coffer's are: a line is no shorter packed than theirs.
func id(prefix string, n int) string {
	sum := sha256.Sum256(fmt.Append(nil, prefix, n))
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}

// moment is the n-th event and who brings it: mostly a look at a card, some new
// ones, few refusals, and rarely something that a person must see to.
func moment(n int) (event.Origin, event.Event) {
	sitting := n/(visitors*visits)*visitors + n%visitors
	who, card := person(sitting), cardID(sitting%persons*cardsEach+n/visitors%cardsEach)
	o := viewer
	o.Actor, o.Session, o.SourceIP = who, sessionID(sitting), fmt.Sprintf("198.51.%d.%d", sitting/200%100, sitting%200)
	o.RequestID, o.URI = id("r_", n), "/view_credit_card/"+card
	switch {
	case n%50_000 == 49_999:
		return o, event.Crash{Reason: "recovered"}
	case n%10 == 1:
		return o, event.CardAdded{Owner: who, Card: card, Brand: "visa", Last4: "4242"}
	case n%10 == 2:
		return o, event.LoginSucceeded{Account: who, Session: o.Session, Method: "password"}
	case n%20 == 3:
		return o, event.LoginFailed{Account: who, Reason: "wrong_password", Attempt: 1}
	case n%20 == 13:
		return o, event.AuthzFailed{Reason: "signed_out", Resource: "route:/create_credit_card"}
	}
	return o, event.CardViewed{Owner: who, Card: card, Last4: "4242", Part: "masked"}
}
