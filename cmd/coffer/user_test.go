package main

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// coffer runs a command on a data directory and gives both of its streams.
func coffer(t *testing.T, dir string, args ...string) (out, told string, code int) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	cmd := exec.Command(path, append(args, "--data", dir)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// TestRole holds that a role given on the command line holds in the running
// server within moments, signed, and that it can be given without one too.
func TestRole(t *testing.T) {
	dir := t.TempDir()
	p := start(t, nil, "--data", dir)
	h := newHolder(t)
	h.signUp(t, p.url)
	read := func() int { return h.ask(context.Background(), http.MethodGet, p.url+"/log/checkpoint", nil).status }
	for _, c := range []struct {
		role   string
		status int
	}{{"auditor", 200}, {"holder", 404}} {
		out, told, code := coffer(t, dir, "user", "role", strings.ToUpper(h.name), c.role)
		if code != 0 || !strings.Contains(out, " and is "+c.role+".\n") || told != "" {
			t.Fatalf("user role = %d, %q, %q, want it done and signed", code, out, told)
		}
		began := time.Now()
		for read() != c.status {
			if time.Since(began) > 5*time.Second {
				t.Fatalf("GET /log/checkpoint of the new %s is %d, want %d", c.role, read(), c.status)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the server needed %v, want about half a second", took)
		}
	}
	p.stop()
	if out, told, code := coffer(t, dir, "user", "role", h.name, "admin"); code != 0 || told != "" {
		t.Errorf("user role without a server = %d, %q, %q, want it done, and signed by the command", code, out, told)
	}
	text, err := os.ReadFile(filepath.Join(dir, "security.log"))
	if n := strings.Count(string(text), `"event":"authz_change"`); err != nil || n != 3 || !strings.Contains(string(text), `"from":"holder","to":"admin"}`) {
		t.Errorf("security.log has %d changes of a role, %v, want all three at once", n, err)
	}
	for args, want := range map[string]string{
		"nobody auditor": "nobody: Nobody has this name. See who there is with: coffer user list\n", h.name + " root": "There is no role root; there are holder, auditor, admin.",
		h.name + " admin": "That is their role already.",
	} {
		out, told, code := coffer(t, dir, append([]string{"user", "role"}, strings.Fields(args)...)...)
		if code != exitFailed || out != "" || !strings.Contains(told, want) {
			t.Errorf("user role %s = %d, %q, %q, want %q", args, code, out, told, want)
		}
	}
	if out, _, code := coffer(t, dir, "user", "list"); code != 0 || !strings.Contains(out, h.name+"  admin  u_") || !strings.Contains(out, "  active  no ") {
		t.Errorf("user list = %d, %q", code, out)
	}
	if out, _, code := coffer(t, dir, "user", "list", "--json"); code != 0 || !strings.Contains(out, `"role":"admin","second_factor":false,"state":"active","username":"`+h.name+`"`) {
		t.Errorf("user list --json = %d, %q", code, out)
	}
}

// TestUnlock holds that an operator's word opens a locked name beside the
// running server, at once, and is in its log.
func TestUnlock(t *testing.T) {
	dir := t.TempDir()
	p := start(t, nil, "--data", dir, "--limits", "login=off")
	h, thief := newHolder(t), newHolder(t)
	h.signUp(t, p.url)
	try := func(password string) int {
		return thief.ask(context.Background(), http.MethodPost, p.url+"/login", url.Values{"username": {h.name}, "password": {password}}).status
	}
	for range 10 {
		if status := try("guess"); status != http.StatusUnauthorized {
			t.Fatalf("a wrong password = %d, want 401", status)
		}
	}
	if status := try(password); status != http.StatusTooManyRequests {
		t.Fatalf("the right password after ten wrong ones = %d, want 429", status)
	}
	out, told, code := coffer(t, dir, "user", "unlock", strings.ToUpper(h.name))
	if code != 0 || !strings.Contains(out, " is unlocked; locks lifted: 1.\n") || told != "" {
		t.Fatalf("user unlock = %d, %q, %q, want it done", code, out, told)
	}
	if status := try(password); status != http.StatusSeeOther {
		t.Errorf("the right password after the unlock = %d, want 303", status)
	}
	for name, want := range map[string]string{h.name: "Nothing is locked for this name.", "nobody": "Nobody has this name."} {
		if out, told, code := coffer(t, dir, "user", "unlock", name); code != exitFailed || out != "" || !strings.Contains(told, want) {
			t.Errorf("user unlock %s = %d, %q, %q, want %q", name, code, out, told, want)
		}
	}
	p.stop()
	text, err := os.ReadFile(filepath.Join(dir, "security.log"))
	if n := strings.Count(string(text), `"event":"authn_login_unlock","outcome":"success","reason":"operator","description":"Sign-in unlocked by an operator","actor":"system:cli:`); err != nil || n != 1 {
		t.Errorf("security.log has %d unlocks by an operator, %v, want 1", n, err)
	}
}
