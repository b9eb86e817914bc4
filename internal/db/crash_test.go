package db_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
)

// The child of the crash test finds its database in these.
const (
	loadFile     = "DB_TEST_LOAD_FILE"
	loadPostgres = "DB_TEST_LOAD_POSTGRES"
)

// loadUntilKilled is the child: it inserts as fast as it can, prints each id
// once it is acknowledged, and never ends by itself.
func loadUntilKilled() (child bool) {
	c := db.Config{File: os.Getenv(loadFile), Postgres: os.Getenv(loadPostgres)}
	if c.File == "" && c.Postgres == "" {
		return false
	}
	_, w, err := db.Open(context.Background(), c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return true
	}
	w.SetHooks(db.Hooks{Before: eventEach(db.Postgres)})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for id := i + 1; ; id += 16 {
				if w.Do(context.Background(), insert(id, "load")) == nil {
					fmt.Println(id)
				}
			}
		})
	}
	all.Wait()
	return true
}

// TestKill kills a process under load, as the machine or an operator would:
// what it acknowledged is there, and no change is without its event.
func TestKill(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		_, w := open(t, c)
		if err := w.Close(); err != nil {
			t.Fatalf("Close() = %v", err)
		}
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), loadFile+"="+c.File, loadPostgres+"="+c.Postgres)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged := killAfter(t, child, out, 500)
		r, _ := apptest.Open(t, c)
		there := map[int]bool{}
		for _, id := range ids(t, r, "SELECT id FROM thing") {
			there[id] = true
		}
		for _, id := range acknowledged {
			if !there[id] {
				t.Errorf("%d was acknowledged and is not there", id)
			}
		}
		same(t, "events", ids(t, r, "SELECT CAST(target AS BIGINT) FROM event"), there)
	})
}

// killAfter reads ids, kills the child in the middle of its work, and reads
// what it had still said.
func killAfter(t *testing.T, child *exec.Cmd, out io.Reader, n int) (acknowledged []int) {
	t.Helper()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var id int
		if _, err := fmt.Sscan(lines.Text(), &id); err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		if acknowledged = append(acknowledged, id); len(acknowledged) == n {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()
	if len(acknowledged) < n {
		t.Fatalf("the child acknowledged %d, want at least %d", len(acknowledged), n)
	}
	return acknowledged
}
