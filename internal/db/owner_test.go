package db_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"coffer/internal/apptest"
	"coffer/internal/db"
)

// separated is a database with a role of its own for the application: pools of
// the owner and of that role.
func separated(t *testing.T, keep time.Duration) (c db.Config, role string, owner, app *sql.DB) {
	t.Helper()
	c = db.Config{Postgres: apptest.Postgres(t)}
	if _, _, err := db.Migrate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	role = "app_" + strings.ToLower(rand.Text())
	for range 2 { // it may be run again
		if _, err := db.Separate(t.Context(), c, role, keep); err != nil {
			t.Fatalf("Separate() = %v", err)
		}
	}
	owner = pool(t, c.Postgres)
	t.Cleanup(func() {
		if _, err := owner.ExecContext(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role); err != nil {
			t.Errorf("drop the role: %v", err)
		}
	})
	return c, role, owner, pool(t, as(t, c.Postgres, role))
}

// as is the URL for another role.
func as(t *testing.T, address, role string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	return u.String()
}

func pool(t *testing.T, address string) *sql.DB {
	t.Helper()
	p, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// history makes a log of two segments, the first of them older by two years,
// with its full tile; announced adds the line that says that it goes.
func history(t *testing.T, p *sql.DB, announced bool) {
	t.Helper()
	old := time.Now().AddDate(-2, 0, 0).UnixMicro()
	const insert = `INSERT INTO event SELECT n, $1, CASE n WHEN $3 THEN 'log_rotated' ELSE 'log_heartbeat' END,
		'', '', '{}'::bytea FROM generate_series($2::bigint, $3::bigint) AS n`
	const line = `INSERT INTO event VALUES (512, $1, 'log_pruned', '', '', convert_to('{"data":{"first":0,"last":255}}', 'UTF8'))`
	for _, q := range []struct {
		text string
		args []any
	}{
		{insert, []any{old, 0, 255}},
		{insert, []any{time.Now().UnixMicro(), 256, 511}},
		{`INSERT INTO tile VALUES (0, 0, '', '')`, nil},
	} {
		if _, err := p.ExecContext(t.Context(), q.text, q.args...); err != nil {
			t.Fatalf("%s: %v", q.text, err)
		}
	}
	if announced {
		if _, err := p.ExecContext(t.Context(), line, time.Now().UnixMicro()); err != nil {
			t.Fatal(err)
		}
	}
}

func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// TestApplicationRole holds that the application's role cannot change, remove
// or empty what the log has, nor undo what forbids it.
func TestApplicationRole(t *testing.T) {
	_, _, owner, app := separated(t, 400*24*time.Hour)
	history(t, app, true) // adding is its work
	const insufficient = "42501"
	for _, q := range []string{
		`UPDATE event SET line = ''`, `DELETE FROM event`, `DELETE FROM event WHERE seq < 10`, `TRUNCATE event`, `TRUNCATE event CASCADE`,
		`UPDATE tile SET hashes = ''`, `DELETE FROM tile`, `TRUNCATE tile`,
		`UPDATE checkpoint SET note = ''`, `DELETE FROM checkpoint`, `TRUNCATE checkpoint`,
		`UPDATE mention SET lines = ''`, `DELETE FROM mention`, `TRUNCATE mention`,
		`UPDATE head SET pruned = 100`, `DELETE FROM head`, `TRUNCATE head`, `INSERT INTO head SELECT * FROM head`,
		`UPDATE retention SET micros = 0`, `DELETE FROM retention`, `INSERT INTO retention VALUES (2, 0)`, `UPDATE goose_db_version SET version_id = 1`,
		`ALTER TABLE event DISABLE TRIGGER ALL`, `DROP TRIGGER event_append_only ON event`, `DROP TRIGGER event_pruned_only ON event`,
		`ALTER TABLE event RENAME TO other`, `ALTER TABLE event ADD COLUMN more TEXT`, `DROP TABLE event`, `ALTER TABLE event OWNER TO CURRENT_USER`,
		`CREATE TRIGGER mine BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION append_only()`,
		`CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
		`CREATE FUNCTION mine() RETURNS INT LANGUAGE SQL AS 'SELECT 1'`, `CREATE TABLE mine (id INT)`,
		`ALTER FUNCTION prune(BIGINT, BIGINT) SECURITY INVOKER`, `DROP FUNCTION prune(BIGINT, BIGINT)`,
		`SET session_replication_role = replica`, `SET ROLE coffer`, `CREATE ROLE more SUPERUSER`,
		`DELETE FROM event USING head`, `INSERT INTO event SELECT * FROM event ON CONFLICT (seq) DO UPDATE SET line = ''`,
		`WITH gone AS (DELETE FROM event RETURNING seq) SELECT * FROM gone`,
	} {
		if _, err := app.ExecContext(t.Context(), q); code(err) != insufficient {
			t.Errorf("%s = %v, want insufficient privilege", q, err)
		}
	}
	// Nor can the owner by mistake.
	for _, q := range []string{`UPDATE event SET line = ''`, `DELETE FROM event`, `TRUNCATE event`, `UPDATE checkpoint SET note = ''`, `TRUNCATE checkpoint`, `TRUNCATE mention`} {
		if _, err := owner.ExecContext(t.Context(), q); code(err) != "23000" {
			t.Errorf("the owner: %s = %v, want a broken constraint", q, err)
		}
	}
	for _, q := range []string{`UPDATE head SET size = size`, `DELETE FROM staged`, `DELETE FROM session`, `UPDATE projected SET bytes = 1`} {
		if _, err := app.ExecContext(t.Context(), q); err != nil {
			t.Errorf("%s = %v, want it allowed: the program does so", q, err)
		}
	}
}

// TestPruneFunction holds that the owner's function believes nobody: it removes
// only what is older than the owner's retention, announced and hashed, and not
// after a jump of the clock.
func TestPruneFunction(t *testing.T) {
	ask := func(p *sql.DB, upto int) (gone int, err error) {
		err = p.QueryRowContext(t.Context(), `SELECT prune($1, 100)`, upto).Scan(&gone)
		return gone, err
	}
	for name, c := range map[string]struct {
		keep      time.Duration
		announced bool
		spoil     string
		upto      int
		refused   bool
	}{
		"what is due":                   {400 * 24 * time.Hour, true, "", 255, false},
		"inside the retention":          {3 * 366 * 24 * time.Hour, true, "", 255, true},
		"kept for ever":                 {0, true, "", 255, true},
		"another line than the last":    {time.Hour, true, "", 254, true},
		"a segment that is young":       {time.Hour, true, "", 511, true},
		"not announced":                 {time.Hour, false, "", 255, true},
		"announced for another range":   {time.Hour, true, `UPDATE head SET pruned = 1`, 255, true},
		"a tile is missing":             {time.Hour, true, `DELETE FROM tile`, 255, true},
		"a clock step waits":            {time.Hour, true, `INSERT INTO event VALUES (513, 0, 'sys_clock_step', '', '', '')`, 255, true},
		"a clock step was acknowledged": {time.Hour, true, `INSERT INTO event VALUES (513, 0, 'sys_clock_step', '', '', ''), (514, 0, 'alert_acknowledged', 'line:513', '', '')`, 255, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, owner, app := separated(t, c.keep)
			history(t, owner, c.announced)
			if c.spoil != "" {
				if _, err := owner.ExecContext(t.Context(), c.spoil); err != nil {
					t.Fatal(err)
				}
			}
			app.SetMaxOpenConns(1)
			// Tables of the caller's own by the same names must not be believed.
			for _, q := range []string{
				`CREATE TEMP TABLE retention AS SELECT 1::bigint AS id, 0::bigint AS micros`,
				`CREATE TEMP TABLE head AS SELECT 1::bigint AS id, 500::bigint AS pruned`,
			} {
				if _, err := app.ExecContext(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			gone, err := ask(app, c.upto)
			if c.refused {
				if code(err) != "23000" {
					t.Errorf("prune() = %d, %v, want a refusal", gone, err)
				}
				gone = 0
			} else if err != nil || gone != 100 {
				t.Errorf("prune() = %d, %v, want the first 100 lines", gone, err)
			}
			var n, pruned int
			if err := owner.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM event WHERE seq < 512), pruned FROM head`).Scan(&n, &pruned); err != nil || n != 512-gone {
				t.Errorf("%d lines, %v, want %d", n, err, 512-gone)
			}
			for c.refused == false && n > 256 {
				if _, err := ask(app, c.upto); err != nil {
					t.Fatal(err)
				}
				n -= 100
			}
			var first int
			if err := owner.QueryRowContext(t.Context(), `SELECT min(seq) FROM event`).Scan(&first); err != nil || !c.refused && (first != 256 || pruned != 256) {
				t.Errorf("the log begins with %d and the mark is %d, %v, want 256", first, pruned, err)
			}
		})
	}
}

// TestSeparateRefuses holds what must not be taken for a role that is held back.
func TestSeparateRefuses(t *testing.T) {
	c := apptest.Migrated(t, db.SQLite)
	if _, err := db.Separate(t.Context(), c, "app", 0); err == nil {
		t.Error("SQLite has no roles")
	}
	c = apptest.Migrated(t, db.Postgres)
	if _, err := db.Separate(t.Context(), c, "coffer", 0); err == nil || !strings.Contains(err.Error(), "nothing would hold it back") {
		t.Errorf("Separate(superuser) = %v, want a refusal", err)
	}
	name := `odd "name'; DROP TABLE event; --` + rand.Text()
	if _, err := db.Separate(t.Context(), c, name, 0); err != nil {
		t.Errorf("Separate(%s) = %v", name, err)
	}
	quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	if _, err := pool(t, c.Postgres).ExecContext(context.Background(), "DROP OWNED BY "+quoted+"; DROP ROLE "+quoted); err != nil {
		t.Error(err)
	}
}
