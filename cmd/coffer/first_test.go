package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"coffer/internal/app"
)

// TestUnwritable starts it where its user may not write: it says what to type.
func TestUnwritable(t *testing.T) {
	outer, err := os.MkdirTemp("", "coffer-outer") // not t.TempDir, which others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(outer) })
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	who, gid := os.Getuid(), os.Getgid()
	var as *syscall.SysProcAttr
	if who == 0 { // nothing is unwritable to root
		who, gid = 65534, 65534
		as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	there := filepath.Join(outer, "there")
	if err := os.Mkdir(there, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(outer, 0o555); err != nil {
		t.Fatal(err)
	}
	deep := filepath.Join(outer, "deep", "data")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data string
		as   *syscall.SysProcAttr
		want string
	}{
		"not to be written": {there, as, fmt.Sprintf("with: chown -R %d:%d %s (in a container, or run it with --user", who, gid, there)},
		"not to be made":    {deep, as, fmt.Sprintf("with: mkdir -p %s && chown -R %d:%d %s (", deep, who, gid, deep)},
		"a file":            {file, nil, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(path, "serve", "--listen", "127.0.0.1:0", "--data", c.data)
			cmd.SysProcAttr, cmd.Dir = c.as, "/"
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if cmd.ProcessState.ExitCode() != exitFailed || stdout.Len() > 0 {
				t.Errorf("exit = %v with %q on standard output, want code 2 and nothing", err, &stdout)
			}
			want := fmt.Sprintf("coffer: --data is %q, from --data: ", c.data)
			if got := stderr.String(); !strings.HasPrefix(got, want) || !strings.Contains(got, c.want) {
				t.Errorf("it says\n%swant\n%s… %s", got, want, c.want)
			}
		})
	}
}

// TestOthersFiles starts it on a directory in which a file belongs to somebody
// else, as after a copy made by root.
func TestOthersFiles(t *testing.T) {
	if os.Getuid() != 0 {
		return // nothing can be made another's; TestUnwritable covers the directory
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	outer, err := os.MkdirTemp("", "coffer-outer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(outer) })
	dir := filepath.Join(outer, "data")
	p := start(t, nil, "--data", dir)
	p.becomes("/readyz", 200, 10*time.Second)
	p.stop()
	if out, err := exec.Command("chown", "-R", "65534:65534", outer).CombinedOutput(); err != nil {
		t.Fatalf("chown: %v %s", err, out)
	}
	for _, name := range []string{"serve.lock", "security.log", "coffer.db"} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.Chown(file, 0, 0), os.Chmod(file, 0o600)); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path, "serve", "--listen", "127.0.0.1:0", "--data", dir)
		cmd.SysProcAttr, cmd.Dir = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}, "/"
		out, _ := cmd.CombinedOutput()
		if want := "chown -R 65534:65534 " + dir + " "; cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), want) {
			t.Errorf("with %s another's: exit %d and\n%s\nwant 2 and %s", name, cmd.ProcessState.ExitCode(), out, want)
		}
		if err := os.Chown(file, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExitCodes are those that nothing else here reaches.
func TestExitCodes(t *testing.T) {
	for want, err := range map[int]error{
		exitDone:    nil,
		exitNo:      errNo,
		exitFailed:  errors.New("broken"),
		exitSync:    fmt.Errorf("write: %w", app.ErrSync),
		exitRefused: errors.Join(&app.Refused{Why: "wrong keys"}, nil),
	} {
		var said strings.Builder
		if got := report(streams{err: &said}, nil, err); got != want {
			t.Errorf("report(%v) = %d, want %d", err, got, want)
		}
		if silent := err == nil || err == errNo; silent != (said.Len() == 0) {
			t.Errorf("report(%v) says %q, want nothing: %v", err, &said, silent)
		}
	}
}

// TestWrongDefault holds that a default that cannot be used is told as a flag to
// give, like any setting.
func TestWrongDefault(t *testing.T) {
	var said strings.Builder
	report(streams{err: &said}, func(string) string { return byDefault }, &app.Wrong{Flag: "listen", Value: ":1", Want: "choose another port"})
	if want := "coffer: --listen is \":1\", from its default: choose another port\n"; said.String() != want {
		t.Errorf("report says %q, want %q", &said, want)
	}
}

// TestGreeting holds that a first start says five lines and no more.
func TestGreeting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	p := start(t, nil, "--data", dir)
	p.becomes("/readyz", 200, 10*time.Second)
	p.stop()
	lines := strings.Split(strings.TrimSuffix(p.text(), "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { // a bare clone's tests run without assets, and some in a container
		return strings.Contains(l, "page assets are not built") || strings.Contains(l, "go with the container")
	})
	if len(lines) != 5 || !strings.Contains(lines[1], dir) || !strings.Contains(lines[2], filepath.Join(dir, "keys")) {
		t.Errorf("a first start says\n%s\nwant five lines that name the data and the keys", strings.Join(lines, "\n"))
	}
}

// TestQuick measures what design promises of a start: an answer within 150 ms
// and, at rest, less than 60 MB. A machine shared with others is slower at
// times, so the best of a few counts.
func TestQuick(t *testing.T) {
	dir := t.TempDir()
	best := time.Hour
	for range 5 {
		p := start(t, nil, "--data", dir)
		if p.status("/healthz") != 200 {
			t.Fatal("no answer")
		}
		best = min(best, time.Since(p.began))
		rss := resident(t, p.cmd.Process.Pid)
		p.stop()
		if rss > 60<<10 {
			t.Errorf("it holds %d kB at rest, want at most 60 MB", rss)
		}
		t.Logf("first answer after %v, %d kB", time.Since(p.began), rss)
	}
	if best > 150*time.Millisecond {
		t.Errorf("first answer after %v, want 150 ms", best)
	}
}

// resident is how much memory a process holds, in kB.
func resident(tb testing.TB, pid int) (kb int) {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	if _, err := fmt.Sscan(after, &kb); err != nil {
		tb.Fatal(err)
	}
	return kb
}

// TestDeafReader stops it while nobody reads its standard output, and after the
// reader has gone: neither holds up the stop or anything before it.
func TestDeafReader(t *testing.T) {
	for name, gone := range map[string]bool{"reads nothing": false, "is gone": true} {
		t.Run(name, func(t *testing.T) {
			out, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			p := start(t, func(c *exec.Cmd) { c.Stdout = in }, "--log-stdout", "--data", t.TempDir(), "--limits", "request=off")
			in.Close()
			if gone {
				out.Close()
			}
			h := newHolder(t)
			h.signUp(t, p.url)
			for range 200 { // more than a pipe holds
				if a := h.ask(t.Context(), "GET", p.url+"/view_credit_card/c_none", nil); a.status != 404 {
					t.Fatalf("a card that is not there = %d, want 404", a.status)
				}
			}
			p.stop()
		})
	}
}
