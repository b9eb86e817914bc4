package main

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"coffer/internal/apptest"
)

// toll is the way to PostgreSQL, at which, once it is open, some commits are
// stopped: before they get there, or after, so that only the answer is lost.
type toll struct {
	network, address string
	open             atomic.Bool
	commits          atomic.Int64
	before, after    atomic.Int64
}

// newToll gives the URL that leads by way of the toll.
func newToll(t *testing.T, database string) (*toll, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	d := &toll{network: "unix", address: filepath.Join(q.Get("host"), ".s.PGSQL.5432")}
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go d.carry(client)
		}
	}()
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return d, u.String()
}

// carry passes one connection's bytes on, until it is stopped.
func (d *toll) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial(d.network, d.address)
	if err != nil {
		return
	}
	defer server.Close()
	var lost atomic.Bool
	go func() {
		defer client.Close()
		b := make([]byte, 1<<16)
		for {
			n, err := server.Read(b)
			if err != nil || lost.Load() {
				return
			}
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	b := make([]byte, 1<<16)
	for {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		if d.open.Load() && bytes.Contains(b[:n], []byte("commit\x00")) {
			switch d.commits.Add(1) % 9 {
			case 3:
				d.before.Add(1)
				return
			case 6:
				d.after.Add(1)
				lost.Store(true)
			}
		}
		if _, err := server.Write(b[:n]); err != nil {
			return
		}
	}
}

// TestCommitCut cuts the connection in the middle of commits, under load. Every
// visitor is told what is so: a card that was acknowledged is there, and one that
// was refused is not.
func TestCommitCut(t *testing.T) {
	database := apptest.Postgres(t)
	d, by := newToll(t, database)
	dir := t.TempDir()
	p := start(t, func(c *exec.Cmd) { c.Env = append(c.Env, "COFFER_DATABASE="+by) },
		"--data", dir, "--limits", "request=off,signup=off,login=off,cards=off")
	crowd := signedUp(t, p, 6)
	d.open.Store(true)
	var group sync.WaitGroup
	var refused atomic.Int64
	for _, h := range crowd {
		group.Go(func() {
			for range 25 {
				switch a := h.add(context.Background(), p.url); {
				case a.status == 503 && strings.Contains(a.body, "Nothing was changed"):
					refused.Add(1)
				case a.status != 303:
					t.Errorf("adding a card = %d, want it done or refused\n%.2000s", a.status, a.body)
				}
			}
		})
	}
	group.Wait()
	d.open.Store(false)
	p.stop()
	ledger := openLedger(t, dir, database)
	lines := ledger.settled()
	ledger.balanced(lines)
	told := ledger.told(lines, crowd)
	newStranger(t).judge(dir)
	if got := ledger.column(`SELECT COUNT(*) FROM card`)[0]; got != strconv.Itoa(told) {
		t.Errorf("%s cards are there, and %d were acknowledged", got, told)
	}
	if d.before.Load() == 0 || d.after.Load() == 0 {
		t.Errorf("%d commits and %d answers were stopped, want some of each", d.before.Load(), d.after.Load())
	}
	t.Logf("%d commits and %d answers were stopped; %d cards acknowledged, %d refused", d.before.Load(), d.after.Load(), told, refused.Load())
}
