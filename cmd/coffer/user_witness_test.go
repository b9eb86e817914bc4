package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/notary"
)

// TestRoleWaits has a witness sign for a running server, and then not: the
// command, which is told of neither witness nor policy, waits for it either way,
// says so, and succeeds, for the role is given.
func TestRoleWaits(t *testing.T) {
	n := notary.New(t, "one.example/a", false)
	dir, policy := t.TempDir(), filepath.Join(t.TempDir(), "policy")
	if err := os.WriteFile(policy, []byte("witness a "+n.VKey+" "+n.URL+"\nquorum a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, func(c *exec.Cmd) { c.Env = append(c.Env, "COFFER_WITNESS_POLICY="+policy) }, "--data", dir)
	key, err := os.ReadFile(filepath.Join(dir, "log.pub"))
	if err != nil {
		t.Fatal(err)
	}
	n.Know(t, string(key))
	h := newHolder(t)
	h.signUp(t, p.url)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "checkpoint.witnessed")); err == nil {
			break // it was asked before it knew the log, and is asked again
		}
		if time.Now().After(end) {
			t.Fatal("the witness never signs")
		}
	}
	if out, told, code := coffer(t, dir, "user", "role", h.name, "auditor"); code != exitDone || out != h.name+" was holder and is auditor.\n" || strings.Contains(told, "pending") {
		t.Errorf("user role = %d, %q, %q, want it cosigned", code, out, told)
	}
	n.Misbehave(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	began := time.Now()
	out, told, code := coffer(t, dir, "user", "role", h.name, "admin")
	if took := time.Since(began); took < 8*time.Second || took > 20*time.Second {
		t.Errorf("user role waited %v for a witness that is away, want about 11 s", took)
	}
	if code != exitDone || out != h.name+" was auditor and is admin.\n" || strings.Count(told, "\n") != 2 ||
		!strings.HasPrefix(told, "It is saved; waiting for the witnesses' cosignatures, at most 11s in all …\nIt is saved; it is signed, and the witnesses' cosignatures are pending: ") {
		t.Errorf("user role = %d, %q, %q, want it done, and to be told what it waits for and what is pending", code, out, told)
	}
}
