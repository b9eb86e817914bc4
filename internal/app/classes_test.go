package app_test

import (
	"fmt"
	"strings"
	"testing"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
)

// TestSelfcheckClasses stores in rows what their columns were not made for, which
// SQLite takes: a running server and a command name each, and go on to the rest.
func TestSelfcheckClasses(t *testing.T) {
	h := house.Open(t, db.SQLite)
	filled(h)
	unguarded(h)
	outside(h, db.SQLite, `PRAGMA writable_schema = ON;
		UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'event';
		PRAGMA writable_schema = RESET`)
	d := desk(h)
	for set, why := range map[string]string{
		`line = '{"seq":100}'`: "database_edited", `line = 100`: "database_edited", `line = NULL`: "database_edited",
		`at = 'now'`: "column", `event = x'6c6f67'`: "column", `target = NULL`: "column",
	} {
		one := fmt.Sprintf("log_verify_fail %s line:100", why)
		x := tampering{set, "event", `seq IN (100, 2000)`, `UPDATE event SET ` + set + ` WHERE seq = 100; UPDATE event SET target = 'u_other' WHERE seq = 2000`, []string{one, "log_verify_fail column line:2000"}}
		undo := x.do(h)
		x.byCommand(h, d)
		looks(h)
		wrote(h, x.name, x.want...)
		h.Browser(home).Get("/readyz").Is(200, "degraded").Wrote()
		undo()
		looks(h)
		wrote(h, x.name, "log_verified  log:security.log")
	}
}

// TestSelfcheckStuck takes away a table that the check reads: that it does not
// come to its end shows where somebody looks.
func TestSelfcheckStuck(t *testing.T) {
	h := house.Open(t, db.SQLite, func(s *house.Setup) { s.MetricsListen = "127.0.0.1:0" })
	filled(h)
	outside(h, db.SQLite, `ALTER TABLE mention RENAME TO away`)
	h.Pass(app.NextRound)
	for range 1000 {
		h.Tick(app.Selfcheck)
	}
	if text := page(h, "/readyz"); !strings.HasPrefix(text, "degraded\nthe log cannot be looked through (") {
		t.Errorf("/readyz says %q", text)
	}
	outside(h, db.SQLite, `ALTER TABLE away RENAME TO mention`)
	for h.Due() {
		h.Tick(app.Selfcheck)
	}
	wrote(h, "the table is back", "log_verified  log:security.log")
	h.Browser(home).Get("/readyz").Is(200, "ok").Wrote()
}
