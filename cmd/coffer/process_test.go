package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program as it is shipped, and coffer-verify beside it, built once
// for all tests that kill it or measure it; the race detector would make it
// another program.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "coffer-bin")
	if err != nil {
		return "", err
	}
	built = dir
	if err := os.Chmod(dir, 0o755); err != nil { // a test runs it as another user
		return "", err
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir, ".", "../coffer-verify")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	return filepath.Join(dir, "coffer"), build.Run()
})

// built is the directory of the binary, if there is one.
var built string

// process is a running coffer.
type process struct {
	testing.TB
	cmd   *exec.Cmd
	url   string // where it answers
	began time.Time
	done  chan struct{}
	err   error // how it ended, once done
	mu    sync.Mutex
	said  strings.Builder
}

var openAt = regexp.MustCompile(`is open at (http://\S+)`)

// start runs `coffer serve` on a port of its own and waits until it says that it is open.
func start(tb testing.TB, change func(*exec.Cmd), args ...string) *process {
	tb.Helper()
	path, err := binary()
	if err != nil {
		tb.Fatal(err)
	}
	p := &process{TB: tb, done: make(chan struct{}), began: time.Now()}
	p.cmd = exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Env = os.Environ()
	if change != nil {
		change(p.cmd)
	}
	pipe, err := p.cmd.StderrPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		tb.Fatal(err)
	}
	open := make(chan string, 1)
	go p.listen(pipe, open)
	tb.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended, as a rule
		<-p.done
	})
	select {
	case p.url = <-open:
	case <-p.done:
		tb.Fatalf("coffer ended at its start: %v\n%s", p.err, p.text())
	case <-time.After(time.Minute):
		tb.Fatalf("coffer did not open in a minute:\n%s", p.text())
	}
	return p
}

// listen reads what the process says until it ends.
func (p *process) listen(pipe io.Reader, open chan<- string) {
	in := bufio.NewScanner(pipe)
	for in.Scan() {
		p.mu.Lock()
		p.said.WriteString(in.Text() + "\n")
		p.mu.Unlock()
		if m := openAt.FindStringSubmatch(in.Text()); m != nil {
			open <- strings.Replace(m[1], "localhost", "127.0.0.1", 1)
		}
	}
	p.err = p.cmd.Wait()
	close(p.done)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// kill ends it as a crash does.
func (p *process) kill() {
	p.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.Fatal(err)
	}
	<-p.done
}

// stop ends it as an operator does and demands that it ends well.
func (p *process) stop() {
	p.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.Fatal(err)
	}
	select {
	case <-p.done:
		if p.err != nil {
			p.Errorf("coffer ended with %v, want a clean stop:\n%s", p.err, p.text())
		}
	case <-time.After(20 * time.Second):
		p.Fatalf("coffer did not stop in 20 s:\n%s", p.text())
	}
}

// status asks a path once.
func (p *process) status(path string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
	if err != nil {
		p.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}

// becomes waits until a path answers with a status.
func (p *process) becomes(path string, status int, within time.Duration) {
	p.Helper()
	soon(p.TB, path+" to answer otherwise", within, func() bool { return p.status(path) == status })
}

// soon waits until what holds, which nothing signals, holds.
func soon(tb testing.TB, what string, within time.Duration, holds func() bool) {
	tb.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("waited %v in vain for %s", within, what)
		}
	}
}
