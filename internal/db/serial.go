package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	firstPause   = 2 * time.Millisecond
	longestPause = 60 * time.Millisecond
)

func (s *server) do(ctx context.Context, fn func(*Tx) (any, error)) error {
	return s.retry(ctx, attempt{server: s, pool: s.pool, level: sql.LevelSerializable, before: s.hooks.before, fn: fn})
}

func (s *server) apart(ctx context.Context, fn func(*Tx) error) error {
	return s.retry(ctx, attempt{
		server: s, pool: s.aside, level: sql.LevelReadCommitted, before: noHook,
		fn: func(tx *Tx) (any, error) { return nil, fn(tx) },
	})
}

// retry runs the transaction until PostgreSQL no longer asks for another try.
// The caller's deadline holds, but not its cancellation: a visitor who hangs
// up must not end a transaction in the middle.
func (s *server) retry(ctx context.Context, a attempt) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(patience)
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	pause := firstPause
	for {
		o := a.run(ctx)
		if !retryable(o.err) || !rest(ctx, pause) {
			return o.deliver()
		}
		pause = min(2*pause, longestPause)
	}
}

// rest waits a random part of d, so that those who collided do not again.
func rest(ctx context.Context, d time.Duration) (inTime bool) {
	t := time.NewTimer(time.Duration(rand.Int64N(int64(d))))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt is one transaction, to be run as often as it takes.
type attempt struct {
	server *server
	pool   *sql.DB
	level  sql.IsolationLevel
	before beforeFunc
	fn     func(*Tx) (any, error)
}

// run begins on a connection that lives. Those that died while they waited, as
// all do when the server restarts, are found out one by one; nothing was begun
// on them, so the next may be tried.
func (a attempt) run(ctx context.Context) outcome {
	for stale := 0; ; stale++ {
		o, begun := a.once(ctx)
		if begun || stale == postgresWriters {
			return o
		}
	}
}

// once reports begun unless the connection turned out to be dead.
func (a attempt) once(ctx context.Context) (o outcome, begun bool) {
	held, err := a.pool.Conn(ctx)
	if err != nil {
		return outcome{err: unavailable(err)}, true
	}
	defer held.Close()
	pg, err := connection(held)
	if err != nil {
		return outcome{err: unavailable(err)}, true
	}
	tx, err := held.BeginTx(ctx, &sql.TxOptions{Isolation: a.level})
	if err != nil {
		return outcome{err: unavailable(err)}, !pg.IsClosed()
	}
	o, committed, err := a.commit(ctx, tx)
	switch {
	case o.failed():
		if pg.IsClosed() && o.panic == nil {
			o.err = unavailable(o.err)
		}
		o.err = classify(o.err)
	case err == nil:
		committed()
	case answered(err):
		o = outcome{err: unavailable(err)}
	default:
		o = a.server.doubt(pg.PID(), o, committed, err)
	}
	return o, true
}

// commit runs closure and hook and commits. An outcome that failed was rolled
// back; err is what COMMIT said, or did not say.
func (a attempt) commit(ctx context.Context, tx *sql.Tx) (o outcome, committed func(), err error) {
	t := &Tx{Now: a.server.config.now(), on: onServer{ctx, tx}}
	if o = guard(t, a.fn); !o.failed() {
		committed, err = a.before(t, []any{o.result})
		o = refused(o, err)
	}
	if o.failed() {
		// Its error adds nothing: a transaction that is not committed is not there.
		_ = tx.Rollback()
		return o, nil, nil
	}
	if committed == nil {
		committed = func() {}
	}
	return o, committed, tx.Commit()
}

// connection finds the driver's connection, which knows the server's process.
func connection(held *sql.Conn) (pg *pgconn.PgConn, err error) {
	err = held.Raw(func(c any) error {
		std, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the PostgreSQL driver's connection is a %T", c)
		}
		pg = std.Conn().PgConn()
		return nil
	})
	return pg, err
}

// answered reports whether the server said that the commit did not happen. A
// connection that ends, for whatever reason it gives, has said nothing.
func answered(err error) (rolledBack bool) {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.SeverityUnlocalized == "ERROR"
}

// doubt asks whether a transaction is there whose commit got no answer, and
// only where nobody can tell does the caller hear that.
func (s *server) doubt(pid uint32, o outcome, committed func(), cause error) outcome {
	if s.hooks.Outcome == nil {
		return outcome{err: unknown(cause)}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		there, err := s.ask(ctx, pid, o.result)
		switch {
		case err != nil && rest(ctx, longestPause):
			continue
		case err != nil:
			return outcome{err: unknown(errors.Join(cause, err))}
		case !there:
			return outcome{err: unavailable(cause)}
		}
		committed()
		return o
	}
}

// ask looks the transaction up once its server process is gone: while that
// lives, a commit not seen now could still come.
func (s *server) ask(ctx context.Context, pid uint32, result any) (there bool, err error) {
	const end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid = $1"
	for living := 1; living > 0; {
		if err := s.reader.QueryRow(ctx, end, int64(pid)).Scan(&living); err != nil {
			return false, err
		}
		if living > 0 && !rest(ctx, longestPause) {
			return false, context.Cause(ctx)
		}
	}
	return s.hooks.Outcome(ctx, s.reader, []any{result})
}
