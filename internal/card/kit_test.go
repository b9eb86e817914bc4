package card_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/card"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/limit"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
	"coffer/internal/secret"
	"coffer/internal/vault"
)

func TestMain(m *testing.M) { apptest.Main(m) }

func TestStatements(t *testing.T) { apptest.Prepare(t, card.Statements()...) }

// Published test numbers.
const (
	visa = "4242424242424242"
	mc   = "5555555555554444"
	amex = "378282246310005"
)

const (
	alice = "u_alice"
	bob   = "u_bob"
)

// house is the card room over a real database and a real log.
type house struct {
	t      testing.TB
	file   string
	read   *db.Reader
	write  *db.Writer
	sealer *seal.Sealer
	log    *seclog.Log
	keys   *vault.Vault
	limits *limit.Limits
	cards  *card.Service
	next   uint64
}

func build(t testing.TB, c db.Config, limits string) *house {
	t.Helper()
	h := &house{t: t, file: c.File}
	h.read, h.write = apptest.Open(t, c)
	maker := event.Maker{Node: "n", Version: "test"}
	h.sealer = seal.New(h.read, h.write, maker, 0, func(err error) { t.Errorf("a sync failed: %v", err) })
	h.log = seclog.New(seclog.Config{Writer: h.write, Maker: maker})
	var err error
	if h.keys, err = vault.Create(filepath.Join(t.TempDir(), "keys")); err != nil {
		t.Fatal(err)
	}
	table, err := limit.Parse(limits)
	if err != nil {
		t.Fatal(err)
	}
	h.limits = limit.New(table)
	h.restart()
	h.people(alice, bob)
	return h
}

// people makes accounts: only who has one can have a card.
func (h *house) people(ids ...string) {
	h.t.Helper()
	err := h.write.Apart(h.t.Context(), func(tx *db.Tx) error {
		for _, id := range ids {
			if _, err := tx.Exec(`INSERT INTO account (id, username, username_key, role, created) VALUES ($1, $1, $1, 'holder', 1)`, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// restart forgets what the service had in memory.
func (h *house) restart() {
	h.cards = card.New(card.Config{Log: h.log, Reader: h.read, Vault: h.keys, Limits: h.limits})
}

func as(person string) context.Context {
	return event.With(context.Background(), event.Origin{Actor: person, SourceIP: "203.0.113.9", Method: "GET", URI: "/"})
}

func draft(number string) card.Draft {
	return card.Draft{Number: secret.New(number), Holder: "Ada Lovelace", Expiry: expiry(2)}
}

// expiry is some years ahead, as people type it.
func expiry(years int) string { return time.Now().UTC().AddDate(years, 0, 0).Format("01/06") }

func (h *house) add(owner, number string) card.Card {
	h.t.Helper()
	c, err := h.cards.Add(as(owner), owner, draft(number))
	if err != nil {
		h.t.Fatalf("Add(%s) = %v", owner, err)
	}
	return c
}

// logged demands that exactly these events were sealed since the last call,
// all of them done by person.
func (h *house) logged(person string, want ...event.Event) {
	h.t.Helper()
	var got []event.Event
	for _, l := range h.lines() {
		e, err := l.Decode()
		if err != nil {
			h.t.Fatal(err)
		}
		if l.Actor != person {
			h.t.Errorf("actor of %s = %q, want %q", l.Event, l.Actor, person)
		}
		got = append(got, e)
	}
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		h.t.Errorf("the log has %s, want %s", list(got), list(want))
	}
}

// lines reads what was sealed since the last call.
func (h *house) lines() []event.Line {
	h.t.Helper()
	if err := h.sealer.Drain(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	sealed, err := h.sealer.Lines(context.Background(), h.next, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	var lines []event.Line
	for _, s := range sealed {
		l, err := event.Parse(s.Text)
		if err != nil {
			h.t.Fatal(err)
		}
		lines = append(lines, l)
	}
	h.next += uint64(len(sealed))
	return lines
}

// refused demands a fault of a kind that brings exactly these events, and that
// nothing is in the log.
func (h *house) refused(what string, err error, kind fault.Kind, want ...event.Event) *fault.Error {
	h.t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != kind || f.Recorded || len(f.Events) != len(want) || len(want) > 0 && !reflect.DeepEqual(f.Events, want) {
		h.t.Errorf("%s = %v with %s, want %v with %s", what, err, list(fault.As(err).Events), kind, list(want))
	}
	h.logged("")
	return fault.As(err)
}

func list(events []event.Event) string {
	s := "["
	for _, e := range events {
		s += fmt.Sprintf(" %s%+v", e.Kind().Name, e)
	}
	return s + " ]"
}

// exec changes the database past the log, as an intruder would.
func (h *house) exec(q string, args ...any) {
	h.t.Helper()
	err := h.write.Apart(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) count(table string) (n int) {
	h.t.Helper()
	if err := h.read.QueryRow(context.Background(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// on runs a test on both engines.
func on(t *testing.T, limits string, fn func(t *testing.T, h *house)) {
	t.Helper()
	apptest.Engines(t, func(t *testing.T, c db.Config) { fn(t, build(t, c, limits)) })
}
