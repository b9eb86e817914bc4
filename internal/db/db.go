// Package db opens the database, brings its schema up and runs transactions:
// SQLite, where one writes at a time and those who wait share one sync, or
// PostgreSQL, SERIALIZABLE with retry. It hands out a Reader, which cannot
// change anything, and a Writer, which only the log may hold.
//
// It knows no domain, rewrites no SQL (the same `$N` text runs on both) and
// never tells a caller that something is stored before it is on disk.
// Unsolved: a disk that confirms a sync it did not do.
package db

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Engine is which database is behind.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Config says where the database is.
type Config struct {
	// File is the SQLite file; it counts where Postgres is empty.
	File string
	// Postgres is a postgres:// URL, which may carry a search_path.
	Postgres string
	// Now is the clock that Tx.Now is read from; nil is time.Now.
	Now func() time.Time
}

// Engine is the engine that the configuration chooses.
func (c Config) Engine() Engine {
	if c.Postgres != "" {
		return Postgres
	}
	return SQLite
}

// now is the transaction's time: what a BIGINT of microseconds can hold.
func (c Config) now() time.Time {
	if c.Now == nil {
		return time.Now().UTC().Truncate(time.Microsecond)
	}
	return c.Now().UTC().Truncate(time.Microsecond)
}

// Open opens the database and checks that it answers and is set up to keep
// what it acknowledges. It makes no schema: Migrate does.
func Open(ctx context.Context, c Config) (*Reader, *Writer, error) {
	if c.Engine() == Postgres {
		return openPostgres(ctx, c)
	}
	return openSQLite(ctx, c)
}

// Reader reads; the database itself refuses its writes.
type Reader struct {
	engine Engine
	pool   *sql.DB
	own    *sql.DB // nil where all share
}

// Engine is which database is behind.
func (r *Reader) Engine() Engine { return r.engine }

// Own reads by connections that are not the visitors', where a server may keep
// all of theirs busy: for what must not wait behind them. Only r is closed.
func (r *Reader) Own() *Reader {
	if r.own == nil {
		return r
	}
	return &Reader{engine: r.engine, pool: r.own}
}

// Query reads rows; the caller closes them. Statements are prepared once per
// connection and text, so the text should be a constant.
func (r *Reader) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return r.pool.QueryContext(ctx, q, args...)
}

// QueryRow reads at most one row.
func (r *Reader) QueryRow(ctx context.Context, q string, args ...any) *sql.Row {
	if r.engine == SQLite && ctx.Err() == nil {
		// One row out of a local file is there sooner than two goroutines
		// that would watch for the caller's leaving.
		ctx = context.WithoutCancel(ctx)
	}
	return r.pool.QueryRowContext(ctx, q, args...)
}

// Ping tells whether the database answers.
func (r *Reader) Ping(ctx context.Context) error { return r.pool.PingContext(ctx) }

// Close lets the connections go.
func (r *Reader) Close() error {
	if r.own == nil {
		return r.pool.Close()
	}
	return errors.Join(r.pool.Close(), r.own.Close())
}
