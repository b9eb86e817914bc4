package main

import (
	"errors"
	"flag"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"coffer/internal/apptest/forge"
)

var corpusLines = flag.Int("corpus-lines", 100_000, "how many lines the forged logs have")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"coffer-verify": main})
}

// TestScripts are an auditor's sessions: what is typed, what it says, and the
// exit code, which a script compares with status.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			_, err := forge.Corpus(e.WorkDir, 3000, time.Now().UTC())
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"verify": verify},
	})
}

// verify is verify STATUS ARG…: it runs coffer-verify and demands its exit code.
func verify(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: verify STATUS ARG...")
	}
	code := 0
	err := ts.Exec("coffer-verify", args[1:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code, err = exit.ExitCode(), nil
	}
	ts.Check(err)
	if want := args[0]; want != strconv.Itoa(code) {
		ts.Fatalf("exit %d, want %s", code, want)
	}
}
