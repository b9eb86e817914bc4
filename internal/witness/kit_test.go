package witness_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"coffer/internal/apptest"
	"coffer/internal/apptest/notary"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/proof"
	"coffer/internal/seclog/seal"
	"coffer/internal/witness"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// quick is a pace for tests: what takes seconds takes milliseconds.
var quick = witness.Pace{
	Timeout: 2 * time.Second, Every: time.Millisecond, Slow: 50 * time.Millisecond, First: 5 * time.Millisecond, Longest: 20 * time.Millisecond,
	Late: 5 * time.Minute, Look: 5 * time.Millisecond, Start: 2 * time.Second,
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

const origin = "coffer.invalid/test"

// book is a log that is signed, on a database.
type book struct {
	*apptest.Log
	tb     testing.TB
	db     db.Config
	signer note.Signer
	vkey   string
	mu     sync.Mutex
	now    time.Time
	loops  sync.WaitGroup
	leave  func() // stops sealing
}

// key is the log's, the same in every test and after every restart.
var key = ed25519.NewKeyFromSeed([]byte("a seed for tests, of 32 bytes ok"))

// openBook opens a log on a database, with the loop that seals where one does.
func openBook(tb testing.TB, c db.Config) *book {
	tb.Helper()
	b := join(tb, c)
	if c.Engine() == db.Postgres {
		b.until("the lease", b.Sealer.Holds)
	}
	b.sign()
	return b
}

// join opens the log as one of several nodes, which may not be the one that
// seals.
func join(tb testing.TB, c db.Config) *book {
	tb.Helper()
	b := &book{tb: tb, db: c, now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	c.Now = b.Now
	b.Log = apptest.OpenLog(tb, c)
	ctx := event.System(context.Background(), "test")
	err := b.Commit(ctx, func(tx *db.Tx) ([]event.Event, error) { return []event.Event{event.LogOpened{}}, seal.Name(tx, origin) })
	if err != nil {
		tb.Fatal(err)
	}
	if b.signer, err = proof.NewSigner(origin, key); err != nil {
		tb.Fatal(err)
	}
	if b.vkey, err = proof.VerifierKey(origin, key.Public().(ed25519.PublicKey)); err != nil {
		tb.Fatal(err)
	}
	b.seal()
	if err := b.Sealer.SetSigner(ctx, seal.Signing{Key: b.signer, Now: b.Now}); err != nil {
		tb.Fatal(err)
	}
	if c.Engine() == db.Postgres {
		run, stop := context.WithCancel(context.Background())
		b.loops.Go(func() { b.Sealer.Run(run, func(error) {}) })
		b.leave = func() { stop(); b.loops.Wait() }
		tb.Cleanup(b.leave)
	}
	return b
}

// Now is the book's clock, which stands still unless it is moved.
func (b *book) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *book) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *book) set(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = now
}

func (b *book) seal() {
	b.tb.Helper()
	if err := b.Sealer.Drain(context.Background()); err != nil {
		b.tb.Fatalf("Drain() = %v", err)
	}
}

// sign signs what is there and gives how many lines that are.
func (b *book) sign() (size uint64) {
	b.tb.Helper()
	b.seal()
	if err := b.Sealer.Sign(context.Background()); err != nil {
		b.tb.Fatalf("Sign() = %v", err)
	}
	size, _ = b.Sealer.Signed()
	return size
}

// put writes so many lines and signs them.
func (b *book) put(lines int) (size uint64) {
	b.tb.Helper()
	err := b.Commit(event.System(context.Background(), "test"), func(*db.Tx) (out []event.Event, err error) {
		for i := range lines {
			out = append(out, event.ConfigChanged{Setting: "x", From: fmt.Sprint(i), To: "y"})
		}
		return out, nil
	})
	if err != nil {
		b.tb.Fatalf("Commit() = %v", err)
	}
	return b.sign()
}

// until waits for something that no channel tells of.
func (b *book) until(what string, is func() bool) {
	b.tb.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			b.tb.Fatalf("%s does not come", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// circle is a running circle of witnesses.
type circle struct {
	*witness.Circle
	stop context.CancelFunc
	done chan struct{}
	mu   sync.Mutex
	last []byte // the newest checkpoint that enough signed
}

// notaries makes witnesses that know the log.
func (b *book) notaries(names ...string) (all []*notary.Notary) {
	b.tb.Helper()
	for _, name := range names {
		n := notary.New(b.tb, name, true)
		n.Know(b.tb, b.vkey)
		all = append(all, n)
	}
	return all
}

// set is the settings that name these witnesses.
func set(tb testing.TB, all ...*notary.Notary) witness.Set {
	tb.Helper()
	pairs := make([]string, 0, len(all))
	for _, n := range all {
		pairs = append(pairs, n.Pair())
	}
	list, err := witness.ParseList(strings.Join(pairs, ","))
	if err != nil {
		tb.Fatalf("ParseList() = %v", err)
	}
	return witness.Set{Witnesses: list}
}

// circle makes a circle that does not run yet.
func (b *book) circle(s witness.Set, all ...*notary.Notary) *circle {
	b.tb.Helper()
	roots := x509.NewCertPool()
	for _, n := range all {
		if n.Certificate() != nil {
			roots.AddCert(n.Certificate())
		}
	}
	c := &circle{}
	c.Circle = witness.New(witness.Config{
		Set: s, Sealer: b.Sealer, Reader: b.Read, Log: b.Log.Log, Roots: roots, Pace: quick, Now: b.Now,
		Publish: func(_ context.Context, signed []byte, enough bool) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			if enough {
				c.last = signed
			}
			return nil
		},
	})
	return c
}

// start runs a circle until the test ends or it is stopped.
func (b *book) start(s witness.Set, all ...*notary.Notary) *circle {
	b.tb.Helper()
	c := b.circle(s, all...)
	b.run(b.tb, c)
	return c
}

func (c *circle) end() { c.stop(); <-c.done }

// await waits until enough witnesses signed so many lines.
func (b *book) await(c *circle, size uint64) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Await(ctx, size); err != nil {
		b.tb.Fatalf("Await(%d) = %v, want cosignatures; late: %v", size, err, c.Late())
	}
}

// signed are the keys whose signatures the newest checkpoint bears, by the
// names of those that x/mod and formats find right.
func (b *book) signed(all ...*notary.Notary) (names []string) {
	b.tb.Helper()
	signed, _, _, err := b.Sealer.Checkpoint(context.Background())
	if err != nil {
		b.tb.Fatalf("Checkpoint() = %v", err)
	}
	for _, n := range all {
		v, err := witness.Key(n.VKey)
		if err != nil {
			b.tb.Fatal(err)
		}
		if _, err := note.Open(signed, note.VerifierList(v)); err == nil {
			names = append(names, n.Name)
		}
	}
	return names
}

// events are what was written since the last look, but for what tests put.
func (b *book) events() (all []string) {
	b.tb.Helper()
	for _, l := range b.Lines() {
		if l.Event == "sys_config_changed" {
			continue
		}
		var d struct {
			Target, Witness string
		}
		if err := json.Unmarshal(l.Data, &d); err != nil {
			b.tb.Fatal(err)
		}
		all = append(all, strings.Join(slices.DeleteFunc([]string{l.Event, l.Reason, d.Target, d.Witness}, func(s string) bool { return s == "" }), " "))
	}
	return all
}

// want fails unless exactly these events were written since the last look.
func (b *book) want(want ...string) {
	b.tb.Helper()
	if got := b.events(); !slices.Equal(got, want) {
		b.tb.Errorf("events:\n got %q\nwant %q", got, want)
	}
}

// wrote waits until so many events were written, and holds them to want, in
// whatever order: witnesses answer at once.
func (b *book) wrote(want ...string) {
	b.tb.Helper()
	var got []string
	b.until(fmt.Sprint(want), func() bool { got = append(got, b.events()...); return len(got) >= len(want) })
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		b.tb.Errorf("events:\n got %q\nwant %q", got, want)
	}
}
