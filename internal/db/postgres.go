package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	postgresReaders = 8
	postgresWriters = 16
	// postgresAside is for the log's own work, on either side: the sealer, the
	// signer, the file's mark and one more.
	postgresAside = 4
	// patience is how long a transaction may be retried where the caller set no deadline.
	patience = 2 * time.Second
)

// server is the writer of a PostgreSQL database.
type server struct {
	config Config
	hooks  Hooks
	pool   *sql.DB
	aside  *sql.DB // for apart: who waits for the other is served in no order
	reader *Reader
}

// postgresPool opens a pool. Every connection demands that a commit be on
// disk before it is answered, whatever the server's own setting.
func postgresPool(c Config, size int, params map[string]string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(c.Postgres)
	if err != nil {
		// The driver's message repeats the URL with its password hidden.
		return nil, fmt.Errorf("database URL: %w", err)
	}
	config.RuntimeParams["synchronous_commit"] = "on"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "coffer"
	}
	for k, v := range params {
		config.RuntimeParams[k] = v
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}

func openPostgres(ctx context.Context, c Config) (*Reader, *Writer, error) {
	only := map[string]string{"default_transaction_read_only": "on"}
	var pools [4]*sql.DB
	for i, p := range []struct {
		size   int
		params map[string]string
	}{{postgresReaders, only}, {postgresAside, only}, {postgresWriters, nil}, {postgresAside, nil}} {
		var err error
		if pools[i], err = postgresPool(c, p.size, p.params); err != nil { // the URL, before any connection
			return nil, nil, err
		}
	}
	r := &Reader{engine: Postgres, pool: pools[0], own: pools[1]}
	s := &server{config: c, pool: pools[2], aside: pools[3], reader: r}
	if err := errors.Join(r.Ping(ctx), s.pool.PingContext(ctx)); err != nil {
		return nil, nil, unavailable(errors.Join(err, r.Close(), s.close()))
	}
	return r, &Writer{engine: Postgres, by: s, hooks: &s.hooks}, nil
}

func (s *server) close() error { return errors.Join(s.pool.Close(), s.aside.Close()) }

// migratePostgres holds an advisory lock of the schema on a connection of its
// own, so that of two nodes that start together one waits.
func migratePostgres(ctx context.Context, c Config) (from, to int64, err error) {
	pool, err := migrationPool(c)
	if err != nil {
		return 0, 0, err
	}
	defer pool.Close()
	held, err := pool.Conn(ctx)
	if err != nil {
		return 0, 0, unavailable(err)
	}
	defer held.Close()
	const lock = "SELECT pg_advisory_lock(hashtext('coffer migrate'), hashtext(current_schema()))"
	if _, err := held.ExecContext(ctx, lock); err != nil {
		return 0, 0, classify(err)
	}
	// Closing the pool ends the connection, and the lock with it.
	if from, to, err = versions(ctx, Postgres, pool); err != nil || from == to {
		return from, to, err
	}
	return from, to, up(ctx, Postgres, pool)
}

// onServer runs statements in one transaction of PostgreSQL.
type onServer struct {
	ctx context.Context
	tx  *sql.Tx
}

func (o onServer) exec(q string, args []any) (int64, error) {
	result, err := o.tx.ExecContext(o.ctx, q, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (o onServer) query(q string, args []any) (*sql.Rows, error) {
	return o.tx.QueryContext(o.ctx, q, args...)
}

func (o onServer) queryRow(q string, args []any) *sql.Row {
	return o.tx.QueryRowContext(o.ctx, q, args...)
}
