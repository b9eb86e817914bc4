package witness_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/note"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/proof"
	"coffer/internal/witness"
)

// lite is litewitness, a witness that others wrote, on this machine.
type lite struct {
	set witness.Set
	db  string
	v   note.Verifier
}

// startLite builds and starts it. It takes its key from an SSH agent, which the
// test is.
func startLite(t *testing.T) *lite {
	t.Helper()
	dir, err := os.MkdirTemp("", "w") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	build := exec.Command("go", "build", "-modfile=tools.mod", "-o", filepath.Join(dir, "litewitness"), "filippo.io/torchwood/cmd/litewitness")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build litewitness: %v\n%s", err, out)
	}
	address := free(t)
	l := &lite{db: filepath.Join(dir, "db")}
	cmd := exec.Command(filepath.Join(dir, "litewitness"), "-name", "lite.example/w", "-db", l.db,
		"-ssh-agent", filepath.Join(dir, "agent"), "-key", serveAgent(t, filepath.Join(dir, "agent")), "-listen", address)
	told, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	l.follow(t, bufio.NewScanner(told), address)
	return l
}

var vkeyTold = regexp.MustCompile(`vkey="?([^"\s]+)`)

// follow reads its key, as an operator does, until it listens.
func (l *lite) follow(t *testing.T, told *bufio.Scanner, address string) {
	t.Helper()
	for told.Scan() {
		if m := vkeyTold.FindStringSubmatch(told.Text()); m != nil {
			list, err := witness.ParseList(m[1] + " http://" + address)
			if err != nil {
				t.Fatalf("ParseList() = %v", err)
			}
			l.set, l.v = witness.Set{Witnesses: list}, list[0].Keys[0]
		}
		if strings.Contains(told.Text(), "msg=listening") {
			go func() {
				for told.Scan() {
				}
			}()
			return
		}
	}
	t.Fatal("litewitness ended")
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serveAgent is an SSH agent with one key, whose fingerprint it gives.
func serveAgent(t *testing.T, path string) (fingerprint string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	pub, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, c) }()
		}
	}()
	return ssh.FingerprintSHA256(pub)
}

// know enters a log as its witnessctl does, in its database.
func (l *lite) know(t *testing.T, vkey string) {
	t.Helper()
	pool, err := sql.Open("sqlite", l.db)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	name, _, _ := strings.Cut(vkey, "+")
	empty := (&proof.Edge{}).Root()
	if _, err := pool.Exec(`INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)`, name, empty.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(`INSERT INTO key (origin, key) VALUES (?, ?)`, name, vkey); err != nil {
		t.Fatal(err)
	}
}

// TestLitewitness has a witness that others wrote cosign the log as it grows,
// and refuse every other history under the same name and key.
func TestLitewitness(t *testing.T) {
	l := startLite(t)
	b := openBook(t, apptest.Migrated(t, db.SQLite))
	run := b.start(l.set)
	b.until("its refusal", func() bool { b.pass(1e9); return len(run.Late()) > 0 })
	if late := run.Late(); !strings.Contains(late[0], "does not know the log") {
		t.Errorf("Late() = %q, want that it does not know the log", late)
	}
	l.know(t, b.vkey)
	size := b.sign()
	b.await(run, size)
	for _, lines := range []int{1, 2, 300, 7, 1000} {
		size = b.put(lines)
		b.await(run, size)
	}
	signed, c, _, err := b.Sealer.Checkpoint(context.Background())
	if err != nil || c.Size != size {
		t.Fatalf("Checkpoint() = %d lines, %v, want %d", c.Size, err, size)
	}
	if _, err := note.Open(signed, note.VerifierList(l.v)); err != nil {
		t.Errorf("the newest checkpoint bears no signature of litewitness: %v\n%s", err, signed)
	}

	for name, other := range map[string]struct {
		lines  int
		forked bool
	}{"a shorter one": {600, false}, "a longer one": {2000, true}, "one as long": {int(size) - 1, true}} {
		t.Run(name, func(t *testing.T) {
			x := openBook(t, apptest.Migrated(t, db.SQLite))
			x.pass(5e9)
			x.put(other.lines)
			found, mute, err := x.circle(l.set).Check(context.Background())
			if err != nil || found == nil || found.Forked != other.forked || found.Known != size {
				t.Fatalf("Check() = %+v, %q, %v, want that it signed %d other lines", found, mute, err, size)
			}
			x.events()
			mine, _ := x.Sealer.Signed()
			x.start(l.set)
			reason := map[bool]string{false: "witness_ahead", true: "witness_forked"}[other.forked]
			x.wrote(fmt.Sprintf("log_verify_fail %s checkpoint:%d lite.example/w", reason, mine))
			signed, _, _, err := x.Sealer.Checkpoint(context.Background())
			if err != nil || slices.Contains(strings.Split(string(signed), " "), "lite.example/w") {
				t.Errorf("the forged checkpoint is\n%s\n%v, want no signature of litewitness", signed, err)
			}
		})
	}
	b.await(run, b.put(5)) // the true one goes on
}
