package main

import (
	"database/sql"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts call the program, race detector and all, by its name.
func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"coffer": main})
}

// suite clears up after the tests.
type suite struct{ *testing.M }

// Run runs them.
func (s suite) Run() int {
	code := s.M.Run()
	if built != "" {
		_ = os.RemoveAll(built) // it is in the directory for temporary files
	}
	return code
}

// TestScripts runs the commands as a person does: what they print, where, and
// with which exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ADDR", freeAddress(t))
			e.Setenv("UID", strconv.Itoa(os.Getuid()))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":    exitCode,
			"fits":    fits,
			"up":      up,
			"appears": appears,
			"aligned": aligned,
			"newer":   newer,
		},
	})
}

// freeAddress is one where nobody listens now.
func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// exitCode runs a program and demands its exit code: code 2 coffer frob.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: code N program [argument]…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		got = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("%v: exit code %s, want %s", args[1:], got, args[0])
	}
}

// fits demands that a command's output fits a screen of 80 columns: fits stdout 24.
func fits(ts *testscript.TestScript, _ bool, args []string) {
	height, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	if len(lines) > height {
		ts.Fatalf("%s has %d lines, want at most %d", args[0], len(lines), height)
	}
	for _, l := range lines {
		if n := len([]rune(l)); n > 80 {
			ts.Fatalf("%d columns, want at most 80: %s", n, l)
		}
	}
}

// aligned demands that in a table every column begins where its heading does.
func aligned(ts *testscript.TestScript, _ bool, args []string) {
	var starts []int
	for line := range strings.SplitSeq(ts.ReadFile(args[0]), "\n") {
		switch {
		case line == "":
			starts = nil
		case starts == nil:
			for i := range line {
				if i == 0 || line[i-1] == ' ' && line[i] != ' ' {
					starts = append(starts, i)
				}
			}
		default:
			for _, at := range starts[1:] {
				if at >= len(line) || line[at] == ' ' || line[at-1] != ' ' {
					ts.Fatalf("no column begins at %d in: %s", at, line)
				}
			}
		}
	}
}

// up waits until somebody listens: up $ADDR.
func up(ts *testscript.TestScript, _ bool, args []string) {
	wait(ts, args[0]+" to be open", func() bool {
		c, err := net.DialTimeout("tcp", args[0], time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// appears waits until a file holds a text: appears data/security.log sys_startup.
func appears(ts *testscript.TestScript, _ bool, args []string) {
	wait(ts, args[1]+" in "+args[0], func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && strings.Contains(string(text), args[1])
	})
}

// newer gives a database file a schema from the future: newer data/coffer.db.
func newer(ts *testscript.TestScript, _ bool, args []string) {
	pool, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer pool.Close()
	_, err = pool.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	ts.Check(err)
}

func wait(ts *testscript.TestScript, what string, holds func() bool) {
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("waited in vain for %s", what)
		}
	}
}
