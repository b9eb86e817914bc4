package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

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
// that is. It is no error: a cluster sets some for a service of that name.
func warnUnknown(w io.Writer) {
	known := variables()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, prefix) && !slices.Contains(known, name) {
			fmt.Fprintf(w, "warning: the variable %s is not one of Coffer's; did you mean %s?\n", name, nearest(name, known))
		}
	}
}

// variables are the settings' variables.
func variables() (names []string) {
	for f := range reflect.TypeFor[app.Config]().Fields() {
		names = append(names, f.Tag.Get("env"))
	}
	return names
}

// flags are the settings' names, read off the one struct as kong does.
func flags() (names []string) {
	for f := range reflect.TypeFor[app.Config]().Fields() {
		names = append(names, app.Flag(f.Name))
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

// settingsFile is the flag that names a file of settings.
type settingsFile string

// BeforeResolve has kong look for settings in the file; what is wrong with it is
// told like any wrong setting.
func (settingsFile) BeforeResolve(k *kong.Kong, parsed *kong.Context, at *kong.Path) error {
	name := fmt.Sprint(parsed.FlagValue(at.Flag))
	found, err := k.LoadConfig(name)
	if unread, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("it cannot be read (%w)", unread.Err)
	}
	if err != nil {
		return &app.Wrong{Flag: at.Flag.Name, Value: name, Want: err.Error()}
	}
	parsed.AddResolver(found)
	return nil
}

// loadFile reads the YAML file that --config names. A name in it that is no
// setting is an error: a misspelt limit would otherwise be no limit.
func loadFile(r io.Reader) (kong.Resolver, error) {
	settings := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&settings); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the file is not a list of settings: %w", err)
	}
	known := flags()
	for name := range settings {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("the file sets %q, which is no setting; did you mean %q?", name, nearest(name, known))
		}
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if variable(flag) != "" {
			return nil, nil // it beats the file
		}
		return flat(settings[flag.Name]), nil
	}), nil
}

// flat writes a list or a map the way a flag would have it.
func flat(v any) any {
	var parts []string
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			parts = append(parts, fmt.Sprint(one))
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, fmt.Sprint(name, "=", v[name]))
		}
	default:
		return v
	}
	return strings.Join(parts, ",")
}

// variable is the variable that sets a flag, if there is one in the environment.
func variable(flag *kong.Flag) string {
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return name
		}
	}
	return ""
}

// byDefault is where a setting comes from that nobody set.
const byDefault = "the default"

// origins tells where each setting came from.
type origins struct{ parsed *kong.Context }

func (o origins) of(name string) string {
	for _, p := range o.parsed.Path {
		switch {
		case p.Flag == nil || p.Flag.Name != name:
		case p.Resolved:
			return "the file of --config"
		default:
			return "--" + name
		}
	}
	for _, flag := range o.parsed.Flags() {
		if env := variable(flag); flag.Name == name && env != "" {
			return env
		}
	}
	return byDefault
}
