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
	"runtime"
	"runtime/debug"
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
	Migrate     migrateCmd       `cmd:"" help:"Bring the database's schema up."`
	Config      configCmd        `cmd:"" help:"Show the settings in force and where each comes from."`
	Healthcheck healthcheckCmd   `cmd:"" help:"Ask a running vault whether it is well (for Docker)."`
	Version     kong.VersionFlag `help:"Show the version."`
	File        string           `name:"config" type:"path" placeholder:"FILE" help:"A YAML file with the same settings; flags and variables win."`
}

// streams are where a command writes: data on out, all else on err.
type streams struct{ out, err io.Writer }

func main() {
	tuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr}))
}

// tuneMemory trades memory for time, unless the operator does so. The heap of
// everyday requests is small, and collecting it whenever it doubles costs a
// quarter of the processor under load. One password hash takes 19 MiB and is
// garbage at once: the limit, with room for one hash per processor, keeps many
// logins from growing the process to several times that.
func tuneMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(60<<20 + int64(runtime.GOMAXPROCS(0))*20<<20)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// run is the program with its arguments and streams given and its exit code
// returned, so that each can be tested.
func run(ctx context.Context, args []string, s streams) (code int) {
	slog.SetDefault(slog.New(slog.NewTextHandler(s.err, nil)))
	var c commands
	parser, err := newParser(&c, args, s, &code)
	if err != nil {
		return report(s, err)
	}
	defer func() {
		if p := recover(); p != nil {
			if p != errExit {
				panic(p)
			}
		}
	}()
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(s.err, "coffer: %v\nTry: coffer --help\n", err)
		return exitFailed
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return report(s, parsed.Run(s))
}

// errExit unwinds from kong's own --help and --version.
var errExit = errors.New("exit")

func newParser(c *commands, args []string, s streams, code *int) (*kong.Kong, error) {
	unsetEmpty()
	warnUnknown(s.err)
	return kong.New(c,
		kong.Name("coffer"),
		kong.Description("A card vault that writes down, provably, everything that happens to it."),
		kong.Writers(s.out, s.err),
		kong.Exit(func(n int) { *code = n; panic(errExit) }),
		kong.Vars{"version": "coffer " + version},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Resolvers(fileSettings(args)...),
	)
}

// report says what went wrong and turns it into an exit code.
func report(s streams, err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errNo) {
		return exitNo
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
