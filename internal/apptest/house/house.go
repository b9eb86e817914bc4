// Package house runs the whole application for a test: on a database and a
// data directory of its own, under a clock that the test moves, visited by
// browsers. Every request's events must be stated, and when the test ends the
// log, the file and everything that was written are looked through: see check.go.
package house

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/seclog/seal"
)

// URL is what browsers see, unless a test says otherwise.
const URL = "http://coffer.test"

// Password passes every rule; it is a canary like every password posted.
const Password = "tulip-canary-90-lantern"

// Morning is when a test begins: early enough that twelve hours pass before
// midnight, when a segment of the log would end.
var Morning = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// Setup is how the application starts.
type Setup struct {
	app.Config
	app.Options
}

// House is the application, running.
type House struct {
	testing.TB
	*app.App
	Setup Setup

	dir    string
	db     db.Config
	read   *db.Reader
	stop   context.CancelFunc
	done   chan error
	mu     sync.Mutex
	now    time.Time
	lived  time.Duration
	jobs   map[time.Duration][]func(context.Context)
	seen   uint64            // lines stated so far
	names  map[string]string // of ids, for what is expected
	secret secrets
	lost   bool // the database is gone for good
}

// Both runs fn in a house on each engine.
func Both(t *testing.T, fn func(h *House), change ...func(*Setup)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(Open(t, db.SQLite, change...)) })
	t.Run("postgres", func(t *testing.T) { fn(Open(t, db.Postgres, change...)) })
}

// Open starts the application on an empty database. What a first start writes
// is checked and counts as stated.
func Open(tb testing.TB, e db.Engine, change ...func(*Setup)) *House {
	tb.Helper()
	var c db.Config
	if e == db.Postgres {
		c.Postgres = apptest.Postgres(tb)
	}
	h := On(tb, tb.TempDir(), c, change...)
	want := FirstStart(h.Setup.Limits != "")
	if h.Setup.Retention != "" {
		want = append(want, "sys_config_changed target=setting:retention data.from=400d data.to=*")
	}
	h.Wrote(want...)
	return h
}

// FirstStart is what the first start of all writes, with or without a limit
// that is not as it comes.
func FirstStart(limits bool) []string {
	start := []string{
		"log_opened actor=system:serve source_ip= request_uri=", "crypt_key_created subject= data.use=*",
		"crypt_key_created data.use=*", "crypt_key_created data.use=*", "sys_startup actor=system:serve target=node:test",
	}
	if limits {
		start = append(start, "sys_config_changed target=setting:limits data.from=* data.to=*")
	}
	return start
}

// On starts the application on a directory and database that may hold
// something; what the start wrote is to be stated.
func On(tb testing.TB, dir string, c db.Config, change ...func(*Setup)) *House {
	tb.Helper()
	capture()
	h := &House{TB: tb, dir: dir, db: c, now: Morning, names: map[string]string{}}
	h.Setup = Setup{
		app.Config{Listen: "127.0.0.1:0", URL: URL, Node: "test", Data: dir, Database: c.Postgres},
		app.Options{
			Version: "0.0.0", Now: h.Now, Every: h.every,
			Passed: h.elapsed,
			// Cheap, since these tests are about what is done with passwords, not what they cost.
			Hash:  factor.Settings{Memory: 64, Time: 1, Threads: 1},
			Fatal: func(err error) { tb.Errorf("fatal: %v", err) },
		},
	}
	if c.Postgres == "" {
		h.db = db.Config{File: dir + "/coffer.db"}
	}
	for _, fn := range change {
		fn(&h.Setup)
	}
	h.Start()
	tb.Cleanup(func() { h.Stop(); h.check() })
	return h
}

// Start starts it again after Stop.
func (h *House) Start() {
	h.Helper()
	h.jobs = map[time.Duration][]func(context.Context){}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := app.New(ctx, h.Setup.Config, h.Setup.Options)
	if err != nil {
		cancel()
		h.Fatalf("New() = %v", err)
	}
	h.App, h.stop, h.done = a, cancel, make(chan error, 1)
	go func() { h.done <- a.Run(ctx) }()
	if h.read == nil {
		read, write, err := db.Open(ctx, h.db)
		if err != nil {
			h.Fatalf("Open() = %v", err)
		}
		h.read = read
		h.Cleanup(func() { _ = write.Close(); _ = read.Close() })
	}
}

// Stop stops it, if it runs. What was written must have been stated.
func (h *House) Stop() {
	h.Helper()
	h.StopWriting("sys_shutdown actor=system:serve")
}

// StopWriting is Stop where the stop itself writes something.
func (h *House) StopWriting(want ...string) {
	h.Helper()
	if h.done == nil {
		return
	}
	if !h.lost {
		h.Wrote()
	}
	h.stop()
	err := <-h.done
	h.done = nil
	if h.lost {
		return
	}
	if err != nil {
		h.Errorf("Run() = %v, want a clean stop", err)
	}
	h.Wrote(want...)
}

// Lose says that the test takes the database away for good: no stop can be
// clean then, and nothing be read.
func (h *House) Lose() { h.lost = true }

// Dir is the data directory.
func (h *House) Dir() string { return h.dir }

// Database is what the application reads and writes.
func (h *House) Database() db.Config { return h.db }

// Reader reads the database past the application.
func (h *House) Reader() *db.Reader { return h.read }

// Now is the house's clock, which stands still unless it is moved.
func (h *House) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Pass moves the clock on, as one who sets it would.
func (h *House) Pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// Live lets time go by: the clock moves on, and nobody set it.
func (h *House) Live(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now, h.lived = h.now.Add(d), h.lived+d
}

func (h *House) elapsed() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lived
}

// every keeps a background job for Tick.
func (h *House) every(d time.Duration, fn func(context.Context)) func(context.Context) {
	h.jobs[d] = append(h.jobs[d], fn)
	return func(ctx context.Context) { <-ctx.Done() }
}

// Tick runs the background jobs of this interval once.
func (h *House) Tick(d time.Duration) {
	for _, job := range h.jobs[d] {
		job(context.Background())
	}
}

// Name gives an id a name that expectations may use: subject=$alice.
func (h *House) Name(name, id string) { h.names["$"+name] = id }

// ID is the id that was given this name.
func (h *House) ID(name string) string { return h.names["$"+name] }

// Browser is a new visitor's browser, at this address.
func (h *House) Browser(address string) *Browser {
	return &Browser{h: h, Address: address, Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", jar: map[string]string{}, Header: http.Header{}}
}

// Person signs up in a browser of their own; the account's id gets their name.
func (h *House) Person(name, address string) *Browser {
	h.Helper()
	b := h.Browser(address)
	lines := b.Post("/signup", "username", name, "password", Password).To("/").Wrote("user_created", "session_created")
	if len(lines) == 2 {
		h.Name(name, lines[0].Subject)
		h.Name("session-of-"+name, lines[1].Session)
	}
	return b
}

// Again is another browser with the same cookies.
func (b *Browser) Again() *Browser {
	c := *b
	c.jar, c.Header = maps.Clone(b.jar), b.Header.Clone()
	return &c
}

// Lines are all lines written so far, from the number given on.
func (h *House) Lines(from uint64) []event.Line {
	h.Helper()
	h.sealed()
	rows, err := h.read.Query(context.Background(), `SELECT line FROM event WHERE seq >= $1 ORDER BY seq`, int64(from))
	if err != nil {
		h.Fatalf("read the log: %v", err)
	}
	defer rows.Close()
	var lines []event.Line
	for rows.Next() {
		var raw seal.Text
		if err := rows.Scan(&raw); err != nil {
			h.Fatalf("read the log: %v", err)
		}
		l, err := event.Parse(raw)
		if err != nil {
			h.Fatalf("Parse(%s) = %v", raw, err)
		}
		lines = append(lines, l)
	}
	if err := rows.Err(); err != nil {
		h.Fatalf("read the log: %v", err)
	}
	return lines
}

// sealed waits until nothing is staged any more.
func (h *House) sealed() {
	h.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for n := 1; n > 0; {
		if err := h.read.QueryRow(context.Background(), `SELECT COUNT(*) FROM staged`).Scan(&n); err != nil {
			h.Fatalf("count what is staged: %v", err)
		}
		if n > 0 && time.Now().After(deadline) {
			h.Fatalf("%d events are still staged", n)
		}
	}
}
