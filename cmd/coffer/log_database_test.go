package main

import (
	"context"
	"strings"
	"testing"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/event"
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

// TestVerifyDatabase holds that coffer log verify finds what was changed in the
// database where the files are as they were, names the line, writes it into the
// log beside a server and without one, and never calls half a look a success.
func TestVerifyDatabase(t *testing.T) {
	unguard := map[string][]string{
		"sqlite":   {`DROP TRIGGER event_update`},
		"postgres": {`ALTER TABLE event DISABLE TRIGGER USER`},
	}
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
				l.verified(t, 1, "TAMPERED  A line in the database is filed under what it does not say: line 100\n", "log_verify_fail column line:100"+by)
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

// readOften adds some hundred lines, so that a hash tile is full.
func readOften(t *testing.T, dir, database string) {
	t.Helper()
	d, err := app.OpenDesk(context.Background(), place{Data: dir, Database: database}.config(), app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	events := make([]event.Event, 600)
	for i := range events {
		events[i] = event.LogRead{Tool: "query", Format: "csv", Length: i}
	}
	if err := d.Record(context.Background(), events...); err != nil {
		t.Fatal(err)
	}
}
