package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"coffer/internal/apptest"
)

// TestApplicationRole holds that all of serve works as the role that
// coffer migrate --as-owner makes, and that it starts on what it finds.
func TestApplicationRole(t *testing.T) {
	owner := apptest.Postgres(t)
	role := "app_" + strings.ToLower(rand.Text())
	ledger := openLedger(t, t.TempDir(), owner)
	t.Cleanup(func() {
		if _, err := ledger.pool.ExecContext(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role); err != nil {
			t.Errorf("drop the role: %v", err)
		}
	})
	for range 2 {
		var out, told bytes.Buffer
		if code := run(t.Context(), []string{"migrate", "--as-owner", "--role", role, "--database", owner}, streams{&out, &told}); code != exitDone {
			t.Fatalf("migrate = %d\n%s", code, told.String())
		}
		for _, want := range []string{"GRANT SELECT, INSERT ON \"event\" TO \"" + role + "\";", "GRANT SELECT, INSERT ON \"tile\"", "UPDATE retention SET micros = 34560000000000;"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("migrate does not say %s:\n%s", want, out.String())
			}
		}
		if !strings.Contains(told.String(), "postgres://"+role+"@") {
			t.Errorf("migrate does not say how to start serve:\n%s", told.String())
		}
	}
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	ledger.dir = t.TempDir()
	p := start(t, func(c *exec.Cmd) { c.Env = append(c.Env, "COFFER_DATABASE="+u.String()) },
		"--data", ledger.dir, "--limits", "request=off,signup=off,login=off,cards=off,reveal=off")
	crowd := signedUp(t, p, 4)
	ctx, end := context.WithCancel(t.Context())
	loaded := crowdWorks(ctx, t, p, crowd)
	for _, h := range crowd {
		h.add(t.Context(), p.url)
	}
	end()
	loaded()
	p.becomes("/readyz", 200, fileSoon)
	lines := ledger.settled()
	ledger.balanced(lines)
	ledger.told(lines, crowd)
	for _, args := range [][]string{{"log", "query", "event:sys_startup"}, {"log", "prune", "--dry-run"}, {"user", "list"}} {
		var out, told bytes.Buffer
		if code := run(t.Context(), append(args, "--data", ledger.dir, "--database", u.String()), streams{&out, &told}); code == exitFailed || code == exitRefused {
			t.Errorf("%v = %d as the role\n%s", args, code, told.String())
		}
	}
	p.stop()
	if strings.Contains(p.text(), "permission denied") {
		t.Errorf("something is not permitted to the role:\n%s", p.text())
	}
}
