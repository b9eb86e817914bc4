package db_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/fault"
)

// road is the way to PostgreSQL, with somebody at it who can cut it.
type road struct {
	server func() (net.Conn, error)
	cut    atomic.Int32

	mu    sync.Mutex
	conns []net.Conn
	gone  bool
}

// Where the road is cut, once: when a commit comes by, or when its answer does.
const (
	nowhere int32 = iota
	beforeCommit
	afterCommit
)

// newRoad listens on a socket of its own and gives the configuration that
// leads there.
func newRoad(t *testing.T, c db.Config) (*road, db.Config) {
	t.Helper()
	target, err := pgconn.ParseConfig(c.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(target.Host, target.Port)
	d := &road{server: func() (net.Conn, error) { return net.Dial(network, address) }}
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); d.close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go d.carry(client)
		}
	}()
	u, err := url.Parse(c.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("host", dir)
	q.Set("port", "5432")
	q.Set("sslmode", "disable")
	u.Host, u.RawQuery = "", q.Encode()
	return d, db.Config{Postgres: u.String()}
}

// carry passes one connection's bytes on until it is cut.
func (d *road) carry(client net.Conn) {
	server, err := d.server()
	if err != nil || !d.keep(client, server) {
		client.Close()
		return
	}
	defer client.Close()
	defer server.Close()
	var lost atomic.Bool
	go func() {
		b := make([]byte, 1<<16)
		for {
			n, err := server.Read(b)
			if err != nil || lost.Load() {
				client.Close()
				return
			}
			client.Write(b[:n])
		}
	}()
	b := make([]byte, 1<<16)
	for {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		if bytes.Contains(b[:n], []byte("commit\x00")) {
			if d.cut.CompareAndSwap(beforeCommit, nowhere) {
				return
			}
			lost.Store(d.cut.CompareAndSwap(afterCommit, nowhere))
		}
		if _, err := server.Write(b[:n]); err != nil {
			return
		}
	}
}

func (d *road) keep(conns ...net.Conn) (open bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns = append(d.conns, conns...)
	return !d.gone
}

// close lets nobody through any more.
func (d *road) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone = true
	for _, c := range d.conns {
		c.Close()
	}
}

// thingThere is the hook that looks a transaction up by what it wrote.
func thingThere(ctx context.Context, r *db.Reader, results []any) (there bool, err error) {
	var n int
	err = r.QueryRow(ctx, "SELECT count(*) FROM thing WHERE id = $1", results[0]).Scan(&n)
	return n == 1, err
}

// TestLostCommit: where the answer to a commit is lost the database is asked,
// and the caller hears what is so.
func TestLostCommit(t *testing.T) {
	direct := apptest.Migrated(t, db.Postgres)
	r, _ := open(t, direct)
	d, c := newRoad(t, direct)
	_, w := apptest.Open(t, c)
	told := 0
	w.SetHooks(db.Hooks{
		Before:  func(*db.Tx, []any) (func(), error) { return func() { told++ }, nil },
		Outcome: thingThere,
	})
	d.cut.Store(afterCommit)
	if err := w.Do(t.Context(), insert(1, "a")); err != nil || told != 1 {
		t.Errorf("Do() whose commit's answer is lost = %v, committed called %d times; want nil, once", err, told)
	}
	d.cut.Store(beforeCommit)
	if err := w.Do(t.Context(), insert(2, "a")); !fault.Is(err, fault.Unavailable) || told != 1 {
		t.Errorf("Do() whose commit is lost = %v, committed called %d times; want Unavailable, still once", err, told)
	}
	if d.cut.Load() != nowhere {
		t.Error("no commit came by")
	}
	same(t, "things", ids(t, r, "SELECT id FROM thing"), map[int]bool{1: true})
}

// TestUnknown: where nobody can tell, the caller is not told that nothing was
// changed.
func TestUnknown(t *testing.T) {
	direct := apptest.Migrated(t, db.Postgres)
	open(t, direct)
	d, c := newRoad(t, direct)
	_, w := apptest.Open(t, c)
	d.cut.Store(afterCommit)
	err := w.Do(t.Context(), insert(1, "a"))
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Unavailable || f.Text == "Nothing was changed." {
		t.Errorf("Do() = %v, want Unavailable that does not say what is not known", err)
	}
}

// TestGone: a database that goes away is Unavailable within the deadline, in
// the middle of a transaction too.
func TestGone(t *testing.T) {
	direct := apptest.Migrated(t, db.Postgres)
	r, _ := open(t, direct)
	d, c := newRoad(t, direct)
	_, w := apptest.Open(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err := w.Do(ctx, func(tx *db.Tx) (any, error) {
		if _, err := insert(1, "a")(tx); err != nil {
			return nil, err
		}
		d.close()
		return insert(2, "a")(tx)
	})
	if !fault.Is(err, fault.Unavailable) || errors.Unwrap(err) == nil {
		t.Errorf("Do() when the connection ends = %v, want Unavailable with its cause", err)
	}
	if err := w.Do(ctx, insert(3, "a")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Do() afterwards = %v, want Unavailable", err)
	}
	if got := count(t, r, "SELECT count(*) FROM thing"); got != 0 {
		t.Errorf("things = %d, want 0", got)
	}
}

// TestHangingUp: the caller's leaving does not end a transaction of
// PostgreSQL's either.
func TestHangingUp(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.Postgres))
	ctx, cancel := context.WithCancel(t.Context())
	err := w.Do(ctx, func(tx *db.Tx) (any, error) {
		cancel()
		return insert(1, "a")(tx)
	})
	if got := count(t, r, countThings, "a"); err != nil || got != 1 {
		t.Errorf("Do() = %v and %d things; want nil and 1", err, got)
	}
}

// TestDurable: every connection demands that a commit is on disk.
func TestDurable(t *testing.T) {
	_, w := open(t, apptest.Migrated(t, db.Postgres))
	var sync, level string
	err := w.Do(t.Context(), func(tx *db.Tx) (any, error) {
		err := tx.QueryRow("SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')").Scan(&sync, &level)
		return nil, err
	})
	if err != nil || sync != "on" || level != "serializable" {
		t.Errorf("synchronous_commit = %q, isolation = %q, %v; want on, serializable", sync, level, err)
	}
	_ = w.Apart(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow("SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')").Scan(&sync, &level)
	})
	if sync != "on" || level != "read committed" {
		t.Errorf("apart: synchronous_commit = %q, isolation = %q; want on, read committed", sync, level)
	}
}

// TestOwnConnections: what the log does for itself, on either side, waits for no
// visitor, though they hold every connection that they can get.
func TestOwnConnections(t *testing.T) {
	r, w := open(t, apptest.Migrated(t, db.Postgres))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	const crowd = 32 // more than either pool has
	release := make(chan struct{})
	var all sync.WaitGroup
	defer all.Wait()
	defer close(release)
	inside := make(chan struct{}, 2*crowd)
	for range crowd {
		all.Go(func() {
			_ = w.Do(ctx, func(*db.Tx) (any, error) { inside <- struct{}{}; <-release; return nil, errPlain })
		})
		all.Go(func() {
			rows, err := r.Query(ctx, "SELECT 1")
			if err != nil {
				t.Error(err)
				return
			}
			defer rows.Close()
			inside <- struct{}{}
			<-release
		})
	}
	for range 16 + 8 {
		<-inside
	}
	short, end := context.WithTimeout(ctx, 100*time.Millisecond)
	defer end()
	if err := r.Ping(short); err == nil {
		t.Fatal("a visitor's connection is free: the test shows nothing")
	}
	apart(t, w, insertThing, 1, "own")
	if got := count(t, r.Own(), countThings, "own"); got != 1 {
		t.Errorf("things = %d, want 1", got)
	}
}
