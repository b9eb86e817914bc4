// Command coffer runs the card vault and looks after it. Each command is one
// file here; what they do is in internal/app.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"coffer/internal/app"
)

// version is set by the build.
var version = "0.1.0-dev"

// The exit codes, the same for every command.
const (
	exitDone    = 0
	exitNo      = 1  // the answer is no
	exitFailed  = 2  // usage or failure
	exitSync    = 74 // a sync failed: EX_IOERR
	exitRefused = 78 // refused to start: EX_CONFIG
)

type commands struct {
	Serve       serveCmd         `cmd:"" help:"Run the vault."`
	Config      configCmd        `cmd:"" help:"Show the settings in force and where each comes from."`
	Migrate     migrateCmd       `cmd:"" help:"Bring the database's schema up (serve does so by itself)."`
	Healthcheck healthcheckCmd   `cmd:"" help:"Ask a running vault whether it is well: exit code 0 or 1."`
	User        userCmd          `cmd:"" help:"Look after people and their roles."`
	Log         logCmd           `cmd:"" help:"Read, prove and keep the log."`
	Passwords   passwordsCmd     `cmd:"" help:"Import a list of stolen passwords, or see which is in force."`
	Version     versionCmd       `cmd:"" help:"Show the version."`
	VersionFlag kong.VersionFlag `name:"version" help:"Show the version."`
	File        settingsFile     `name:"config" placeholder:"FILE" help:"Settings as YAML, as in listen: :8880"`
}

// streams are where a command writes: data on out, all else on err.
type streams struct{ out, err io.Writer }

// slow says what a command waits for.
func (s streams) slow(what string) { fmt.Fprintln(s.err, what) }

// pending says what a change still lacks that is made: no failure.
func (s streams) pending(how app.Standing) {
	if lacks := how.Pending(); lacks != "" {
		fmt.Fprintln(s.err, lacks)
	}
}

func main() {
	tune(everyday)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends a stop that takes too long
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// run is the program with its arguments and streams given and its exit code
// returned, so that each can be tested.
func run(ctx context.Context, args []string, s streams) (code int) {
	slog.SetDefault(slog.New(slog.NewTextHandler(s.err, nil)))
	unsetEmpty()
	warnUnknown(s.err)
	parser, err := newParser(s)
	if err != nil {
		return report(s, nil, err)
	}
	defer func() {
		if p := recover(); p != nil {
			exit, ok := p.(exited)
			if !ok {
				panic(p)
			}
			code = exit.code
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(shielded(args))
	if err != nil {
		fmt.Fprintf(s.err, "coffer: %v\nTry: coffer --help\n", err)
		return exitFailed
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	origins := origins{parsed}
	return report(s, origins.of, parsed.Run(s, origins))
}

// exited unwinds from kong's own --help and --version.
type exited struct{ code int }

const about = `A card vault that writes down everything that happens to it.

Every flag is a variable too: --log-stdout is COFFER_LOG_STDOUT. A flag beats a
variable, and a variable a line of the file that --config names.`

func newParser(s streams) (*kong.Kong, error) {
	k, err := kong.New(&commands{},
		kong.Name("coffer"),
		kong.Description(about),
		kong.Writers(s.out, s.err),
		kong.Exit(func(n int) { panic(exited{n}) }),
		kong.Vars{"version": "coffer " + version},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 80}),
		kong.ValueFormatter(func(v *kong.Value) string { return v.Help }),
		kong.Configuration(loadFile),
	)
	if err == nil {
		hideSettings(k)
	}
	return k, err
}

// hideSettings leaves out of a command's help the settings that do not matter to
// it. They still count: every command reads the same file and variables.
func hideSettings(k *kong.Kong) {
	matter := map[string][]string{
		"migrate": {"data", "database", "database-file", "retention"}, "healthcheck": {"listen", "tls-cert", "tls-key", "acme", "self-signed"},
	}
	for _, c := range k.Model.Children {
		for _, f := range c.Flags {
			f.Hidden = f.Hidden || matter[c.Name] != nil && slices.Contains(flags(), f.Name) && !slices.Contains(matter[c.Name], f.Name)
		}
	}
}

// report says what went wrong and turns it into an exit code; from tells where
// a setting came from.
func report(s streams, from func(flag string) string, err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errNo) {
		return exitNo
	}
	if v, ok := errors.AsType[verdict](err); ok {
		return int(v)
	}
	if w, ok := errors.AsType[*app.Wrong](err); ok && from != nil {
		source := from(w.Flag)
		if source == byDefault {
			source = "its default"
		}
		fmt.Fprintf(s.err, "coffer: --%s is %q, from %s: %s\n", w.Flag, w.Value, source, w.Want)
		return exitFailed
	}
	fmt.Fprintf(s.err, "coffer: %v\n", err)
	if _, ok := errors.AsType[*app.Refused](err); ok {
		return exitRefused
	}
	if errors.Is(err, app.ErrSync) {
		return exitSync
	}
	return exitFailed
}

// errNo is a command whose answer is no; it has said so itself.
var errNo = errors.New("no")
