package db

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
)

// onFile runs one member's statements. In a batch the savepoint is taken at
// the first statement that may write: most closures only return a result, and
// those must cost nothing.
type onFile struct {
	g     *group
	batch bool
	saved bool
}

func (o *onFile) save() error {
	if !o.batch || o.saved {
		return o.g.conn.broken
	}
	o.saved = true
	return o.g.statement("SAVEPOINT member")
}

func (o *onFile) exec(q string, args []any) (int64, error) {
	if err := o.save(); err != nil {
		return 0, err
	}
	return o.g.conn.run(q, args)
}

func (o *onFile) query(q string, args []any) (*sql.Rows, error) {
	if !selects(q) {
		if err := o.save(); err != nil {
			return nil, err
		}
	}
	// No context: one that ended inside a statement would make SQLite roll
	// back the whole batch, after which later savepoints commit alone.
	return o.g.reads.QueryContext(context.Background(), q, args...)
}

func (o *onFile) queryRow(q string, args []any) *sql.Row {
	if !selects(q) {
		// An error here breaks the connection, so the query returns it.
		_ = o.save()
	}
	return o.g.reads.QueryRowContext(context.Background(), q, args...)
}

// statement runs one of the writer's own.
func (g *group) statement(q string) error {
	_, err := g.conn.run(q, nil)
	return err
}

// rollback leaves the connection clean, whatever state it is in.
func (g *group) rollback() {
	g.conn.settle()
	if err := g.conn.broken; g.dead == nil && g.syncFailed(err) {
		g.dead = err
		if g.hooks.Fatal != nil {
			g.hooks.Fatal(err)
		}
	}
	g.conn.broken = nil
	// SQLite may have rolled back by itself: then this says so, and that is well.
	_ = g.statement("ROLLBACK")
	g.conn.broken = nil
}

// batch runs a job and all that wait in one transaction with one sync. If
// that fails as a whole, each runs again alone and gets its own answer.
func (g *group) batch(first *job) {
	members, err := g.together(first)
	for _, j := range members {
		switch {
		case err == nil:
		case g.dead != nil:
			j.outcome = outcome{err: unknown(g.dead)}
		case errors.Is(err, errNoBegin):
			j.outcome = outcome{err: unavailable(err)}
		default:
			j.outcome = g.alone(j, g.hooks.before)
		}
	}
	for _, j := range members {
		if j.done != nil {
			j.done <- struct{}{}
		}
	}
}

// errNoBegin marks that not even an empty transaction was to be had.
var errNoBegin = errors.New("begin")

// together is one batch. On an error everything is rolled back and no member
// may be answered from it.
func (g *group) together(j *job) (members []*job, err error) {
	if err := g.begin(); err != nil {
		return []*job{j}, errors.Join(errNoBegin, err)
	}
	var results []any
	for ; j != nil; j = g.more(len(members)) {
		members = append(members, j)
		if err := g.member(j); err != nil {
			g.rollback()
			return members, err
		}
		if !j.failed() {
			results = append(results, j.result)
		}
	}
	if len(results) == 0 {
		g.rollback()
		return members, nil
	}
	return members, g.finish(g.hooks.before, results)
}

func (g *group) begin() error {
	if g.dead != nil {
		return g.dead
	}
	err := g.statement("BEGIN IMMEDIATE")
	if err != nil {
		g.rollback()
	}
	return err
}

// more admits whoever arrived while the batch ran. Callers that were answered
// a moment ago are about to come back: they get a chance to.
func (g *group) more(already int) *job {
	if already >= maxMembers {
		return nil
	}
	if j := g.next(true); j != nil {
		return j
	}
	runtime.Gosched()
	return g.next(true)
}

// member runs one closure under its savepoint. An error means that the batch
// is lost: the closure failed in a way after which SQLite may have rolled
// back, or the savepoint is not there to go back to.
func (g *group) member(j *job) error {
	on := &onFile{g: g, batch: true}
	j.outcome = g.run(on, j.fn)
	switch {
	case g.conn.broken != nil:
		return g.conn.broken
	case j.err != nil && !expected(j.err):
		return j.err
	case !on.saved:
		return nil
	case j.failed():
		if err := g.statement("ROLLBACK TO member"); err != nil {
			return err
		}
	}
	return g.statement("RELEASE member")
}

// run runs fn on the write connection and closes the rows it forgot.
func (g *group) run(on *onFile, fn func(*Tx) (any, error)) (o outcome) {
	o = guard(&Tx{Now: g.config.now(), on: on}, fn)
	g.conn.settle()
	return o
}

// finish runs the hook, commits and says so; on an error all is rolled back.
func (g *group) finish(before beforeFunc, results []any) error {
	committed, err := before(&Tx{Now: g.config.now(), on: &onFile{g: g}}, results)
	g.conn.settle()
	if err == nil {
		err = g.conn.broken
	}
	if err == nil {
		err = g.statement("COMMIT")
	}
	if err != nil {
		g.rollback()
		return err
	}
	if committed != nil {
		committed()
	}
	return nil
}

// alone runs one job in its own transaction; its answer is final.
func (g *group) alone(j *job, before beforeFunc) outcome {
	if err := g.begin(); err != nil {
		return outcome{err: unavailable(err)}
	}
	o := g.run(&onFile{g: g}, j.fn)
	if broken := g.conn.broken; broken != nil && o.panic == nil {
		o.err = verdict(o.err, broken)
	}
	if o.failed() {
		g.rollback()
		o.err = classify(o.err)
		return o
	}
	return refused(o, g.finish(before, []any{o.result}))
}

// verdict decides between what a closure returned and what the database said
// to it: a full disk is one whatever the closure made of it, and an error
// that it dropped is not.
func verdict(returned, broken error) error {
	if returned == nil || sqliteUnable(broken) {
		return broken
	}
	return returned
}
