package db

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
)

// maxPrepared bounds the statements a connection keeps; texts are constants,
// so more than this means that somebody builds them.
const maxPrepared = 256

// conn is a connection to SQLite that keeps its statements prepared by text.
// database/sql keeps them per pool, with locks that a connection used by one
// goroutine at a time does not need, and the writer's hot path has to get at
// them without it.
type conn struct {
	inner sqliteConn
	idle  map[string]driver.Stmt
	// strict is the writer's: broken counts.
	strict bool
	// open are the rows that somebody still reads. The writer closes what a
	// closure left, since an open cursor pins the connection's snapshot.
	open map[*rows]struct{}
	// broken is the first error that was not a constraint. SQLite may have
	// rolled everything back at that point, so nothing may run after it until
	// the writer has rolled back too.
	broken error
	named  []driver.NamedValue
}

type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

func newConn(c driver.Conn, strict bool) (*conn, error) {
	inner, ok := c.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver's connection is a %T", c)
	}
	return &conn{inner: inner, strict: strict, idle: make(map[string]driver.Stmt), open: make(map[*rows]struct{})}, nil
}

// take gives the statement for q to one user; a second one at the same time,
// such as a query inside the loop over the same query, gets its own.
func (c *conn) take(ctx context.Context, q string) (driver.Stmt, error) {
	if c.broken != nil {
		return nil, c.broken
	}
	if s, ok := c.idle[q]; ok {
		delete(c.idle, q)
		return s, nil
	}
	s, err := c.inner.PrepareContext(ctx, q)
	return s, c.note(err)
}

// give takes a statement back.
func (c *conn) give(q string, s driver.Stmt) {
	if _, twice := c.idle[q]; twice {
		s.Close()
		return
	}
	if len(c.idle) >= maxPrepared {
		for old, o := range c.idle {
			o.Close()
			delete(c.idle, old)
			break
		}
	}
	c.idle[q] = s
}

// note remembers an error after which the transaction cannot be trusted.
func (c *conn) note(err error) error {
	if c.strict && err != nil && err != io.EOF && c.broken == nil && !Constraint(err) {
		c.broken = err
	}
	return err
}

// run executes q without database/sql in between.
func (c *conn) run(q string, args []any) (changed int64, err error) {
	s, err := c.take(context.Background(), q)
	if err != nil {
		return 0, err
	}
	named := c.named[:0]
	for i, a := range args {
		v, err := value(a)
		if err != nil {
			c.give(q, s)
			return 0, fmt.Errorf("argument %d: %w", i+1, err)
		}
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	result, err := s.(driver.StmtExecContext).ExecContext(context.Background(), named)
	clear(named)
	c.named = named[:0]
	c.give(q, s)
	if err != nil {
		return 0, c.note(err)
	}
	return result.RowsAffected()
}

// value is driver.DefaultParameterConverter with a short way for the types
// that nearly every argument has.
func value(a any) (driver.Value, error) {
	switch v := a.(type) {
	case nil, int64, string, []byte:
		return v, nil
	case int:
		return int64(v), nil
	}
	return driver.DefaultParameterConverter.ConvertValue(a)
}

// settle closes what a closure left open.
func (c *conn) settle() {
	for r := range c.open {
		r.Close()
	}
}

// QueryContext is how database/sql reads.
func (c *conn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, q)
	if err != nil {
		return nil, err
	}
	inner, err := s.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		c.give(q, s)
		return nil, c.note(err)
	}
	r := &rows{Rows: inner, conn: c, text: q, stmt: s}
	c.open[r] = struct{}{}
	return r, nil
}

// ExecContext passes on what is not worth keeping.
func (c *conn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	return c.inner.ExecContext(ctx, q, args)
}

// Prepare, and what follows, is the rest of a driver's connection.
func (c *conn) Prepare(q string) (driver.Stmt, error) { return c.inner.Prepare(q) }

// BeginTx begins as the driver does.
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.inner.BeginTx(ctx, o)
}

// Begin is demanded by the interface and replaced by BeginTx.
func (c *conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

// Ping asks the file.
func (c *conn) Ping(ctx context.Context) error { return c.inner.Ping(ctx) }

// ResetSession and IsValid let the driver give up a connection.
func (c *conn) ResetSession(ctx context.Context) error { return c.inner.ResetSession(ctx) }

// IsValid is asked before the connection goes back into the pool.
func (c *conn) IsValid() bool { return c.inner.IsValid() }

// Close finalises the statements, without which SQLite would not close.
func (c *conn) Close() error {
	c.settle()
	for _, s := range c.idle {
		s.Close()
	}
	clear(c.idle)
	return c.inner.Close()
}

// rows give their statement back when they are closed.
type rows struct {
	driver.Rows
	conn *conn
	text string
	stmt driver.Stmt
}

// Next also tells the connection what went wrong.
func (r *rows) Next(dest []driver.Value) error { return r.conn.note(r.Rows.Next(dest)) }

// Close may come twice: from the writer and from whoever forgot it.
func (r *rows) Close() error {
	if _, open := r.conn.open[r]; !open {
		return nil
	}
	delete(r.conn.open, r)
	err := r.Rows.Close()
	r.conn.give(r.text, r.stmt)
	return err
}
