// Command coffer-verify judges a log of Coffer from outside: whether its lines
// are what was signed, and what that rests on. It shares no code with what
// writes the log but the words of internal/proof, needs no access to the
// server, and trusts nothing that lies beside the log.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"coffer/internal/proof"
)

// version is set by the build.
var version = "0.1.0-dev"

const usage = `coffer-verify judges a log of Coffer: is it what was signed, and what does that rest on?

  coffer-verify [flags] PATH|URL...
  coffer-verify proof [flags] FILE
  coffer-verify watch [flags] URL --save DIR

PATH is a data directory, a security.log with its segments beside it, or a
directory that coffer log export made. Several are taken as parts of one log:
older segments from one, say, the checkpoint from another. With lines and hash
tiles, the first bad line has a number.

  --key FILE|VKEY     the log's public key, from somewhere else; once for each epoch
  --checkpoint FILE   judge up to this checkpoint, not the one beside the log
  --against FILE      an older checkpoint, a directory of them, or lines of
                      log_checkpoint that a collector kept; any number
  --policy FILE       which witnesses must have signed (c2sp.org/tlog-policy)
  --require LIST      anchored,witnessed,signed,fresh=1h: exit 2 if one is missing;
                      signed: whoever held a passkey signed with it, each time
  --allow-unsigned    lines beyond the checkpoint are no fault
  --from SIZE|FILE    do not read again what was judged before; needs hash tiles
  --json              the report as one line of JSON
  --save DIR          watch: where the newest checkpoint is kept
  --version

Exit: 0 consistent; 1 tampered with, another history, or a person's signature
that does not fit; 2 incomplete: something is missing, there is nothing to verify,
or what --require demands is not there; 3 the command line, or a file that a flag
names, cannot be used.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends what cannot end by itself
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program, with its exit code returned.
func run(ctx context.Context, args []string, out, errs io.Writer) (code int) {
	o, err := parse(args)
	switch {
	case errors.Is(err, errHelp):
		return say(out, errs, usage)
	case errors.Is(err, errVersion):
		return say(out, errs, "coffer-verify "+version+"\n")
	}
	var r *proof.Report
	if err == nil {
		r, err = judge(ctx, o, errs)
	}
	if e, is := errors.AsType[*ended](err); is {
		r, err = e.Report, nil
	}
	if err == nil {
		return answer(r, o.json, out, errs)
	}
	fmt.Fprintf(errs, "coffer-verify: %v\nTry: coffer-verify --help\n", err)
	if o.json { // whoever reads JSON gets some, whatever happened
		return answer(proof.Nothing(proof.Usage, proof.Escape(err.Error()), "", ""), true, out, errs)
	}
	return proof.Usage.Exit()
}

func say(out, errs io.Writer, text string) int {
	if _, err := io.WriteString(out, text); err != nil {
		fmt.Fprintln(errs, "coffer-verify:", err)
		return proof.Usage.Exit()
	}
	return 0
}

// judge does what the command line asks for.
func judge(ctx context.Context, o options, errs io.Writer) (*proof.Report, error) {
	switch o.command {
	case "proof":
		return judgeFile(o)
	case "watch":
		return watch(ctx, o)
	}
	c, err := gather(ctx, o)
	if err != nil {
		return nil, err
	}
	b := newBar(errs, c)
	c.Seen = b.seen
	r := proof.Judge(ctx, c)
	b.end()
	return r, nil
}

// answer writes the report. One that could not be written was not given: then
// the exit code must not say that all is well.
func answer(r *proof.Report, json bool, out, errs io.Writer) int {
	var err error
	if json {
		_, err = out.Write(r.JSON())
	} else {
		err = r.Print(out, coloured(out))
	}
	if err != nil {
		fmt.Fprintln(errs, "coffer-verify:", err)
		return max(r.Exit, proof.Incomplete.Exit())
	}
	return r.Exit
}
