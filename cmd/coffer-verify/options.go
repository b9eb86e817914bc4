package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"coffer/internal/proof"
)

// options are the command line.
type options struct {
	command             string // proof, watch, or empty
	keys, against       []string
	checkpoint, policy  string
	require             proof.Require
	allowUnsigned, json bool
	from, save          string
	paths               []string
}

var (
	errHelp    = errors.New("help")
	errVersion = errors.New("version")
)

// parse reads the command line; flags may stand before, between and after the
// paths.
func parse(args []string) (o options, err error) {
	if len(args) > 0 && (args[0] == "proof" || args[0] == "watch") {
		o.command, args = args[0], args[1:]
	}
	f := flag.NewFlagSet("coffer-verify", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	many := func(into *[]string) func(string) error {
		return func(s string) error { *into = append(*into, s); return nil }
	}
	f.Func("key", "", many(&o.keys))
	f.Func("against", "", many(&o.against))
	f.StringVar(&o.checkpoint, "checkpoint", "", "")
	f.StringVar(&o.policy, "policy", "", "")
	f.Func("require", "", func(s string) (err error) { o.require, err = parseRequire(s); return err })
	f.BoolVar(&o.allowUnsigned, "allow-unsigned", false, "")
	f.BoolVar(&o.json, "json", false, "")
	f.StringVar(&o.from, "from", "", "")
	f.StringVar(&o.save, "save", "", "")
	asked := f.Bool("version", false, "")
	o.json = slices.Contains(args, "--json") // also where the rest cannot be read
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return o, errHelp
			}
			return o, flagError(err)
		}
		if args = f.Args(); len(args) == 0 {
			break
		}
		o.paths, args = append(o.paths, args[0]), args[1:]
	}
	if *asked {
		return o, errVersion
	}
	return o, o.check()
}

// flagError says in words what is wrong with a flag.
func flagError(err error) error {
	for says, means := range map[string]string{
		"flag provided but not defined: -": "there is no flag --%s",
		"flag needs an argument: -":        "--%s needs a value",
	} {
		if name, is := strings.CutPrefix(err.Error(), says); is {
			return fmt.Errorf(means, name)
		}
	}
	return err
}

// check refuses what makes no sense together.
func (o options) check() error {
	switch {
	case len(o.paths) == 0:
		return errors.New("say what to verify: a directory, a file or a URL")
	case o.command != "" && len(o.paths) > 1:
		return fmt.Errorf("%s takes one at a time", o.command)
	case o.command == "watch" && o.save == "":
		return errors.New("watch needs --save DIR, to know next time what it saw")
	case o.command != "watch" && o.save != "":
		return errors.New("--save is for watch")
	case o.command != "" && (o.checkpoint != "" || o.from != "" || o.allowUnsigned):
		return fmt.Errorf("--checkpoint, --from and --allow-unsigned are not for %s", o.command)
	case o.command == "proof" && len(o.against) > 0:
		return errors.New("--against is not for proof: a proof is of one checkpoint")
	case o.command != "" && o.require.Signed:
		return fmt.Errorf("%s reads no line of those that enrol a passkey, so signed cannot be required of it", o.command)
	case o.require.Witnessed && o.policy == "":
		return errors.New("--require witnessed needs a --policy that says by whom")
	}
	return nil
}

// parseRequire reads a list such as anchored,fresh=1h.
func parseRequire(list string) (r proof.Require, err error) {
	for word := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		switch {
		case name == "anchored" && value == "":
			r.Anchored = true
		case name == "witnessed" && value == "":
			r.Witnessed = true
		case name == "signed" && value == "":
			r.Signed = true
		case name == "fresh":
			if r.Fresh, err = time.ParseDuration(value); err != nil || r.Fresh <= 0 {
				return r, fmt.Errorf("fresh=%s is no time; say fresh=1h or fresh=30m", value)
			}
		default:
			return r, fmt.Errorf("%q cannot be required; anchored, witnessed, signed and fresh=1h can", word)
		}
	}
	return r, nil
}
