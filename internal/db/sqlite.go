package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"modernc.org/sqlite"
)

const (
	// readers is small: a read takes microseconds, and each keeps its own cache.
	readers = 4
	// busyWait is how long another process (a command) may hold the write lock.
	busyWait = 2 * time.Second
)

// pragmas hold for every connection. A container may have no writable /tmp,
// hence temp_store; deleted rows were somebody's data, hence secure_delete.
var pragmas = []string{
	fmt.Sprintf("busy_timeout(%d)", busyWait.Milliseconds()),
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"foreign_keys(ON)",
	"recursive_triggers(ON)", // else REPLACE deletes past the append-only trigger
	"secure_delete(ON)",
	"temp_store(MEMORY)",
	"wal_autocheckpoint(4000)",
}

// fileConnector opens a SQLite file with statements cached by text.
type fileConnector struct {
	driver.Connector
	strict bool
}

// newFileConnector sets what holds for every connection, and extra pragmas.
func newFileConnector(file string, strict bool, extra ...string) (fileConnector, error) {
	v := url.Values{"_txlock": {"immediate"}}
	for _, p := range append(append([]string{}, pragmas...), extra...) {
		v.Add("_pragma", p)
	}
	// The path is escaped so that a "?" in it begins no options.
	c, err := sqlite.NewConnector("file:" + (&url.URL{Path: file}).EscapedPath() + "?" + v.Encode())
	return fileConnector{c, strict}, err
}

// Connect opens one connection.
func (f fileConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := f.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return newConn(c, f.strict)
}

// pinned lets database/sql read through the connection that the writer owns.
type pinned struct{ c *conn }

// Connect gives the one connection.
func (p pinned) Connect(context.Context) (driver.Conn, error) { return p.c, nil }

// Driver is demanded by the interface; nobody asks for it.
func (p pinned) Driver() driver.Driver { return nil }

func openSQLite(ctx context.Context, c Config) (*Reader, *Writer, error) {
	from, err := newFileConnector(c.File, false, "query_only(ON)")
	if err != nil {
		return nil, nil, err
	}
	g, err := newGroup(ctx, c)
	if err != nil {
		return nil, nil, unavailable(fmt.Errorf("open %s: %w", c.File, err))
	}
	pool := sql.OpenDB(from)
	pool.SetMaxOpenConns(readers)
	pool.SetMaxIdleConns(readers)
	r := &Reader{engine: SQLite, pool: pool}
	if err := r.Ping(ctx); err != nil {
		return nil, nil, unavailable(errors.Join(err, r.Close(), g.close()))
	}
	return r, &Writer{engine: SQLite, by: g, hooks: &g.hooks}, nil
}

// checkDurable refuses a connection that would acknowledge what is not on
// disk: a file system without shared memory silently keeps another journal.
func checkDurable(ctx context.Context, on *sql.Conn) error {
	var mode string
	var sync int
	if err := on.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if err := on.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync); err != nil {
		return err
	}
	if mode != "wal" || sync != 2 {
		return fmt.Errorf("journal_mode is %s and synchronous %d, want wal and 2", mode, sync)
	}
	return nil
}

// selects reports whether q surely changes nothing; WITH and RETURNING may.
func selects(q string) (only bool) {
	q = strings.TrimLeft(q, " \t\r\n")
	return len(q) > 6 && strings.EqualFold(q[:6], "SELECT")
}
