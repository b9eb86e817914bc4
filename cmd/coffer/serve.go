package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"coffer/internal/app"
)

type serveCmd struct{ app.Config }

// Run serves until the process is told to stop.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	// A reader of the lines on standard output that goes away stops nothing.
	signal.Ignore(syscall.SIGPIPE)
	m := &memory{}
	a, err := app.New(ctx, c.Config, app.Options{Version: version, Stdout: s.out, Fatal: fatal, Hashing: m.hashing, Room: m.room})
	if err != nil {
		return err
	}
	greet(s.err, a)
	for _, w := range a.Warnings() {
		slog.Warn(w)
	}
	return a.Run(ctx)
}

// fatal ends the process at once: after a failed sync, nothing that is still
// waiting may be told that it succeeded.
func fatal(err error) {
	slog.Error("a sync to disk failed; stopping, since going on would report success falsely", "err", err)
	os.Exit(exitSync)
}

// greet is the five lines of a start.
func greet(w io.Writer, a *app.App) {
	dir, err := filepath.Abs(a.Data)
	if err != nil {
		dir = a.Data
	}
	fmt.Fprintf(w, `Coffer %s is open at %s
Data, and the log, are in %s
Back up %s: without it no card number can be opened again.
Try: create an account and add a card · ask for %s/view_credit_card/1 signed out · sign in with a wrong password
Read what happened: tail -f %s
`, version, a.URL(), dir, filepath.Join(dir, "keys"), a.URL(), filepath.Join(dir, "security.log"))
	if own := a.Fingerprint(); own != "" {
		fmt.Fprintf(w, "Its certificate is self-signed, and browsers warn of it. Go on only where they show this SHA-256 fingerprint:\n%s\n", own)
	}
}
