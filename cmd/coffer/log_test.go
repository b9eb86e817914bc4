package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"coffer/internal/app"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/format"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// hostile is what a visitor, and whoever writes into the database, may put
// where it is shown: colours, a line's end, an override of direction, a formula.
const hostile = "\x1b[2J\x1b]0;owned\x07\r\n9 2026 INFO authn_login_success\u202e=1+1|\\\""

const ada = "u_aaaaaaaaaaaaaaaaaaaaaaaaaa"

// hostileLog is a data directory whose log has a bit of everything, and nobody
// serves it.
func hostileLog(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	ctx, c := context.Background(), db.Config{File: filepath.Join(dir, "coffer.db")}
	if _, _, err := db.Migrate(ctx, c); err != nil {
		t.Fatal(err)
	}
	r, w, err := db.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = w.Close(), r.Close() }()
	maker := event.Maker{Node: "a1", Version: "1.0.0"}
	seal.New(r, w, maker, 0, func(err error) { t.Error(err) })
	now := time.Date(2026, 11, 24, 16, 51, 27, 123456000, time.UTC)
	log := seclog.New(seclog.Config{Writer: w, Maker: maker, Now: func() time.Time { return now }})
	o := event.Origin{Actor: ada, SourceIP: "203.0.113.9", UserAgent: hostile, URI: "/" + hostile, RequestID: "r_1", Session: "s1"}
	err = log.Commit(event.With(ctx, o), func(tx *db.Tx) ([]event.Event, error) {
		_, err := tx.Exec(`INSERT INTO account (id, username, username_key, role, created) VALUES ($1, $2, 'ada', 'holder', 0)`, ada, "Ada"+hostile)
		return []event.Event{
			event.UserCreated{Account: ada, Role: "holder"},
			event.LoginFailed{Account: ada, Reason: "wrong_password"},
			event.LogFileAltered{Segment: 0, Kept: hostile},
		}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// typed runs a command in this process, as if it had been typed.
func typed(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, streams{&o, &e})
	return code, o.String(), e.String()
}

// TestFormatsByCommand writes a log full of traps in every format: each record
// stays one record, and nothing acts on a terminal.
func TestFormatsByCommand(t *testing.T) {
	dir := hostileLog(t)
	for _, f := range format.All {
		code, out, said := typed(t, "log", "query", "--data", dir, "--format", f.Name, "node:a1")
		if code != exitDone || said != "" {
			t.Errorf("--format %s: exit %d, and it says %q", f.Name, code, said)
		}
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if want := 3 + strings.Count(string(f.Header()), "\n"); len(lines) != want {
			t.Errorf("--format %s writes %d lines, want %d:\n%s", f.Name, len(lines), want, out)
		}
		if at := strings.IndexFunc(strings.ReplaceAll(out, "\r\n", "\n"), func(r rune) bool {
			return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
		}); at >= 0 {
			t.Errorf("--format %s writes the character %q", f.Name, out[at:at+1])
		}
		switch f.Name {
		case "csv":
			rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil || len(rows) != 4 || rows[1][0] != "0" || rows[3][3] != "log_file_altered" {
				t.Errorf("the table is %q, %v", rows, err)
			}
		case "jsonl", "ocsf", "ecs":
			for _, l := range lines {
				var v map[string]any
				if err := json.Unmarshal([]byte(l), &v); err != nil {
					t.Errorf("--format %s writes %s: %v", f.Name, l, err)
				}
			}
		}
	}
}

// TestTextByCommand is what a person reads: the name stands beside the id, and
// is as harmless as the rest.
func TestTextByCommand(t *testing.T) {
	dir := hostileLog(t)
	code, out, said := typed(t, "log", "tail", "--data", dir, "-n", "3")
	if code != exitDone || said != "" {
		t.Fatalf("exit %d, and it says %q", code, said)
	}
	for _, want := range []string{"2026-11-24 16:51:27Z", "WARNING", "authn_login_fail", "Ada", ada, "203.0.113.9", "CRITICAL", "log_file_altered", "The log's file was altered; it was written again from the database"} {
		if !strings.Contains(out, want) {
			t.Errorf("the text lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "…") {
		t.Errorf("what is piped is cut:\n%s", out)
	}
	if strings.Contains(out, "\x1b") {
		t.Errorf("colour goes to what is no terminal: %q", out)
	}
	if code, out, _ = typed(t, "log", "query", "--data", dir, "subject:"+ada, "-event:user_created", "level:>=WARNING", "-ip:10.0.0.0/8"); code != exitDone || strings.Count(out, "\n") != 2 {
		t.Errorf("exit %d with\n%s\nwant the two that were refused", code, out)
	}
	if code, out, said = typed(t, "log", "query", "--data", dir, "actor:"+hostile); code != exitFailed || out != "" || strings.ContainsAny(said, "\x1b\r\u202e") {
		t.Errorf("exit %d with %q, and it says %q", code, out, said)
	}
}

// TestPipe holds that a reader who leaves is no failure, and that what was
// begun is put in order.
func TestPipe(t *testing.T) {
	dir := hostileLog(t)
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	defer out.Close()
	var said bytes.Buffer
	if code := run(context.Background(), []string{"log", "query", "--data", dir}, streams{out, &said}); code != exitDone || said.Len() > 0 {
		t.Errorf("exit %d, and it says %q; want a quiet end", code, &said)
	}
}

// TestPlace holds that the settings which commands share with the server are
// the server's.
func TestPlace(t *testing.T) {
	of := reflect.TypeFor[app.Config]()
	for f := range reflect.TypeFor[place]().Fields() {
		if same, there := of.FieldByName(f.Name); !there || same.Tag != f.Tag || same.Type != f.Type {
			t.Errorf("the setting %s is %s %s, and the server's %s %s", f.Name, f.Type, f.Tag, same.Type, same.Tag)
		}
	}
	in := place{Data: "d", Database: "postgres://x", DatabaseFile: "f", Node: "n"}
	if c := in.config(); c.Data != in.Data || c.Database != in.Database || c.DatabaseFile != in.DatabaseFile || c.Node != in.Node {
		t.Errorf("config() = %+v, want what was given", c)
	}
}
