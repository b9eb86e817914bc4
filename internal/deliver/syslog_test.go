package deliver_test

import (
	"bufio"
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
)

// TestSyslogReset holds that lines which a receiver's system took and its
// program did not, before the connection broke, come again.
func TestSyslogReset(t *testing.T) {
	for name, secure := range map[string]bool{"tcp": false, "tls": true} {
		t.Run(name, func(t *testing.T) {
			l := openLog(t, apptest.Migrated(t, db.SQLite))
			identity, roots := identity(t)
			if !secure {
				identity = nil
			}
			var r *collector
			ready := make(chan struct{})
			r = newCollector(t, identity, func(n int, c net.Conn, messages *bufio.Reader) {
				<-ready
				if n <= 4 { // reads some, then breaks off
					r.read(messages, 150*n)
					if tcp, ok := c.(*net.TCPConn); ok {
						_ = tcp.SetLinger(0) // a reset
					}
					return
				}
				r.read(messages, -1)
			})
			close(ready)
			put(t, l, 2000)
			d := start(t, l, r.target(t, name, roots))
			r.upTo(t, 2000)
			d.end(t)
			again := r.whole(t, 0, head(t, l))
			t.Logf("%d lines came again", again)
		})
	}
}

// TestSyslogHangs holds that a receiver which takes no more is told of, and gets
// all of it when it reads again.
func TestSyslogHangs(t *testing.T) {
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	reads := make(chan struct{})
	var r *collector
	ready := make(chan struct{})
	r = newCollector(t, nil, func(_ int, _ net.Conn, messages *bufio.Reader) {
		<-ready
		<-reads
		r.read(messages, -1)
	})
	close(ready)
	put(t, l, 20000) // more than the systems on both ends hold
	d := start(t, l, r.target(t, "tcp", nil))
	until(t, "delivery_fail", func() bool { return len(apptest.Names(edges(t, l))) > 0 })
	if s := d.Status(); s.Next >= 20000 {
		t.Errorf("Status() = %+v, want lines that are not acknowledged", s)
	}
	close(reads)
	until(t, "the end", func() bool { return d.Status().Next >= 20001 })
	d.end(t)
	missing(t, r, 20001)
}

// missing fails unless every line came. Connections that hung may bring old
// lines after newer ones of the next connection.
func missing(t *testing.T, r *collector, size uint64) {
	t.Helper()
	r.close()
	there := map[uint64]bool{}
	for _, n := range r.got() {
		there[n] = true
	}
	for n := range size {
		if !there[n] {
			t.Fatalf("line %d never came", n)
		}
	}
}

// TestSyslogIdle holds that a receiver which ends quiet connections costs no
// failed attempt.
func TestSyslogIdle(t *testing.T) {
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	var r *collector
	var ended atomic.Int32
	ready := make(chan struct{})
	r = newCollector(t, nil, func(_ int, c net.Conn, messages *bufio.Reader) {
		<-ready
		r.read(messages, 10)
		time.Sleep(3 * quick.Settle) // quiet for longer than it takes to be confirmed
		ended.Add(1)
	})
	close(ready)
	d := start(t, l, r.target(t, "tcp", nil))
	for n := range 3 {
		put(t, l, 10)
		until(t, "the end of the connection", func() bool { return ended.Load() == int32(n+1) })
	}
	d.end(t)
	if s := d.Status(); s.Failures != 0 || s.Next != 30 {
		t.Errorf("Status() = %+v, want no failure", s)
	}
	r.exactly(t, l, 0, 30)
}

// TestSyslogStop holds that a stop does not wait for a receiver that hangs.
func TestSyslogStop(t *testing.T) {
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	hold := make(chan struct{})
	r := newCollector(t, nil, func(int, net.Conn, *bufio.Reader) { <-hold })
	t.Cleanup(func() { close(hold) })
	put(t, l, 5)
	d := start(t, l, r.target(t, "tcp", nil))
	d.kill()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := d.Finish(ctx); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("Finish() = %v after %v, want an end soon", err, time.Since(began))
	}
}
