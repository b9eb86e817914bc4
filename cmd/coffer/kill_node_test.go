package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"coffer/internal/apptest"
)

// node is one of several programs on one database.
type node struct {
	*process
	name, dir, id string
	ledger        *ledger
}

// up starts it, or starts it again.
func (n *node) up(t *testing.T, database string) {
	t.Helper()
	n.process = start(t, func(c *exec.Cmd) { c.Env = append(c.Env, "COFFER_DATABASE="+database) },
		"--data", n.dir, "--node", n.name, "--limits", "request=off,signup=off,login=off,cards=off,reveal=off")
	id, err := os.ReadFile(filepath.Join(n.dir, "directory.id"))
	if err != nil {
		t.Fatal(err)
	}
	n.id = strings.TrimSpace(string(id))
}

// newNodes starts two, which share their keys and nothing else.
func newNodes(t *testing.T, database string) (nodes [2]*node) {
	t.Helper()
	for i, name := range []string{"one", "two"} {
		dir := t.TempDir()
		if i > 0 {
			if err := os.CopyFS(filepath.Join(dir, "keys"), os.DirFS(filepath.Join(nodes[0].dir, "keys"))); err != nil {
				t.Fatal(err)
			}
			if err := private(filepath.Join(dir, "keys")); err != nil {
				t.Fatal(err)
			}
		}
		nodes[i] = &node{name: name, dir: dir, ledger: openLedger(t, dir, database)}
		nodes[i].up(t, database)
	}
	return nodes
}

// private makes what a copy made readable the owner's alone again.
func private(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		err = errors.Join(err, os.Chmod(f, 0o600))
	}
	return errors.Join(err, os.Chmod(dir, 0o700))
}

// TestKillNode kills, of two nodes under load, the one that seals, again and
// again. The other takes over and its visitors notice nothing; no change is lost
// and none is without its event; and both nodes' files are one log, which a
// stranger finds whole.
func TestKillNode(t *testing.T) {
	rounds := max(2, killRounds(t)/4) // each takes as long as a lease
	database := apptest.Postgres(t)
	nodes, stranger := newNodes(t, database), newStranger(t)
	crowds := [2][]*holder{signedUp(t, nodes[0].process, people/2), signedUp(t, nodes[1].process, people/2)}
	all := append(append([]*holder(nil), crowds[0]...), crowds[1]...)
	told := 0
	for range rounds {
		sealing := sealer(t, nodes)
		other := nodes[1-sealing]
		var group sync.WaitGroup
		group.Go(func() { under(t, nodes[sealing].process, crowds[sealing], nodes[sealing].kill) })
		group.Go(func() {
			under(t, other.process, crowds[1-sealing], func() {
				soon(t, "the lease to move", fileSoon, func() bool { return sealer(t, nodes) == 1-sealing })
			})
		})
		group.Wait()
		nodes[sealing].up(t, database)
		for _, n := range nodes {
			lines := n.ledger.settled()
			n.ledger.balanced(lines)
			n.ledger.once(lines, all)
			told = n.ledger.told(lines, all)
			if alarms := count(lines, "log_file_altered"); alarms > 0 {
				t.Errorf("%d alarms, want none: a crash is no alteration", alarms)
			}
			stranger.judge(n.dir)
		}
		if t.Failed() {
			break
		}
	}
	lines := nodes[0].ledger.settled()
	if crashes := count(lines, "sys_crash"); crashes != rounds && !t.Failed() {
		t.Errorf("%d crashes are told, want %d", crashes, rounds)
	}
	t.Logf("%d kills, %d cards acknowledged, %d lines, judged %d times", rounds, told, len(lines), stranger.checkpoints)
	if told < rounds {
		t.Errorf("%d cards in %d rounds: there was no load", told, rounds)
	}
	for _, n := range nodes {
		n.stop()
	}
}

// sealer says which of the nodes holds the lease.
func sealer(t *testing.T, nodes [2]*node) (which int) {
	t.Helper()
	soon(t, "a node to hold the lease", fileSoon, func() bool {
		holder := nodes[0].ledger.column(`SELECT lease_holder FROM head`)[0]
		for i, n := range nodes {
			if n.id == holder {
				which = i
				return true
			}
		}
		return false
	})
	return which
}
