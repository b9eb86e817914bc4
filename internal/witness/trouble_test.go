package witness_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/apptest/notary"
	"coffer/internal/db"
	"coffer/internal/proof"
	"coffer/internal/witness"
)

// bad are the ways in which a witness misbehaves, and what is told of each
// after five minutes.
func bad(n, other *notary.Notary) map[string]struct {
	reason string
	how    http.HandlerFunc
} {
	answer := func(code int, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	sign := func(by *notary.Notary, change func(text string) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, signed, _ := strings.Cut(string(body), "\n\n")
			text, _, _ := strings.Cut(signed, "\n\n")
			fmt.Fprint(w, change(by.Cosign(change(text+"\n"), time.Now())))
		}
	}
	same := func(s string) string { return s }
	named := func(s string) string { return strings.Replace(s, "— "+other.Name+" ", "— "+n.Name+" ", 1) }
	var flip atomic.Uint64
	type way = struct {
		reason string
		how    http.HandlerFunc
	}
	return map[string]way{
		"another's signature":         {"untrue", sign(other, same)},
		"another's under its name":    {"untrue", sign(other, named)},
		"of an older checkpoint":      {"untrue", sign(n, func(s string) string { return strings.Replace(s, "\n", "\n0", 1) })},
		"nothing":                     {"untrue", answer(200, "")},
		"garbage":                     {"untrue", answer(200, "\x00\xff— —\n\n\n— x\n")},
		"half a line":                 {"untrue", answer(200, "— "+n.Name+" AAAA")},
		"no end":                      {"untrue", func(w http.ResponseWriter, r *http.Request) { endless(w, r) }},
		"a conflict without a size":   {"refused", answer(409, "")},
		"a conflict with a wild size": {"refused", answer(409, "007\n", "Content-Type", "text/x.tlog.size")},
		"conflicts without end": {"refused", func(w http.ResponseWriter, r *http.Request) {
			answer(409, fmt.Sprintf("%d\n", flip.Add(1)%2), "Content-Type", "text/x.tlog.size")(w, r)
		}},
		"an unknown log":   {"unknown_log", answer(404, "")},
		"another key":      {"unknown_log", answer(403, "")},
		"out of order":     {"refused", answer(503, "")},
		"a redirect":       {"refused", answer(307, "", "Location", other.URL+"/add-checkpoint")},
		"no such request":  {"refused", answer(400, "")},
		"a hung up":        {"unreachable", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"one who is quiet": {"timeout", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	}
}

// endless answers more than anybody should read.
func endless(w http.ResponseWriter, r *http.Request) {
	line := []byte(strings.Repeat("— nobody AAAAAAAAAAAAAAAA\n", 1000))
	for r.Context().Err() == nil {
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

// TestMisbehaving holds that no answer of a witness is believed unseen: nothing
// of it is kept, the log goes on, the other witness too, and after five minutes
// both edges are told, with the reason.
func TestMisbehaving(t *testing.T) {
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	all := b.notaries("one.example/a", "two.example/b")
	stranger := notary.New(t, "three.example/c", false)
	one := all[0]
	s := set(t, all...)
	s = withPolicy(t, s, "witness one "+one.VKey+"\nwitness two "+all[1].VKey+"\ngroup either any one two\nquorum either\n")
	run := b.start(s, all...)
	b.await(run, b.put(1))
	b.until("both", func() bool { return len(b.signed(all...)) == 2 })
	run.end()
	began := b.Now()
	for name, way := range bad(one, stranger) {
		t.Run(name, func(t *testing.T) {
			b.set(began) // within the hour: no checkpoint is told of
			c := b.circle(s, all...)
			if way.reason == "timeout" {
				c.Pace.Timeout = 100 * time.Millisecond
			}
			b.run(t, c)
			b.events()
			before, _ := one.Asked()
			one.Misbehave(way.how)
			size := b.put(2)
			b.await(c, size)
			until := stranger.Size(origin)
			b.until("a few attempts", func() bool { n, _ := one.Asked(); return n >= before+3 })
			if got := b.signed(all...); len(got) != 1 || got[0] != "two.example/b" {
				t.Errorf("signatures of %v are kept, want only those of the other", got)
			}
			b.await(c, b.put(1))
			b.pass(5*time.Minute + time.Second)
			b.wrote("sys_monitor_disabled " + way.reason + " monitor:witness:one.example/a")
			if late := c.Late(); len(late) > 0 {
				t.Errorf("Late() = %q, want nothing while the quorum is reached", late)
			}
			one.Misbehave(nil)
			b.wrote("sys_monitor_enabled monitor:witness:one.example/a")
			b.until("both", func() bool { return len(b.signed(all...)) == 2 })
			if stranger.Size(origin) != until {
				t.Error("a redirect was followed")
			}
			if n, _ := stranger.Asked(); n > 0 {
				t.Error("a redirect was followed")
			}
			c.end()
			b.want()
		})
	}
}

// run starts a circle that was made.
func (b *book) run(tb testing.TB, c *circle) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.stop, c.done = cancel, make(chan struct{})
	go func() {
		defer close(c.done)
		_ = c.Run(ctx) // it has no error
	}()
	tb.Cleanup(c.end)
}

func withPolicy(tb testing.TB, s witness.Set, text string) witness.Set {
	tb.Helper()
	s, err := witness.WithPolicy(s.Witnesses, text)
	if err != nil {
		tb.Fatalf("WithPolicy() = %v", err)
	}
	return s
}

// TestQuorum holds that waiting takes as many witnesses as the policy says, at
// one checkpoint; that too few are told of once, and when they are back; and
// that one who hangs holds up nobody.
func TestQuorum(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		b := openBook(t, c)
		all := b.notaries("one.example/a", "two.example/b", "three.example/c")
		policy := ""
		for i, n := range all {
			policy += fmt.Sprintf("witness w%d %s %s\n", i, n.VKey, n.URL)
		}
		run := b.start(withPolicy(t, witness.Set{}, policy+"group most 2 w0 w1 w2\nquorum most\n"), all...)
		b.await(run, b.put(1))
		b.until("all three", func() bool { return len(b.signed(all...)) == 3 })
		b.events()

		letGo := hold(t, all[2])
		b.await(run, b.put(1))
		b.await(run, b.put(1))
		again := hold(t, all[1])
		size := b.put(1)
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		if err := run.Await(ctx, size); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Await() = %v with one witness of two, want to wait until the end", err)
		}
		cancel()
		b.until("the first", func() bool { return len(b.signed(all...)) == 1 })
		b.pass(6 * time.Minute)
		b.wrote("sys_monitor_disabled timeout monitor:witness:two.example/b", "sys_monitor_disabled timeout monitor:witness:three.example/c", "sys_monitor_disabled quorum monitor:witness:most")
		if late := run.Late(); len(late) != 1 || !strings.Contains(late[0], "too few witnesses") {
			t.Errorf("Late() = %q, want that they are too few", late)
		}
		run.end() // a restart knows what was told
		run = b.start(withPolicy(t, witness.Set{}, policy+"group most 2 w0 w1 w2\nquorum most\n"), all...)
		b.put(1)
		b.pass(6 * time.Minute)
		again()
		b.await(run, b.put(1))
		b.wrote("sys_monitor_enabled monitor:witness:two.example/b", "sys_monitor_enabled monitor:witness:most")
		letGo()
		b.wrote("sys_monitor_enabled monitor:witness:three.example/c")
		if late := run.Late(); len(late) > 0 {
			t.Errorf("Late() = %q, want nothing", late)
		}
	})
}

// TestUntrusted holds that a witness whose certificate nobody vouches for is
// not asked.
func TestUntrusted(t *testing.T) {
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	n := b.notaries("one.example/a")[0]
	run := b.start(set(t, n))
	b.put(1)
	b.until("the attempt", func() bool { b.pass(time.Minute); return len(run.Late()) > 0 })
	b.wrote("log_opened log:security.log", "sys_monitor_disabled certificate monitor:witness:one.example/a")
	if late := run.Late(); len(late) != 1 || !strings.Contains(late[0], "certificate") {
		t.Errorf("Late() = %q, want that its certificate is not one to trust", late)
	}
	if n, _ := n.Asked(); n > 0 {
		t.Errorf("it was asked %d times", n)
	}
}

// forge makes a log with the same key and name, and another history.
func forge(t *testing.T, lines int) *book {
	t.Helper()
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	b.put(lines)
	return b
}

// TestRolledBack holds that a witness who knows more lines than are there is
// told as critical, once, and that a start says so too.
func TestRolledBack(t *testing.T) {
	n := notary.New(t, "one.example/a", true)
	whole := forge(t, 30)
	n.Know(t, whole.vkey)
	whole.await(whole.start(set(t, n), n), whole.sign())
	older := forge(t, 10)
	older.events()
	found, mute, err := older.circle(set(t, n), n).Check(context.Background())
	if err != nil || found == nil || found.Forked || found.Known != 31 && found.Known != 32 || found.Size != 11 {
		t.Fatalf("Check() = %+v, %v, %v, want that lines are missing", found, mute, err)
	}
	older.events()
	run := older.start(set(t, n), n)
	size, _ := older.Sealer.Signed()
	older.wrote(fmt.Sprintf("log_verify_fail witness_ahead checkpoint:%d one.example/a", size))
	if late := run.Late(); len(late) != 1 || !strings.HasPrefix(late[0], "ROLLBACK: ") {
		t.Errorf("Late() = %q, want that lines are missing", late)
	}
	asked, _ := n.Asked()
	older.until("further attempts", func() bool { now, _ := n.Asked(); return now > asked+3 })
	older.want()
}

// TestForked holds that a witness refuses another history of the same length or
// more, that this is told as critical, and that a start says so too.
func TestForked(t *testing.T) {
	for name, lines := range map[string]int{"same length": 20, "longer": 90} {
		t.Run(name, func(t *testing.T) {
			n := notary.New(t, "one.example/a", true)
			whole := forge(t, 20)
			n.Know(t, whole.vkey)
			true1 := whole.circle(set(t, n), n)
			if found, mute, err := true1.Check(context.Background()); found != nil || len(mute) > 0 || err != nil {
				t.Fatalf("Check() = %+v, %q, %v on the true log", found, mute, err)
			}
			other := forge(t, 1)
			other.pass(time.Second)
			other.put(lines - 1)
			other.events()
			found, _, err := other.circle(set(t, n), n).Check(context.Background())
			if err != nil || found == nil || !found.Forked || found.Known != 21 {
				t.Fatalf("Check() = %+v, %v, want another history", found, err)
			}
			run := other.start(set(t, n), n)
			size, _ := other.Sealer.Signed()
			other.wrote(fmt.Sprintf("log_verify_fail witness_forked checkpoint:%d one.example/a", size))
			if late := run.Late(); len(late) != 1 || !strings.HasPrefix(late[0], "TAMPERED: ") {
				t.Errorf("Late() = %q, want another history", late)
			}
			if got := n.Size(origin); got != 21 {
				t.Errorf("the witness knows %d lines, want the 21 that it signed", got)
			}
		})
	}
}

// TestCheck holds that the start asks, and that nobody there to answer is no
// reason not to start.
func TestCheck(t *testing.T) {
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	all := b.notaries("one.example/a", "two.example/b", "three.example/c")
	gone := httptest.NewServer(nil)
	s := set(t, all...)
	s.Witnesses[1].URL = gone.URL
	gone.Close()
	hold(t, all[2])
	began := time.Now()
	c := b.circle(s, all...)
	c.Pace.Start = 300 * time.Millisecond
	found, mute, err := c.Check(context.Background())
	if found != nil || err != nil || len(mute) != 2 {
		t.Errorf("Check() = %+v, %q, %v, want two that cannot be asked", found, mute, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Check() took %v, want its time limit", took)
	}
	if all[0].Size(origin) != 1 {
		t.Errorf("one knows %d lines, want the log's 1", all[0].Size(origin))
	}
}

// TestRequest holds the request to the form of c2sp.org/tlog-witness.
func TestRequest(t *testing.T) {
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	n := b.notaries("one.example/a")[0]
	var got atomic.Pointer[[]byte]
	run := b.start(set(t, n), n)
	b.await(run, b.put(4))
	n.Misbehave(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == "POST" && r.URL.Path == "/add-checkpoint" && r.ContentLength == int64(len(body)) {
			got.Store(&body)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	old := n.Size(origin)
	size := b.put(3)
	b.until("a request", func() bool { return got.Load() != nil })
	head, signed, _ := bytes.Cut(*got.Load(), []byte("\n\n"))
	c, err := proof.Peek(signed)
	if err != nil || c.Size != size || bytes.Count(signed, []byte("\n— ")) != 1 {
		t.Errorf("the request's checkpoint is %+v, %v, want of %d lines with the log's signature alone:\n%s", c, err, size, signed)
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != fmt.Sprintf("old %d", old) || len(lines) < 2 {
		t.Errorf("the request begins %q, want the size of %d and a proof", lines, old)
	}
	for _, l := range lines[1:] {
		if len(l) != 44 || !strings.HasSuffix(l, "=") {
			t.Errorf("%q is no hash in base64", l)
		}
	}
}
