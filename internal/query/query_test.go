package query_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/query"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

func TestMain(m *testing.M) { apptest.Main(m) }

func TestStatements(t *testing.T) { apptest.Prepare(t, query.Statements()...) }

const (
	alice = "u_alice"
	bob   = "u_bob"
	one   = "c_one"
	two   = "c_two"
)

var moment = time.Date(2026, 11, 24, 16, 51, 27, 123456000, time.UTC)

// house is a log to read from.
type house struct {
	t      testing.TB
	read   *db.Reader
	write  *db.Writer
	sealer *seal.Sealer
	log    *seclog.Log
	lines  *query.Reader
}

func build(t testing.TB, c db.Config) *house {
	t.Helper()
	h := &house{t: t}
	h.read, h.write = apptest.Open(t, c)
	maker := event.Maker{Node: "n", Version: "test"}
	h.sealer = seal.New(h.read, h.write, maker, 0, func(err error) { t.Errorf("a sync failed: %v", err) })
	h.log = seclog.New(seclog.Config{Writer: h.write, Maker: maker, Now: func() time.Time { return moment }})
	h.lines = query.New(h.read)
	return h
}

func on(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	apptest.Engines(t, func(t *testing.T, c db.Config) { fn(t, build(t, c)) })
}

func as(person string) context.Context {
	o := event.Origin{Actor: person, SourceIP: "203.0.113.9", UserAgent: "curl/8", RequestID: "r_1"}
	if person != "" {
		o.Session = "hash of " + person
	}
	return event.With(context.Background(), o)
}

// did seals events that person caused, one commit each.
func (h *house) did(person string, events ...event.Event) {
	h.t.Helper()
	for _, e := range events {
		if err := h.log.Commit(as(person), func(*db.Tx) ([]event.Event, error) { return []event.Event{e}, nil }); err != nil {
			h.t.Fatal(err)
		}
		if err := h.sealer.Drain(context.Background()); err != nil {
			h.t.Fatal(err)
		}
	}
}

func viewed(card string) event.Event {
	return event.CardViewed{Owner: alice, Card: card, Last4: "4242", Part: "masked"}
}

// story is a log with something of everything; the comments are its numbers.
func (h *house) story() {
	h.did("", event.LogOpened{})                                                    // 0
	h.did("", event.UserCreated{Account: alice, Role: "holder"})                    // 1
	h.did(alice, event.CardAdded{Owner: alice, Card: one, Last4: "4242"})           // 2
	h.did(alice, event.CardAdded{Owner: alice, Card: two, Last4: "0005"})           // 3
	h.did("", event.UserCreated{Account: bob, Role: "holder"})                      // 4
	h.did(bob, event.DirectReference{Owner: alice, Card: one, Verb: "view"})        // 5
	h.did("", event.LoginFailed{Account: alice, Reason: "wrong_password"})          // 6
	h.did(bob, event.AuthzFailed{Reason: "not_found", Resource: "card:" + one})     // 7
	h.did(alice, viewed(one))                                                       // 8
	h.did("system:sessions", event.SessionExpired{Account: alice, Reason: "idle"})  // 9
	h.did(bob, event.SessionExpired{Account: alice, Session: "x", Reason: "ended"}) // 10: bob's own success, on alice
}

func numbers(entries []query.Entry) []uint64 {
	var n []uint64
	for _, e := range entries {
		n = append(n, e.Seq)
	}
	return n
}

// TestActivityBehindPruned holds that what is left of the newest lines is found
// where retention has removed the first of them, and where another process
// sealed some that this one does not know of.
func TestActivityBehindPruned(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		h.story()
		h.lines.Newest = h.sealer.Lines
		other := *h // a process of its own, which shares nothing but the database
		other.sealer = seal.New(h.read, h.write, event.Maker{Node: "other", Version: "test"}, 0, func(err error) { t.Error(err) })
		other.log = seclog.New(seclog.Config{Writer: h.write, Maker: event.Maker{Node: "other", Version: "test"}, Now: func() time.Time { return moment }})
		other.did(alice, viewed(two)) // 11
		err := h.write.Apart(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE head SET pruned = 4`)
			if err == nil {
				_, err = tx.Exec(`DELETE FROM event WHERE seq < 4`)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, newest := range []query.Newest{h.sealer.Lines, other.sealer.Lines, nil} {
			h.lines.Newest = newest
			got, _, err := h.lines.Activity(context.Background(), alice, "", 0, 20)
			if want := []uint64{11, 10, 9, 8, 6, 5}; err != nil || !slices.Equal(numbers(got), want) {
				t.Errorf("Activity() = %v, %v, want %v", numbers(got), err, want)
			}
		}
	})
}

func TestActivity(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		h.story()
		for _, c := range []struct {
			person, card string
			before       uint64
			limit        int
			want         []uint64
			more         bool
		}{
			{alice, "", 0, 20, []uint64{10, 9, 8, 6, 5, 3, 2, 1}, false},
			{alice, "", 0, 3, []uint64{10, 9, 8}, true},
			{alice, "", 8, 3, []uint64{6, 5, 3}, true},
			{alice, "", 3, 3, []uint64{2, 1}, false},
			{alice, "", 3, 2, []uint64{2, 1}, false},
			{alice, "", 1 << 63, 1, []uint64{10}, true},
			// What bob tried does not show to him, what he did does.
			{bob, "", 0, 20, []uint64{10, 4}, false},
			{bob, one, 0, 20, nil, false},
			{alice, one, 0, 20, []uint64{8, 5, 2}, false},
			{alice, one, 8, 1, []uint64{5}, true},
			{alice, two, 0, 20, []uint64{3}, false},
			{alice, "' OR 1=1 --", 0, 20, nil, false},
			{"", "", 0, 20, nil, false},
			{"", one, 0, 20, nil, false},
			{"u_nobody", "", 0, 20, nil, false},
		} {
			got, more, err := h.lines.Activity(context.Background(), c.person, c.card, c.before, c.limit)
			if err != nil || more != c.more || !slices.Equal(numbers(got), c.want) {
				t.Errorf("Activity(%q, %q, %d, %d) = %v, %v, %v, want %v, %v", c.person, c.card, c.before, c.limit, numbers(got), more, err, c.want, c.more)
			}
		}
	})
}

func TestEntry(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		h.story()
		got, _, err := h.lines.Activity(context.Background(), alice, "", 0, 20)
		if err != nil {
			t.Fatal(err)
		}
		seen := got[2]
		if seen.Seq != 8 || !seen.At.Equal(moment) || seen.Event != "sensitive_read" || seen.Level != "INFO" || seen.Outcome != "success" ||
			seen.Actor != alice || seen.Subject != alice || seen.Session != "hash of u_alice" || seen.Target != "card:"+one ||
			seen.SourceIP != "203.0.113.9" || seen.UserAgent != "curl/8" || !seen.Own || seen.What != viewed(one) ||
			string(seen.Data) != `{"target":"card:c_one","last4":"4242","part":"masked"}` {
			t.Errorf("Activity's entry = %+v, want all that the line says", seen)
		}
		for _, e := range got {
			told := fmt.Sprintf("%+v", e)
			if strings.Contains(told, bob) {
				t.Errorf("entry %d tells alice of bob: %s", e.Seq, told)
			}
			if want := map[uint64]bool{1: true, 2: true, 3: true, 8: true}[e.Seq]; e.Own != want {
				t.Errorf("Own of entry %d = %v, want %v", e.Seq, e.Own, want)
			}
		}
	})
}

func TestCardHistory(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		h.story()
		ask := func(person, card string, limit int, more bool, want ...uint64) {
			t.Helper()
			got, gotMore, err := h.lines.CardHistory(context.Background(), person, card, limit)
			if err != nil || !slices.Equal(numbers(got), want) || gotMore != more {
				t.Errorf("CardHistory(%s, %s, %d) = %v, %v, %v, want %v, %v", person, card, limit, numbers(got), gotMore, err, want, more)
			}
		}
		for range 2 { // the second time out of memory
			ask(alice, one, 5, false, 8, 5, 2)
			ask(alice, one, 2, true, 8, 5)
			ask(alice, one, 50, false, 8, 5, 2)
			ask(bob, one, 5, false)
			ask("", one, 5, false)
			ask(alice, "c_none", 5, false)
		}
		h.did(alice, viewed(one), viewed(two))
		ask(alice, one, 5, false, 11, 8, 5, 2)
		for range 20 { // more between two looks than memory holds
			h.did(alice, viewed(one))
		}
		ask(alice, one, 3, true, 32, 31, 30)
		ask(alice, one, 12, true, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21)
		ask(alice, two, 5, false, 12, 3)
	})
}

func TestVisitLine(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		h.story()
		ctx, receipt := seclog.WithReceipt(as(""))
		e := event.LoginFailed{Typed: "00ff", Reason: "unknown_name"}
		if err := h.log.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return []event.Event{e}, nil }); err != nil {
			t.Fatal(err)
		}
		if err := h.sealer.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		line, err := h.lines.VisitLine(context.Background(), receipt.Commit, receipt.First, receipt.Numbered)
		if l, bad := event.Parse(line); err != nil || bad != nil || l.Seq != 11 || l.Reason != "unknown_name" {
			t.Errorf("VisitLine = %s, %v, want line 11", line, err)
		}
		// Numbers can be guessed, commits cannot: without the right one there is no line.
		for _, commit := range []string{"", "t_guess", receipt.Commit + "x"} {
			for _, numbered := range []bool{true, false} {
				for seq := range uint64(13) {
					if line, err := h.lines.VisitLine(context.Background(), commit, seq, numbered); line != nil || err != nil {
						t.Errorf("VisitLine(%q, %d, %v) = %s, %v, want none", commit, seq, numbered, line, err)
					}
				}
			}
		}
		if line, err := h.lines.VisitLine(context.Background(), receipt.Commit, 3, true); line != nil || err != nil {
			t.Errorf("VisitLine with another's number = %s, %v, want none", line, err)
		}
	})
}

func TestDatabaseGone(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		if err := h.read.Close(); err != nil {
			t.Fatal(err)
		}
		_, _, err := h.lines.Activity(context.Background(), alice, "", 0, 5)
		_, _, err2 := h.lines.CardHistory(context.Background(), alice, one, 5)
		_, err3 := h.lines.VisitLine(context.Background(), "t_x", 1, true)
		for _, err := range []error{err, err2, err3} {
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("without a database = %v, want Unavailable", err)
			}
		}
	})
}
