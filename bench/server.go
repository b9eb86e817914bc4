package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a process that this program started and will end.
type server struct {
	addr    string
	process *exec.Cmd
	said    bytes.Buffer
}

// startCoffer starts Coffer with the limits off that the load itself would
// meet, and returns with its first answer. Flood control stays on.
func startCoffer(binary, data string) (*server, error) {
	path, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &server{addr: addr, process: exec.Command(path, "serve")}
	s.process.Env = append(os.Environ(),
		"COFFER_LISTEN="+addr, "COFFER_URL=http://"+addr, "COFFER_DATA="+data, "COFFER_DATABASE=", "COFFER_LOG_STDOUT=false",
		"COFFER_LIMITS=request=off,signup=off,login=off,reveal=off,cards=off")
	return s, s.start()
}

func startBare(mode, dir string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &server{addr: addr, process: exec.Command(self, "bare", mode, addr)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s.process.Dir = dir
	return s, s.start()
}

func (s *server) start() error {
	s.process.Stdout, s.process.Stderr = io.Discard, &s.said
	if err := s.process.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if res, err := exchange(s.addr, get(s.addr, "/healthz", "")); err == nil && res.StatusCode == http.StatusOK {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	s.stop()
	return fmt.Errorf("%s does not answer: %s", s.process.Path, s.said.String())
}

func (s *server) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM) // already ended: Wait tells
	_ = s.process.Wait()                          // how it ends is not what is measured
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// exchange sends one request over a connection of its own.
func exchange(addr string, wire []byte) (*http.Response, error) {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(wire); err != nil {
		return nil, err
	}
	return http.ReadResponse(bufio.NewReader(conn), nil)
}

// memory is what the process holds now, peakMemory the most it held; both in
// MB, the latter only where the system keeps it (elsewhere what it holds now).
func (s *server) memory() (float64, error) { return s.status("VmRSS:") }

func (s *server) peakMemory() (float64, error) { return s.status("VmHWM:") }

func (s *server) status(name string) (float64, error) {
	pid := strconv.Itoa(s.process.Process.Pid)
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		text, err = exec.Command("ps", "-o", "rss=", "-p", pid).Output()
		text = append([]byte(name), text...)
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, name); found {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("no %s for process %s", name, pid)
}
