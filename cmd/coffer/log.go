package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"golang.org/x/term"

	"coffer/internal/app"
	"coffer/internal/format"
	"coffer/internal/query"
)

// logCmd is what looks after the log: each command in a file of its own.
type logCmd struct {
	Tail   logTailCmd   `cmd:"" help:"Show the newest lines; with -f, go on with what comes."`
	Query  logQueryCmd  `cmd:"" help:"Find lines, and write them out in any of the formats."`
	Export logExportCmd `cmd:"" help:"Write the log as static files that anyone can verify."`
	Verify logVerifyCmd `cmd:"" help:"Judge the log in the words of coffer-verify: exit code 0, 1 or 2."`

	Prune       logPruneCmd       `cmd:"" help:"Remove what is older than the retention, a day at most."`
	Acknowledge logAcknowledgeCmd `cmd:"" help:"Say that somebody has seen to a line, such as a jump of the clock."`

	NewEpoch logNewEpochCmd `cmd:"" help:"Go on from the lines at hand, after a restore or an attack."`
}

// place is where the data of a command is: of the server's settings, those that
// say that. The tags are the server's own.
type place struct {
	Data         string `default:"./data" env:"COFFER_DATA" placeholder:"DIR" help:"Database, security.log and keys (./data)."`
	Database     string `env:"COFFER_DATABASE" placeholder:"URL" help:"PostgreSQL, not SQLite; without a password."`
	DatabaseFile string `env:"COFFER_DATABASE_FILE" placeholder:"FILE" help:"Holds that URL, password and all."`
	Node         string `env:"COFFER_NODE" placeholder:"NAME" help:"Its name in the log (the host's)."`
}

// config is the place as the server's settings; the rest of them is not read.
func (p place) config() app.Config {
	return app.Config{
		Listen: "127.0.0.1:0", Data: p.Data, Database: p.Database, DatabaseFile: p.DatabaseFile, Node: p.Node,
	}
}

func (p place) open(ctx context.Context) (*app.Desk, error) {
	return app.OpenDesk(ctx, p.config(), app.Options{Version: version, Fatal: fatal})
}

// negated is a word of a query that looks like a flag to whoever reads flags.
var negated = regexp.MustCompile(`^-[a-z]+:`)

// shield is put before such a word. No argument of a process can hold it.
const shield = "\x00"

// shielded lets words such as -ip:10.0.0.0/8 through to the commands that take
// a query.
func shielded(args []string) []string {
	if len(args) < 2 || args[0] != "log" || args[1] != "tail" && args[1] != "query" {
		return args
	}
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = a; negated.MatchString(a) {
			out[i] = shield + a
		}
	}
	return out
}

// parseQuery reads the words of the command line as one query.
func parseQuery(words []string) (query.Filter, error) {
	return query.Parse(strings.ReplaceAll(strings.Join(words, " "), shield, ""))
}

// output chooses the format; text has names, and on a terminal colours, and fits.
func output(ctx context.Context, s streams, d *app.Desk, name string) (format.Format, error) {
	if name == "text" {
		return format.Text(d.Lines.Names(ctx), coloured(s.out), columns(s.out)), nil
	}
	f, known := format.Find(name)
	if !known {
		var names []string
		for _, f := range format.All {
			names = append(names, f.Name)
		}
		return f, &app.Wrong{Flag: "format", Value: name, Want: "give one of " + strings.Join(names, ", ")}
	}
	return f, nil
}

// coloured reports whether colour helps: on a terminal, and nobody minds.
func coloured(w io.Writer) (yes bool) {
	_, minds := os.LookupEnv("NO_COLOR")
	return terminal(w) && !minds && os.Getenv("TERM") != "dumb"
}

func terminal(w io.Writer) (is bool) {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// columns is a terminal's width, and 0 for what is none: nothing is cut there.
func columns(w io.Writer) int {
	const usual = 160
	if !terminal(w) {
		return 0
	}
	if width, _, err := term.GetSize(int(w.(*os.File).Fd())); err == nil && width > 0 {
		return width
	}
	return usual
}

// piped runs a command whose reader may leave, as head does: then all is said
// that somebody wanted to hear.
func piped(fn func() error) error {
	signal.Ignore(syscall.SIGPIPE) // it would end the process before it has put things in order
	err := fn()
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
