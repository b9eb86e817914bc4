package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"coffer/internal/apptest"
)

// postmaster is a PostgreSQL server of the test's own, to be stopped and
// started on its data.
type postmaster struct {
	testing.TB
	*apptest.Server
	data    string
	command string // as it was started
	who     *syscall.SysProcAttr
	again   *exec.Cmd
}

func newPostmaster(tb testing.TB) *postmaster {
	tb.Helper()
	s, err := apptest.StartPostgres()
	if err != nil {
		tb.Fatal(err)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		tb.Fatal(err)
	}
	m := &postmaster{TB: tb, Server: s, data: filepath.Join(u.Query().Get("host"), "data")}
	tb.Cleanup(func() {
		if m.again != nil {
			m.halt()
		}
		if err := s.Stop(); err != nil {
			tb.Logf("the first server: %v", err) // it was stopped in the test
		}
	})
	opts, err := os.ReadFile(filepath.Join(m.data, "postmaster.opts"))
	if err != nil {
		tb.Fatal(err)
	}
	m.command = strings.TrimSpace(string(opts))
	info, err := os.Stat(m.data)
	if err != nil {
		tb.Fatal(err)
	}
	if own := info.Sys().(*syscall.Stat_t); os.Getuid() == 0 {
		m.who = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: own.Uid, Gid: own.Gid}}
	}
	return m
}

// halt stops the server at once, without its saying good-bye to anyone.
func (m *postmaster) halt() {
	m.Helper()
	pidFile := filepath.Join(m.data, "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if err != nil {
		m.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid < 2 {
		m.Fatalf("postmaster.pid begins %q", first)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		m.Fatal(err)
	}
	if m.again != nil {
		_ = m.again.Wait() // it was told to end
		m.again = nil
	}
	soon(m.TB, "PostgreSQL to end", 20*time.Second, func() bool {
		_, err := os.Stat(pidFile)
		return os.IsNotExist(err)
	})
}

// resume starts it again on the same data and socket.
func (m *postmaster) resume() {
	m.Helper()
	m.again = exec.Command("/bin/sh", "-c", "exec "+m.command)
	m.again.SysProcAttr, m.again.Dir = m.who, "/"
	m.again.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	if err := m.again.Start(); err != nil {
		m.Fatal(err)
	}
}

// TestDatabaseGone stops PostgreSQL under load. Everyone is told that nothing
// was changed, and nothing was; when it is back, so is everything, by itself, and
// the log is whole.
func TestDatabaseGone(t *testing.T) {
	m := newPostmaster(t)
	dir := t.TempDir()
	p := start(t, func(c *exec.Cmd) { c.Env = append(c.Env, "COFFER_DATABASE="+m.URL) },
		"--data", dir, "--limits", "request=off,signup=off,login=off,cards=off")
	crowd, stranger := signedUp(t, p, 8), newStranger(t)
	for round := range 2 {
		t.Run(fmt.Sprint("round ", round), func(t *testing.T) {
			ctx, end := context.WithCancel(context.Background())
			loaded := crowdWorks(ctx, t, p, crowd)
			time.Sleep(200 * time.Millisecond) // under load, at any moment
			m.halt()
			end()
			loaded()
			p.becomes("/readyz", 503, 5*time.Second)
			if got := p.status("/healthz"); got != 200 {
				t.Errorf("/healthz = %d while the database is gone, want 200: the process is well", got)
			}
			for _, h := range crowd {
				if a := h.add(context.Background(), p.url); a.status != 503 || !strings.Contains(a.body, "Nothing was changed") {
					t.Errorf("adding a card = %d, want 503 that says that nothing was changed\n%.2000s", a.status, a.body)
				}
			}
			m.resume()
			p.becomes("/readyz", 200, 30*time.Second)
			for _, h := range crowd {
				if a := h.add(context.Background(), p.url); a.status != 303 {
					t.Errorf("adding a card when it is back = %d, want 303\n%s", a.status, p.text())
				}
			}
			ledger := openLedger(t, dir, m.URL)
			lines := ledger.settled()
			ledger.balanced(lines)
			ledger.told(lines, crowd)
			if n := count(lines, "sys_crash") + count(lines, "log_file_altered"); n > 0 {
				t.Errorf("%d crashes and alterations are told, want none", n)
			}
			stranger.judge(dir)
		})
	}
	p.stop()
}

// crowdWorks lets the crowd work; an answer may be success or 503, and 503 must
// not be told otherwise than with its page. wait waits for their end.
func crowdWorks(ctx context.Context, t *testing.T, p *process, crowd []*holder) (wait func()) {
	done := make(chan struct{}, len(crowd))
	for _, h := range crowd {
		go func() {
			defer func() { done <- struct{}{} }()
			h.work(ctx, p.url, func(a answer) {
				if a.status != 503 {
					t.Errorf("%s got %d, want success or 503\n%.500s", h.name, a.status, a.body)
				}
			})
		}()
	}
	return func() {
		for range crowd {
			<-done
		}
	}
}
