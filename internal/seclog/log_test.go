package seclog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

func TestMain(m *testing.M) { apptest.Main(m) }

func visitor(ip string) context.Context {
	return event.With(context.Background(), event.Origin{SourceIP: ip, Method: "GET", URI: "/x", RequestID: "r_1"})
}

const put = `INSERT INTO setting (name, value) VALUES ($1, $2)`

func settings(t *testing.T, r *db.Reader) (n int) {
	t.Helper()
	if err := r.QueryRow(t.Context(), `SELECT COUNT(*) FROM setting`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCommit holds promise 1: a change and its event, or neither.
func TestCommit(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		l := apptest.OpenLog(t, c)
		ctx := event.System(t.Context(), "test")
		write := func(name string, events []event.Event, err error) error {
			return l.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
				if _, err := tx.Exec(put, name, "v"); err != nil {
					return nil, err
				}
				return events, err
			})
		}
		if err := write("a", []event.Event{event.LogHeartbeat{}}, nil); err != nil {
			t.Fatalf("Commit() = %v", err)
		}
		l.Want("log_heartbeat")
		no := fault.New(fault.Conflict, "no")
		if err := write("b", nil, no); !errors.Is(err, no) {
			t.Errorf("Commit(fault) = %v, want the fault itself", err)
		}
		if err := write("c", nil, nil); err == nil {
			t.Error("Commit without an event = nil, want an error")
		}
		if err := write("d", []event.Event{event.Crash{Reason: "no such reason"}}, nil); err == nil {
			t.Error("Commit of an event that cannot be written = nil, want an error")
		}
		if err := l.Commit(t.Context(), func(*db.Tx) ([]event.Event, error) { return []event.Event{event.LogHeartbeat{}}, nil }); err == nil {
			t.Error("Commit without an origin = nil, want an error")
		}
		l.Want()
		if n := settings(t, l.Read); n != 1 {
			t.Errorf("rows = %d, want 1: what has no event has no effect", n)
		}
	})
}

// TestGate holds that a log which cannot be written refuses everything.
func TestGate(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		l := apptest.OpenLog(t, c)
		ctx := event.System(t.Context(), "test")
		why := errors.New("no space left")
		l.Shut(why)
		ran := false
		err := l.Commit(ctx, func(*db.Tx) ([]event.Event, error) { ran = true; return []event.Event{event.LogHeartbeat{}}, nil })
		if !fault.Is(err, fault.Unavailable) || !errors.Is(err, why) || ran {
			t.Errorf("Commit(shut) = %v, ran %v, want Unavailable with the reason and no run", err, ran)
		}
		if err := l.Record(ctx, event.LogHeartbeat{}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Record(shut) = %v, want Unavailable", err)
		}
		if l.Ready() == nil {
			t.Error("Ready() = nil while shut")
		}
		l.Shut(nil)
		if err := l.Record(ctx, event.LogHeartbeat{}); err != nil {
			t.Errorf("Record(open again) = %v", err)
		}
		l.Want("log_heartbeat")
	})
}

// TestHangingUp holds that a visitor who leaves erases nothing.
func TestHangingUp(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		l := apptest.OpenLog(t, c)
		ctx, cancel := context.WithCancel(visitor("192.0.2.1"))
		cancel()
		if err := l.Record(ctx, event.AuthzFailed{Reason: "signed_out", Resource: "route:/x"}); err != nil {
			t.Fatalf("Record(gone) = %v", err)
		}
		l.Want("authz_fail")
	})
}

func TestTouch(t *testing.T) {
	l := apptest.OpenLog(t, apptest.Migrated(t, db.SQLite))
	touch := func(what string) error {
		return l.Touch(t.Context(), what, func(tx *db.Tx) error { _, err := tx.Exec(put, what, "v"); return err })
	}
	if err := touch("session.seen"); err != nil {
		t.Errorf("Touch(session.seen) = %v", err)
	}
	if err := touch("account.role"); err == nil {
		t.Error("Touch(account.role) = nil, want a refusal: it is not on the list")
	}
	l.Want()
	if n := settings(t, l.Read); n != 1 {
		t.Errorf("rows = %d, want 1", n)
	}
}

// TestReceipt holds that a page can name the line it wrote.
func TestReceipt(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		l := apptest.OpenLog(t, c)
		for want := range uint64(3) {
			ctx, receipt := seclog.WithReceipt(event.System(t.Context(), "test"))
			if err := l.Record(ctx, event.LogHeartbeat{}); err != nil {
				t.Fatal(err)
			}
			if receipt.Commit == "" {
				t.Fatal("Receipt.Commit is empty")
			}
			if receipt.Numbered != (c.Engine() == db.SQLite) || receipt.Numbered && receipt.First != want {
				t.Errorf("Receipt = %+v, want line %d, numbered at once on SQLite only", *receipt, want)
			}
		}
	})
}

// TestEverythingAtOnce runs 64 writers: some cancelled, some panicking, some
// refused, some breaking a constraint, some plainly wrong. What was
// acknowledged is there, with its event; nothing else is.
func TestEverythingAtOnce(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		l := apptest.OpenLog(t, c)
		var mu sync.Mutex
		acknowledged := map[string]bool{}
		var all sync.WaitGroup
		for w := range 64 {
			all.Go(func() {
				for i := range 8 {
					name := fmt.Sprintf("c_%02d_%d", w, i)
					if torture(l, name, (w+i)%6) == nil {
						mu.Lock()
						acknowledged[name] = true
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		stored := names(t, l.Read)
		logged := map[string]bool{}
		for i, line := range l.Lines() {
			if line.Seq != uint64(i) {
				t.Fatalf("line %d has seq %d", i, line.Seq)
			}
			logged[line.Target()] = true
		}
		for name := range acknowledged {
			if !stored[name] || !logged["card:"+name] {
				t.Errorf("%s was acknowledged: stored %v, logged %v", name, stored[name], logged["card:"+name])
			}
		}
		if len(stored) != len(acknowledged) || len(logged) != len(acknowledged) {
			t.Errorf("acknowledged %d, stored %d, logged %d, want them equal", len(acknowledged), len(stored), len(logged))
		}
		if want := 64 * 8 * 2 / 6; len(acknowledged) < want {
			t.Errorf("acknowledged %d, want at least %d: the others must not take the good ones with them", len(acknowledged), want)
		}
	})
}

func torture(l *apptest.Log, name string, how int) (err error) {
	ctx, cancel := context.WithCancel(event.System(context.Background(), "test"))
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return l.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) {
		if _, err := tx.Exec(put, name, "v"); err != nil {
			return nil, err
		}
		switch how {
		case 1:
			cancel() // hanging up in the middle: the change goes on
		case 2:
			panic("on purpose")
		case 3:
			return nil, fault.New(fault.Invalid, "refused")
		case 4:
			_, err := tx.Exec(put, name, "v")
			return nil, err
		case 5:
			return nil, errors.New("plainly wrong")
		}
		return []event.Event{event.CardDeleted{Owner: "u_1", Card: name, Last4: "4242"}}, nil
	})
}

func names(t *testing.T, r *db.Reader) map[string]bool {
	t.Helper()
	rows, err := r.Query(t.Context(), `SELECT name FROM setting`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		found[name] = true
	}
	return found
}

// TestFlood holds that noise is counted and summed up, that known people's
// events never are, and that spraying and stuffing stay visible in the sums.
func TestFlood(t *testing.T) {
	c := apptest.Migrated(t, db.SQLite)
	read, write := apptest.Open(t, c)
	now := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	maker := event.Maker{Node: "test", Version: "0.0.0"}
	sealer := seal.New(read, write, maker, 0, func(err error) { t.Errorf("fatal: %v", err) })
	log := seclog.New(seclog.Config{
		Writer: write, Maker: maker, Now: func() time.Time { return now },
		Flood: seclog.Flood{PerMinute: 5, PerSecond: 40},
	})
	spray := func(ip string, times int) {
		for i := range times {
			e := event.LoginFailed{Typed: fmt.Sprintf("%032x", i%7), Reason: "unknown_name"}
			if err := log.Record(visitor(ip), e); err != nil {
				t.Fatalf("Record() = %v", err)
			}
		}
	}
	spray("192.0.2.1", 25)
	if err := log.Record(visitor("192.0.2.1"), event.LoginFailed{Account: "u_1", Reason: "wrong_password"}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Second)
	for i := range 100 { // stuffing: a hundred addresses, one try each
		spray(fmt.Sprintf("198.51.100.%d", i), 1)
	}
	now = now.Add(time.Minute)
	if err := log.SumUp(event.System(t.Context(), "flood")); err != nil {
		t.Fatalf("SumUp() = %v", err)
	}
	got := map[string]int{}
	var sums []event.EventsAggregated
	lines, err := sealer.Lines(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range lines {
		line, err := event.Parse(raw.Text)
		if err != nil {
			t.Fatal(err)
		}
		got[line.Event]++
		if e, err := line.Decode(); err == nil {
			if sum, ok := e.(event.EventsAggregated); ok {
				sums = append(sums, sum)
			}
		}
	}
	if want := 5 + 1 + 40; got["authn_login_fail"] != want {
		t.Errorf("single lines = %d, want %d: 5 of the spraying, the known person's, 40 of the second's stuffing", got["authn_login_fail"], want)
	}
	if len(sums) != 2 {
		t.Fatalf("sums = %+v, want two: one by address, one for all", sums)
	}
	for _, s := range sums {
		switch s.Address {
		case "192.0.2.1":
			if s.Count != 20 || s.Typed != 7 || s.Addresses != 1 || len(s.Common) != 5 {
				t.Errorf("the sprayer's sum = %+v, want 20 attempts on 7 names, five of them named", s)
			}
		case "":
			if s.Count != 60 || s.Addresses != 60 {
				t.Errorf("the sum for all = %+v, want 60 attempts from 60 addresses", s)
			}
		default:
			t.Errorf("unexpected sum %+v", s)
		}
	}
	if err := log.SumUp(event.System(t.Context(), "flood")); err != nil {
		t.Fatal(err)
	}
	if again, _ := sealer.Lines(t.Context(), uint64(len(lines)), 10); len(again) != 0 {
		t.Errorf("summed up twice: %s", again[0].Text)
	}
}

// TestReady holds that a write which fails makes the log not ready until one
// succeeds, and that Probe finds that out by itself.
func TestReady(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		l := apptest.OpenLog(t, c)
		ctx := event.System(t.Context(), "test")
		no := fault.New(fault.Invalid, "no")
		_ = l.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return nil, no })
		if err := l.Ready(); err != nil {
			t.Errorf("Ready() after a refusal = %v, want nil: writing works", err)
		}
		full := fault.New(fault.Unavailable, "no room")
		_ = l.Commit(ctx, func(*db.Tx) ([]event.Event, error) { return nil, full })
		if err := l.Ready(); !errors.Is(err, full) {
			t.Errorf("Ready() after a failed write = %v, want its reason", err)
		}
		if err := l.Probe(ctx); err != nil {
			t.Errorf("Probe() = %v", err)
		}
		if err := l.Ready(); err != nil {
			t.Errorf("Ready() after a good write = %v, want nil", err)
		}
		l.Want()
	})
}
