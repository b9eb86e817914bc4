package main

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	kongyaml "github.com/alecthomas/kong-yaml"

	"coffer/internal/app"
)

const prefix = "COFFER_"

// unsetEmpty makes an empty variable an unset one, as compose files leave them.
func unsetEmpty() {
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); strings.HasPrefix(name, prefix) && value == "" {
			_ = os.Unsetenv(name) // fails for names that cannot be in the environment
		}
	}
}

// warnUnknown names variables that look like ours and are not, with the nearest
// that is: a misspelt limit would otherwise be no limit.
func warnUnknown(w io.Writer) {
	known := variables()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, prefix) && !slices.Contains(known, name) {
			fmt.Fprintf(w, "warning: the variable %s is not one of Coffer's; did you mean %s?\n", name, nearest(name, known))
		}
	}
}

// variables are the settings' variables, read off the one struct.
func variables() (names []string) {
	for f := range reflect.TypeFor[app.Config]().Fields() {
		if env := f.Tag.Get("env"); env != "" {
			names = append(names, env)
		}
	}
	return names
}

// nearest is the known name with the fewest changes to name.
func nearest(name string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := diagonal
			if a[i] != b[j] {
				next = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

// fileSettings is the YAML file's resolver, if --config names one. As it comes
// it would beat a variable; here it only fills in what is not set.
func fileSettings(args []string) []kong.Resolver {
	path := fileArgument(args)
	if path == "" {
		return nil
	}
	return []kong.Resolver{kong.ResolverFunc(func(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, env := range flag.Envs {
			if _, set := os.LookupEnv(env); set {
				return nil, nil
			}
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("--config: %w", err)
		}
		defer f.Close()
		file, err := kongyaml.Loader(f)
		if err != nil {
			return nil, fmt.Errorf("--config %s: %w", path, err)
		}
		// From the top, else each command would want its settings under its own name.
		return file.Resolve(ctx, ctx.Path[0], flag)
	})}
}

func fileArgument(args []string) string {
	for i, a := range args {
		if value, found := strings.CutPrefix(a, "--config="); found {
			return value
		}
		if a == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}
