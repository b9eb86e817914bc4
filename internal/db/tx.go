package db

import (
	"database/sql"
	"fmt"
	"runtime/debug"
	"time"
)

// Tx is one transaction, good until the function it was given to returns.
// Rows are read to the end or closed before the next statement.
type Tx struct {
	// Now is the transaction's one time: UTC, in whole microseconds.
	Now time.Time
	on  statements
}

// statements is what a transaction runs on: SQLite's one write connection, or
// a transaction of PostgreSQL.
type statements interface {
	exec(q string, args []any) (changed int64, err error)
	query(q string, args []any) (*sql.Rows, error)
	queryRow(q string, args []any) *sql.Row
}

// Exec runs a statement that returns no rows; changed is how many it touched.
func (t *Tx) Exec(q string, args ...any) (changed int64, err error) { return t.on.exec(q, args) }

// Query reads rows.
func (t *Tx) Query(q string, args ...any) (*sql.Rows, error) { return t.on.query(q, args) }

// QueryRow reads at most one row.
func (t *Tx) QueryRow(q string, args ...any) *sql.Row { return t.on.queryRow(q, args) }

// Panic is what a closure's panic becomes on its way to the caller, whose
// goroutine is another: the value, and the stack that would be lost.
type Panic struct {
	Value any
	Stack []byte
}

// Error does not print the value, which may hold anything.
func (p *Panic) Error() string { return fmt.Sprintf("panic in a transaction (%T)", p.Value) }

// guard runs fn and turns a panic into an outcome.
func guard(tx *Tx, fn func(*Tx) (any, error)) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			o = outcome{panic: asPanic(v)}
		}
	}()
	o.result, o.err = fn(tx)
	return o
}

// asPanic keeps the first stack where panics pass through several hands.
func asPanic(v any) *Panic {
	if p, ok := v.(*Panic); ok {
		return p
	}
	return &Panic{Value: v, Stack: debug.Stack()}
}

// outcome is what becomes of one transaction.
type outcome struct {
	result any
	err    error
	panic  *Panic
}

// failed reports whether the closure did not get through.
func (o outcome) failed() bool { return o.err != nil || o.panic != nil }

// deliver gives the outcome to the caller, on the caller's goroutine.
func (o outcome) deliver() error {
	if o.panic != nil {
		panic(o.panic)
	}
	return o.err
}
