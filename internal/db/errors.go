package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"coffer/internal/fault"
)

// nothingChanged is what a visitor reads when the database could not.
const nothingChanged = "Nothing was changed."

// outcomeUnknown is said only where the database itself cannot be asked.
const outcomeUnknown = "It is not known whether this was saved. Look before you try again."

var errClosed = errors.New("the database is closed")

// Constraint reports whether err is a broken constraint, or the refusal of an
// append-only table: the statement failed and the transaction lives on.
func Constraint(err error) (broken bool) {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.HasPrefix(e.Code, "23")
}

// expected reports whether err is a closure's own refusal or a constraint,
// after which a batch can go on.
func expected(err error) (goesOn bool) {
	_, own := errors.AsType[*fault.Error](err)
	return own || Constraint(err)
}

// unavailable makes the fault for what cannot be done now.
func unavailable(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.Wrap(fault.Unavailable, nothingChanged, err)
}

// unknown makes the fault for a commit that nobody can tell about.
func unknown(err error) error { return fault.Wrap(fault.Unavailable, outcomeUnknown, err) }

// classify turns an error of a transaction that was rolled back into what the
// caller gets: the database's own inability becomes Unavailable.
func classify(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok || err == nil {
		return err
	}
	if sqliteUnable(err) || postgresUnable(err) {
		return unavailable(err)
	}
	return err
}

// sqliteUnable tells the file's and the machine's troubles from a wrong
// statement, which is a bug and must not look like an outage.
func sqliteUnable(err error) (unable bool) {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
		sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT,
		sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_INTERRUPT:
		return true
	}
	return false
}

// syncFailed reports whether err says that a sync did not happen.
func syncFailed(err error) (failed bool) {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_IOERR_FSYNC || e.Code() == sqlite3.SQLITE_IOERR_DIR_FSYNC)
}

// postgresUnable covers the server's troubles (connection, resources,
// shutdown, standby, its disk) and the road to it.
func postgresUnable(err error) (unable bool) {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code[:2] {
		case "08", "53", "57", "58":
			return true
		}
		return e.Code == "25006" || retryable(err)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// retryable reports whether PostgreSQL asks to run the transaction again.
func retryable(err error) (again bool) {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}
