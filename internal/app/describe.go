package app

import (
	"cmp"
	"context"
	"errors"
	"os"
	"reflect"
	"strings"

	"coffer/internal/db"
	"coffer/internal/limit"
	"coffer/internal/seclog/file"
)

// ErrSync is what Run ends with when the log's file could not be synced.
var ErrSync = file.ErrSync

// URL is what the browser sees.
func (a *App) URL() string { return a.origin }

// Setting is one line of coffer config.
type Setting struct{ Flag, Value, From string }

// Describe says what is in force: every setting, checked, and every limit. from
// tells where a setting came from.
func Describe(c Config, from func(flag string) string) ([]Setting, []limit.Row, error) {
	s, err := c.read()
	if err != nil {
		return nil, nil, err
	}
	inForce := map[string]string{"node": s.node, "url": s.origin, "database": string(s.db.Engine())}
	var out []Setting
	for f, v := range reflect.ValueOf(c).Fields() {
		flag := Flag(f.Name)
		value := cmp.Or(strings.TrimSpace(text(v)), inForce[flag], "none")
		out = append(out, Setting{flag, value, from(flag)})
	}
	return out, s.limits.Rows(), nil
}

func text(v reflect.Value) string {
	if v.Kind() == reflect.Bool {
		return map[bool]string{true: "on", false: "off"}[v.Bool()]
	}
	return v.String()
}

// Flag is the flag of a Config's field: LogStdout is log-stdout, URL is url.
func Flag(field string) string {
	if field == strings.ToUpper(field) {
		return strings.ToLower(field)
	}
	var b strings.Builder
	for i, r := range field {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// Migrate brings the schema up by itself, for a server that may not.
func Migrate(ctx context.Context, c Config) (from, to int64, err error) {
	s, err := c.read()
	if err != nil {
		return 0, 0, err
	}
	if s.db.Engine() == db.SQLite {
		if err := os.MkdirAll(c.Data, 0o750); err != nil {
			return 0, 0, wrong("data", c.Data, "%v", err)
		}
	}
	from, to, err = db.Migrate(ctx, s.db)
	if errors.Is(err, db.ErrNewer) {
		err = refused("the database was written by a newer Coffer: %v", err)
	}
	return from, to, err
}
