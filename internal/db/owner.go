package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// What a role that may not delete asks of PostgreSQL: how long the owner has lines
// kept, and the owner's function that removes a portion of those behind a line.
const (
	SelectRetention = `SELECT micros FROM retention WHERE id = 1`
	SelectPrune     = `SELECT prune($1, $2)`
	// SelectRewrite says who asks, and whether that one may write the log's tree
	// again, as a new epoch does: the owner may.
	SelectRewrite = `SELECT current_user, has_table_privilege('tile', 'UPDATE') AND has_table_privilege('tile', 'DELETE')`
)

// history are the tables of which the application's role may change no row: it
// adds to them, and the owner's function prunes.
var history = []string{"event", "tile", "checkpoint", "mention"}

// owned are the tables that only the owner writes.
var owned = []string{"goose_db_version", "retention"}

// Separation is what Separate did, a statement each.
type Separation struct {
	Schema string
	Done   []string
}

// Separate takes the application's rights away from the owner of the tables: it
// makes a role that may do what the program does and cannot change, remove or
// empty what the log has, nor undo what forbids it. keep is how long the owner
// has lines kept, whatever the program's setting; 0 has none pruned at all. It
// may be run again.
func Separate(ctx context.Context, c Config, role string, keep time.Duration) (done Separation, err error) {
	if c.Engine() != Postgres {
		return done, errors.New("SQLite has no roles: who may write the file may write it all")
	}
	pool, err := migrationPool(c)
	if err != nil {
		return done, err
	}
	defer pool.Close()
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return done, unavailable(err)
	}
	defer tx.Rollback()
	o := owner{ctx: ctx, tx: tx, role: pgx.Identifier{role}.Sanitize()}
	if err := o.separate(role, keep); err != nil {
		return done, err
	}
	return o.Separation, tx.Commit()
}

// owner works in one transaction.
type owner struct {
	Separation
	ctx  context.Context
	tx   *sql.Tx
	role string // quoted
}

func (o *owner) separate(role string, keep time.Duration) error {
	if err := o.create(role); err != nil {
		return err
	}
	if err := o.tx.QueryRowContext(o.ctx, "SELECT current_schema()").Scan(&o.Schema); err != nil {
		return err
	}
	schema := pgx.Identifier{o.Schema}.Sanitize()
	tables, err := o.names("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
	if err != nil {
		return err
	}
	columns, err := o.names(`SELECT column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = 'head' AND column_name NOT IN ('id', 'pruned') ORDER BY ordinal_position`)
	if err != nil {
		return err
	}
	// What an earlier run gave, or somebody by hand, goes first.
	o.do("REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %s", schema, o.role)
	o.do("REVOKE ALL ON SCHEMA %s FROM %s", schema, o.role)
	o.do("GRANT USAGE ON SCHEMA %s TO %s", schema, o.role)
	for _, t := range tables {
		o.do("GRANT %s ON %s TO %s", rights(t), pgx.Identifier{t}.Sanitize(), o.role)
	}
	o.do("GRANT UPDATE (%s) ON head TO %s", strings.Join(columns, ", "), o.role)
	o.do("GRANT EXECUTE ON FUNCTION prune(BIGINT, BIGINT) TO %s", o.role)
	o.do("UPDATE retention SET micros = %d", micros(keep))
	return o.run()
}

// rights are what the application's role may do with a table.
func rights(table string) string {
	switch {
	case slices.Contains(owned, table), table == "head":
		return "SELECT"
	case slices.Contains(history, table):
		return "SELECT, INSERT"
	}
	return "SELECT, INSERT, UPDATE, DELETE"
}

// micros is the retention as the database has it. For ever is a thousand years.
func micros(keep time.Duration) int64 {
	if keep == 0 {
		return 1000 * 366 * 24 * time.Hour.Microseconds()
	}
	return keep.Microseconds()
}

// create makes the role if there is none, and refuses one that nothing holds
// back: a superuser, the owner, or a member of the owner.
func (o *owner) create(role string) error {
	var n int
	if err := o.tx.QueryRowContext(o.ctx, "SELECT count(*) FROM pg_roles WHERE rolname = $1", role).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		statement := "CREATE ROLE " + o.role + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
		if _, err := o.tx.ExecContext(o.ctx, statement); err != nil {
			return fmt.Errorf("make the role: %w (as one who may make roles: CREATE ROLE %s LOGIN; then run this again)", err, o.role)
		}
		o.Done = append(o.Done, statement)
		return nil
	}
	var powerful bool
	err := o.tx.QueryRowContext(o.ctx, `SELECT rolsuper OR pg_has_role($1, current_user, 'MEMBER') FROM pg_roles WHERE rolname = $1`, role).Scan(&powerful)
	if err == nil && powerful {
		err = fmt.Errorf("the role %s is a superuser or has the owner's rights: nothing would hold it back; name another", o.role)
	}
	return err
}

func (o *owner) do(format string, args ...any) { o.Done = append(o.Done, fmt.Sprintf(format, args...)) }

func (o *owner) run() error {
	for _, q := range o.Done {
		if strings.HasPrefix(q, "CREATE ROLE") {
			continue // it was run
		}
		if _, err := o.tx.ExecContext(o.ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

// names reads identifiers and quotes nothing: they are ours.
func (o *owner) names(q string) (out []string, err error) {
	rows, err := o.tx.QueryContext(o.ctx, q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}
