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

	"coffer/internal/account"
	"coffer/internal/card"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/vault"
)

// amount is how much is in a vault: people, the cards of each, and lines of the
// log in all.
type amount struct{ people, each, lines int }

func (a amount) cards() int { return a.people * a.each }

// least is how many lines people and cards bring of themselves: one for a
// person, one for each card, and one for the key that seals a person's cards.
func (a amount) least() int { return 2*a.people + a.cards() }

// String says it as the table does.
func (a amount) String() string {
	return fmt.Sprintf("%d people, %d cards, %d lines", a.people, a.cards(), a.lines)
}

// cardRef is a card's id. An array, since a million strings would be looked at
// by every garbage collection of a process that also makes the load.
type cardRef [28]byte

// town is a data directory with a vault in it, and what it takes to be one of
// its people.
type town struct {
	amount
	dir     string
	people  []string
	cards   []cardRef // those of person i from i·each on
	cookies []string  // one session for each, once they have entered
	made    atomic.Int64
}

// fillVault makes a vault. Keys, cards and lines are made by what makes them in
// Coffer; the people are rows, who all have the one password, hashed once.
func fillVault(dir string, a amount) (f *town, err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	keys, err := vault.Create(filepath.Join(dir, "keys"))
	if err != nil {
		return nil, err
	}
	f = &town{amount: a, dir: dir, people: make([]string, a.people), cards: make([]cardRef, a.cards())}
	f.lines = max(a.lines, a.least())
	began := time.Now().Add(-time.Duration(f.lines) * step)
	j, err := openJournal(dir, "", func() time.Time { return began.Add(time.Duration(f.made.Load()) * step) })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	for _, s := range []struct {
		name string
		do   func() error
	}{
		{"people", func() error { return f.signUp(j) }},
		{"cards", func() error { return f.addCards(j, keys) }},
		{"visits", func() error { return f.live(j) }},
	} {
		stop := f.watch(s.name)
		err := s.do()
		stop()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return f, j.complete(f.lines)
}

// watch tells from time to time how far it is, until stop.
func (f *town) watch(name string) (stop func()) {
	began, from := time.Now(), f.made.Load()
	tell := func() {
		lines := f.made.Load()
		fmt.Fprintf(os.Stderr, "    %-28s %10.0f lines/s, %d of %d\n", name, float64(lines-from)/time.Since(began).Seconds(), lines, f.amount.lines)
	}
	return every(10*time.Second, tell)
}

// every calls tell now and then, and a last time when it is stopped.
func every(pause time.Duration, tell func()) (stop func()) {
	tick, over, ended := time.NewTicker(pause), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-tick.C:
				tell()
			case <-over:
				return
			}
		}
	}()
	return func() {
		tick.Stop()
		close(over)
		<-ended
		tell()
	}
}

// together has a crowd do the pieces from 0 up to count; the first error of one
// ends its part.
func together(count int, do func(i int) error) error {
	var next atomic.Int64
	failed := make([]error, crowd)
	var all sync.WaitGroup
	for w := range failed {
		all.Go(func() {
			for failed[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= count {
					return
				}
				failed[w] = do(i)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

const (
	insertAccount    = `INSERT INTO account (id, username, username_key, role, created) VALUES ($1, $2, $2, $3, $4)`
	insertCredential = `INSERT INTO credential (id, account, kind, body, created) VALUES ($1, $2, 'password', $3, $4)`
)

// signUp makes the people, named as credentials has them.
func (f *town) signUp(j *journal) error {
	hasher, err := factor.NewHasher(factor.Default)
	if err != nil {
		return err
	}
	hash, err := hasher.Hash(context.Background(), secret.New(password))
	if err != nil {
		return err
	}
	return together(f.amount.people, func(i int) error {
		id := event.NewID("u_")
		f.people[i] = id
		err := j.log.Commit(event.With(context.Background(), viewer), func(tx *db.Tx) ([]event.Event, error) {
			now := tx.Now.UnixMicro()
			if _, err := tx.Exec(insertAccount, id, username(i), account.Holder, now); err != nil {
				return nil, err
			}
			_, err := tx.Exec(insertCredential, event.NewID("f_"), id, hash, now)
			return []event.Event{event.UserCreated{Account: id, Role: account.Holder}}, err
		})
		f.made.Add(1)
		return err
	})
}

func username(i int) string { return fmt.Sprintf("bench%d", i) }

// addCards seals everybody's cards and stores them, as the page for that does.
func (f *town) addCards(j *journal, keys *vault.Vault) error {
	free, err := limit.Parse("cards=off")
	if err != nil {
		return err
	}
	cards := card.New(card.Config{Log: j.log, Reader: j.read, Vault: keys, Limits: limit.New(free)})
	draft := card.Draft{Holder: "Bench Holder", Expiry: time.Now().AddDate(3, 0, 0).Format("01/06")}
	return together(f.amount.people, func(person int) error {
		ctx := event.With(context.Background(), f.origin(person))
		f.made.Add(1) // the key
		for i := person * f.each; i < (person+1)*f.each; i++ {
			d := draft
			d.Number = secret.New(cardNumber(int64(i)))
			c, err := cards.Add(ctx, f.people[person], d)
			if err != nil {
				return err
			}
			copy(f.cards[i][:], c.ID)
			f.made.Add(1)
		}
		return nil
	})
}
