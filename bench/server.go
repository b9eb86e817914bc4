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

// startCoffer starts Coffer, on SQLite unless it is given a PostgreSQL, with
// the limits off that the load itself would meet, and returns with its first
// answer. Flood control stays on.
func startCoffer(binary, data, postgres string) (*server, error) {
	path, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	secret := ""
	if postgres != "" { // its URL may hold a password
		secret = data + ".url"
		if err := os.WriteFile(secret, []byte(postgres), 0o600); err != nil {
			return nil, err
		}
	}
	s := &server{addr: addr, process: exec.Command(path, "serve")}
	s.process.Env = append(os.Environ(),
		"COFFER_LISTEN="+addr, "COFFER_URL=http://"+addr, "COFFER_DATA="+data, "COFFER_DATABASE=", "COFFER_DATABASE_FILE="+secret, "COFFER_LOG_STDOUT=false",
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

// forgetPeak makes peakMemory begin anew, where the system can do that; where
// not, the peak is that of the process's whole life.
func (s *server) forgetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.pid()), []byte("5"), 0)
}

// cpu is the time that a process has had of all cores, where that is told.
func cpu(pid int) (used time.Duration, known bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	return cpuOf(string(text))
}

func (s *server) pid() int { return s.process.Process.Pid }

// cpuOf reads user and system time: the 12th and 13th word behind the name,
// which may hold anything but ends with the last parenthesis. They count in
// hundredths of a second.
func cpuOf(stat string) (used time.Duration, known bool) {
	words := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(words) < 13 {
		return 0, false
	}
	for _, w := range words[11:13] {
		n, err := strconv.Atoi(w)
		if err != nil {
			return 0, false
		}
		used += time.Duration(n) * 10 * time.Millisecond
	}
	return used, true
}

func (s *server) status(name string) (float64, error) {
	pid := strconv.Itoa(s.pid())
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
