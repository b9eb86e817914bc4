// Command pgserve runs a command with a PostgreSQL server of its own in
// TEST_POSTGRES, so that many test binaries share one, and stops the server
// when the command ends. It is for tests: the server does not sync.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"coffer/internal/apptest"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgserve:", err)
	}
	os.Exit(code)
}

// run gives the command's exit status, or 2 where it could not run.
func run(args []string) (code int, err error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 2, errors.New("usage: pgserve -- COMMAND [ARGUMENT]…")
	}
	// A terminal's interrupt reaches the command too; this waits for its end.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	env := os.Environ()
	if os.Getenv("TEST_POSTGRES") == "" {
		s, failed := apptest.StartPostgres()
		if failed != nil {
			return 2, failed
		}
		defer func() { err = errors.Join(err, s.Stop()) }()
		env = append(env, "TEST_POSTGRES="+s.URL)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, os.Stdout, os.Stderr, env
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 2, err
	}
	return 0, nil
}
