package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest"
)

const (
	people = 64
	// fileSoon is far beyond what it takes; a busy machine decides by how much.
	fileSoon = 20 * time.Second
)

// killRounds is how often each engine's program is killed: `make test-slow` asks
// for more.
func killRounds(t *testing.T) int {
	t.Helper()
	asked := os.Getenv("KILL_ROUNDS")
	if asked == "" {
		return 8
	}
	n, err := strconv.Atoi(asked)
	if err != nil {
		t.Fatalf("KILL_ROUNDS: %v", err)
	}
	return n
}

// TestKill kills the program under the load of 64 people, again and again. What
// anyone was told is there after each start, with its event; no change is
// without an event and no event without its change; the file is the log, a crash
// is no alteration of it, and a stranger finds it whole and the continuation of
// what it was before.
func TestKill(t *testing.T) {
	rounds := killRounds(t)
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir, database := t.TempDir(), ""
			if engine == "postgres" {
				database = apptest.Postgres(t)
			}
			run := func() *process {
				return start(t, func(c *exec.Cmd) { c.Env = append(c.Env, "COFFER_DATABASE="+database) },
					"--data", dir, "--limits", "request=off,signup=off,login=off,cards=off,reveal=off")
			}
			p, ledger := run(), openLedger(t, dir, database)
			crowd, stranger := signedUp(t, p, people), newStranger(t)
			ledger.settled()
			stranger.judge(dir)
			told := 0
			for range rounds {
				under(t, p, crowd, func() { p.kill() })
				p = run()
				lines := ledger.settled()
				ledger.balanced(lines)
				told = ledger.told(lines, crowd)
				ledger.once(lines, crowd)
				if got := beforeStart(lines); got != "sys_crash unclean" {
					t.Errorf("before the start stands %q, want the crash", got)
				}
				if n := count(lines, "log_file_altered"); n > 0 {
					t.Errorf("%d alarms, want none: a crash is no alteration", n)
				}
				stranger.judge(dir)
				if t.Failed() {
					break
				}
			}
			p.stop()
			p = run()
			lines := ledger.settled()
			if got := beforeStart(lines); got != "sys_shutdown" {
				t.Errorf("before the start after a clean stop stands %q, want sys_shutdown", got)
			}
			if crashes := count(lines, "sys_crash"); crashes != rounds && !t.Failed() {
				t.Errorf("%d crashes are told, want %d", crashes, rounds)
			}
			p.stop()
			stranger.judge(dir)
			t.Logf("%d kills, %d cards acknowledged, %d lines, judged %d times", rounds, told, len(lines), stranger.checkpoints)
			if told < rounds {
				t.Errorf("%d cards in %d rounds: there was no load", told, rounds)
			}
		})
	}
}

// signedUp makes so many people.
func signedUp(t *testing.T, p *process, many int) []*holder {
	t.Helper()
	crowd := make([]*holder, many)
	var group sync.WaitGroup
	for i := range crowd {
		crowd[i] = newHolder(t)
	}
	for i := range 4 { // a password's hash keeps a processor busy; more at once would only wait
		group.Go(func() {
			for j := i; j < many; j += 4 {
				crowd[j].signUp(t, p.url)
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return crowd
}

// under lets the crowd work for a random moment and then does what it is given.
func under(t *testing.T, p *process, crowd []*holder, then func()) {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	defer end() // then may end the test
	var group sync.WaitGroup
	for _, h := range crowd {
		group.Go(func() {
			h.work(ctx, p.url, func(a answer) { t.Errorf("%s got %d, want success\n%.500s", h.name, a.status, a.body) })
		})
	}
	time.Sleep(50*time.Millisecond + rand.N(250*time.Millisecond)) // the moment is the test's chance
	then()
	end()
	group.Wait()
}
