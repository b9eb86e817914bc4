package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/event"
	"coffer/internal/seclog/seal"
)

// verified runs coffer log verify and holds its exit code, a mark of its report,
// and what it wrote into the log.
func (l *ledger) verified(t *testing.T, code int, says, wrote string) {
	l.Helper()
	before := len(l.settled())
	got, out, said := typed(t, "log", "verify", "--data", l.dir)
	if got != code || !strings.Contains(out, says) {
		l.Errorf("coffer log verify = %d with %q and %q, want %d and %q", got, out, said, code, says)
	}
	var new []string
	for _, line := range l.settled()[before:] {
		new = append(new, strings.TrimSpace(line.Event+" "+line.Reason+" "+line.Target()+" "+line.Actor))
	}
	if got := strings.Join(new, ", "); got != wrote {
		l.Errorf("coffer log verify wrote %q, want %q", got, wrote)
	}
}

func (l *ledger) do(statements ...string) {
	l.Helper()
	for _, q := range statements {
		if _, err := l.pool.Exec(q); err != nil {
			l.Fatalf("%s: %v", q, err)
		}
	}
}

// unguard takes the guard of the lines away, as the owner of the database can.
var unguard = map[string][]string{
	"sqlite":   {`DROP TRIGGER event_update`, `DROP TRIGGER event_delete`},
	"postgres": {`ALTER TABLE event DISABLE TRIGGER USER`},
}

// TestVerifyDatabase holds that coffer log verify finds what was changed in the
// database where the files are as they were, names the line, writes it into the
// log beside a server and without one, and never calls half a look a success.
func TestVerifyDatabase(t *testing.T) {
	by := " " + app.Origin().Actor
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir, database := t.TempDir(), ""
			if engine == "postgres" {
				database = apptest.Postgres(t)
			}
			t.Setenv("COFFER_DATABASE", database)
			p := start(t, nil, "--data", dir)
			l := openLedger(t, dir, database)
			readOften(t, dir, database)
			l.do(unguard[engine]...)
			for _, served := range []bool{true, false} {
				if !served {
					p.stop()
				}
				l.verified(t, 0, " lines, their columns and the index are what was sealed", "log_verified  log:security.log"+by)
				l.do(`CREATE TABLE kept AS SELECT line FROM event WHERE seq = 101`, `UPDATE event SET target = 'u_other' WHERE seq = 100`)
				l.verified(t, 1, "TAMPERED  The time, event or object that the database gives for a line is not what the line says: line 100\n", "log_verify_fail column line:100"+by)
				l.do(`UPDATE event SET target = '' WHERE seq = 100`, `UPDATE event SET line = (SELECT line FROM event WHERE seq = 99) WHERE seq = 101`)
				// The file is right, and the comparison with the table cannot be made.
				if code, out, _ := typed(t, "log", "verify", "--data", dir); code != 1 || !strings.Contains(out, "first bad line   101   in the database") {
					t.Errorf("coffer log verify of an edited line = %d with %q, want 1 and line 101", code, out)
				}
				l.do(`UPDATE event SET line = (SELECT line FROM kept) WHERE seq = 101`, `DROP TABLE kept`, `ALTER TABLE mention RENAME TO away`)
				code, out, said := typed(t, "log", "verify", "--data", dir)
				if code != 2 || !strings.Contains(out, "INCOMPLETE") || !strings.Contains(said, "could not be looked through to its end") {
					t.Errorf("coffer log verify without the index = %d with %q and %q, want 2", code, out, said)
				}
				l.do(`ALTER TABLE away RENAME TO mention`)
			}
		})
	}
}

// readOften adds more than a thousand lines, so that hash tiles are full, and a
// block of the index.
func readOften(t *testing.T, dir, database string) {
	t.Helper()
	d, err := app.OpenDesk(context.Background(), place{Data: dir, Database: database}.config(), app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	events := make([]event.Event, 1100)
	for i := range events {
		events[i] = event.LogRead{Tool: "query", Format: "csv", Length: i}
	}
	if err := d.Record(context.Background(), events...); err != nil {
		t.Fatal(err)
	}
	soon(t, "the signature", fileSoon, func() bool {
		_, c, _, err := d.Sealer.Checkpoint(context.Background())
		return err == nil && c.Size > uint64(len(events))
	})
}

// TestVerifyOpenEnd holds that a row which was edited where no hash tile covers
// it yet, and agrees with its columns, is found too: by its number where
// security.log has the line as it was signed, and by the lines around it where
// there is no such file.
func TestVerifyOpenEnd(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir, database := t.TempDir(), ""
			if engine == "postgres" {
				database = apptest.Postgres(t)
			}
			t.Setenv("COFFER_DATABASE", database)
			p := start(t, nil, "--data", dir)
			l := openLedger(t, dir, database)
			readOften(t, dir, database)
			p.stop()
			l.do(unguard[engine]...)
			size := uint64(len(l.settled()))
			at := size - 3
			l.edit(at, `"format":"csv"`, `"format":"cef"`)
			code, out, said := typed(t, "log", "verify", "--data", dir)
			want := fmt.Sprintf("TAMPERED  A line in the database is not the one that was sealed: line %d\n", at)
			if code != 1 || !strings.HasPrefix(out, want) || !strings.Contains(out, fmt.Sprintf("first bad line   %d   in the database\n", at)) {
				t.Errorf("coffer log verify = %d with %s\nand %s\nwant 1 and %s", code, out, said, want)
			}
			path := filepath.Join(dir, "security.log")
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, bytes.Replace(text, fmt.Appendf(nil, `{"seq":%d,`, at), fmt.Appendf(nil, `{"seq":%d, `, at), 1), 0o640)
			}
			if err != nil {
				t.Fatal(err)
			}
			code, out, said = typed(t, "log", "verify", "--data", dir)
			if want := regexp.MustCompile(fmt.Sprintf(`A line in the database is not the one that was sealed: somewhere in the lines \d to (%d|%d|%d)\n`, at, at+1, at+2)); code != 1 || !want.MatchString(out) {
				t.Errorf("coffer log verify without the file's word = %d with %s\nand %s\nwant 1 and %s", code, out, said, want)
			}
		})
	}
}

// TestExportEdited holds that an export of a row that was edited names it, ends
// with 1 and without a checkpoint, and leaves a line in the log; and that a row
// which is gone without a log_pruned is no pruned one.
func TestExportEdited(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir, database := t.TempDir(), ""
			if engine == "postgres" {
				database = apptest.Postgres(t)
			}
			t.Setenv("COFFER_DATABASE", database)
			start(t, nil, "--data", dir)
			l := openLedger(t, dir, database)
			readOften(t, dir, database)
			size := len(l.settled())
			l.do(unguard[engine]...)
			l.edit(100, `"format":"csv"`, `"format":"cef"`)
			l.do(`DELETE FROM event WHERE seq = 300`)
			to := filepath.Join(t.TempDir(), "export")
			code, out, said := typed(t, "log", "export", "--data", dir, to)
			for _, want := range []string{
				"TAMPERED  A line in the database is not the one that was sealed: line 100\n",
				"TAMPERED  A line that was sealed is missing from the database: line 300\n",
				"There is no export of this state in " + to + ": ",
			} {
				if !strings.Contains(said, want) {
					t.Errorf("it says %q, want %q", said, want)
				}
			}
			if _, err := os.Stat(filepath.Join(to, "checkpoint")); code != 1 || out != "" || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("coffer log export = %d with %q, and the checkpoint: %v; want 1, nothing and none", code, out, err)
			}
			var got []string
			for _, stored := range l.column(fmt.Sprint(`SELECT line FROM event WHERE event LIKE 'log_%' AND seq >= `, size, ` ORDER BY seq`)) {
				line, err := event.Parse(seal.Unpack(nil, []byte(stored)))
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, line.Event+" "+line.Target())
			}
			if want := []string{"log_exported log:security.log", "log_verify_fail line:100", "log_verify_fail line:300"}; !slices.Equal(got, want) {
				t.Errorf("the log has %q, want %q", got, want)
			}
		})
	}
}

// edit changes text in a row's line, as a forger who knows the columns would.
func (l *ledger) edit(seq uint64, from, to string) {
	l.Helper()
	var line seal.Text
	if err := l.pool.QueryRow(`SELECT line FROM event WHERE seq = $1`, seq).Scan(&line); err != nil {
		l.Fatal(err)
	}
	edited := bytes.Replace(line, []byte(from), []byte(to), 1)
	if bytes.Equal(edited, line) {
		l.Fatalf("line %d is %s, without %s", seq, line, from)
	}
	if _, err := l.pool.Exec(`UPDATE event SET line = $1 WHERE seq = $2`, edited, seq); err != nil {
		l.Fatal(err)
	}
}
