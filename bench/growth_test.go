package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/card"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/limit"
	"coffer/internal/secret"
	"coffer/internal/vault"
)

// services are what a server makes of a directory.
type services struct {
	*journal
	people *account.Service
	cards  *card.Service
}

func serviced(t *testing.T, dir string) services {
	t.Helper()
	keys, err := vault.Load(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(dir, "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.close(); err != nil {
			t.Error(err)
		}
	})
	hasher, err := factor.NewHasher(factor.Default)
	if err != nil {
		t.Fatal(err)
	}
	limits := limit.New(limit.Default())
	return services{
		j,
		account.New(account.Config{Log: j.log, Read: j.read, Hasher: hasher, Limits: limits, MAC: keys.MAC}),
		card.New(card.Config{Log: j.log, Reader: j.read, Vault: keys, Limits: limits}),
	}
}

func (s services) count(t *testing.T, what string) (n int) {
	t.Helper()
	if err := s.read.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+what).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVaultIsFilledAsAsked(t *testing.T) {
	dir := t.TempDir()
	a := amount{people: 3, each: 4, lines: 137}
	f, err := fillVault(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.enter(); err != nil {
		t.Fatal(err)
	}
	s := serviced(t, dir)
	for what, want := range map[string]int{
		"account": 3, "credential": 3, "data_key": 3, "card": 12, "session WHERE ended IS NULL": 3, "token": 3,
		"event":                                  137 + 3, // a session for each
		"event WHERE event = 'sensitive_create'": 12,
		"event WHERE event = 'user_created'":     3,
	} {
		if got := s.count(t, what); got != want {
			t.Errorf("%d of %s, want %d", got, what, want)
		}
	}
	for i := range f.people {
		s.person(t, f, i)
	}
}

// person holds that somebody can sign in, is signed in already, and finds their
// cards sealed as they were added.
func (s services) person(t *testing.T, f *town, i int) {
	t.Helper()
	ctx := event.With(context.Background(), f.origin(i))
	in, err := s.people.LogIn(ctx, username(i), secret.New(password), secret.Text{}, "/")
	if err != nil || in.Session.Account != f.people[i] {
		t.Errorf("LogIn(%s) = %s, %v, want %s", username(i), in.Session.Account, err, f.people[i])
	}
	who, alive, err := s.people.Recognise(ctx, secret.New(strings.TrimPrefix(f.cookies[i], "coffer=")))
	if err != nil || !alive || who.Account != f.people[i] {
		t.Errorf("the cookie of %s is of %s, alive %v, %v", f.people[i], who.Account, alive, err)
	}
	cards, err := s.cards.List(ctx, f.people[i])
	if err != nil || len(cards) != f.each {
		t.Fatalf("%s has %d cards, %v, want %d", f.people[i], len(cards), err, f.each)
	}
	for n := range f.each {
		id := string(f.cards[i*f.each+n][:])
		number, _, err := s.cards.Reveal(ctx, account.Asker(who), id)
		if want := cardNumber(int64(i*f.each + n)); err != nil || number.Reveal() != want {
			t.Errorf("the number of %s is %s, %v, want %s", id, number.Reveal(), err, want)
		}
	}
	if id := f.card(i); !slices.ContainsFunc(cards, func(c card.Card) bool { return c.ID == id }) {
		t.Errorf("card(%d) = %s, which is not theirs", i, id)
	}
}

func TestVaultHasTheLinesItMustHave(t *testing.T) {
	f, err := fillVault(t.TempDir(), amount{people: 2, each: 3})
	if err != nil || f.lines != 2+2+6 {
		t.Errorf("a vault of two people with three cards has %d lines, %v, want two people, two keys, six cards", f.lines, err)
	}
}

func TestGrowthJudgesHowMuchSlower(t *testing.T) {
	at := func(rates ...float64) (all []result) {
		for _, rate := range rates {
			all = append(all, result{rate: rate})
		}
		return all
	}
	m := &measurement{results: map[string][]result{
		"view, few": at(130, 1000, 100), "view, many": at(100, 100, 100), // 1.3, 10 and 1
		"login, few": at(131, 131, 1), "login, many": at(100, 100, 100),
		"commit, few": at(50), "commit, many": at(100),
	}}
	g := &grown{cpu: map[string][]time.Duration{}}
	figures := m.grownFigures(g, g)
	for i, want := range []bool{true, false, true} {
		if f := figures[i]; !f.judged || f.met != want {
			t.Errorf("%s: judged %v, met %v at %.2f, want %v", f.name, f.judged, f.met, f.ratio, want)
		}
	}
}

func TestOnlyTakesWhatItNames(t *testing.T) {
	m := &measurement{plan: plan{only: "no such step"}, results: map[string][]result{}}
	if err := m.all(); err == nil || len(m.figures) > 0 {
		t.Errorf("all() = %v with %d figures, want an error and none", err, len(m.figures))
	}
}

func TestGrowthHasTheTargetsSize(t *testing.T) {
	for set, want := range map[string]amount{
		"": {}, "BENCH_LARGE": {people: 20_000, each: 50, lines: 10_000_000}, "BENCH_ONLY": {people: 1000, each: 50, lines: 500_000},
	} {
		p := planOf(func(name string) string { return map[string]string{set: "growth"}[name] })
		if p.full != want || (p.only == "growth") != (set == "BENCH_ONLY") {
			t.Errorf("with %s the full vault has %v and only %q is taken, want %v", set, p.full, p.only, want)
		}
	}
	m := &measurement{}
	if figures, err := m.growth(); err != nil || len(figures) != 1 || figures[0].judged {
		t.Errorf("growth without a vault = %+v, %v, want a row that says that it is left out", figures, err)
	}
}
