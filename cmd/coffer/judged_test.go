package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// stranger judges a log from outside, with what left the vault before: its key
// as it was at first, and every checkpoint seen so far.
type stranger struct {
	testing.TB
	tool, key, seen string
	checkpoints     int
}

func newStranger(tb testing.TB) *stranger {
	tb.Helper()
	path, err := binary()
	if err != nil {
		tb.Fatal(err)
	}
	away := tb.TempDir()
	s := &stranger{TB: tb, tool: path + "-verify", key: filepath.Join(away, "log.pub"), seen: filepath.Join(away, "seen")}
	if err := os.Mkdir(s.seen, 0o700); err != nil {
		tb.Fatal(err)
	}
	return s
}

// judge demands that the log of a data directory is consistent to its last line,
// signed, and the continuation of all that was seen before. Lines that no
// checkpoint covers yet are waited for, and nothing else is: a signature comes
// within a second, more on a busy machine.
func (s *stranger) judge(dir string) {
	s.Helper()
	if s.checkpoints == 0 {
		s.keep(filepath.Join(dir, "log.pub"), s.key)
	}
	args := []string{"--key", s.key, dir}
	if s.checkpoints > 0 {
		args = append(args, "--against", s.seen, "--require", "anchored")
	}
	for end := time.Now().Add(fileSoon); ; time.Sleep(50 * time.Millisecond) {
		out, err := exec.Command(s.tool, args...).CombinedOutput()
		if err == nil {
			break
		}
		exit, ran := errors.AsType[*exec.ExitError](err)
		if !ran || exit.ExitCode() != 2 || time.Now().After(end) {
			s.Fatalf("coffer-verify %s: %v\n%s", dir, err, out)
		}
	}
	s.keep(filepath.Join(dir, "checkpoint"), filepath.Join(s.seen, fmt.Sprint("checkpoint-", s.checkpoints)))
	s.checkpoints++
}

// keep takes a copy of a file to where the vault does not reach.
func (s *stranger) keep(from, to string) {
	s.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		s.Fatal(err)
	}
}
