package db

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// maxMembers bounds one batch, so that the first member's wait is bounded.
const maxMembers = 256

// group is the writer of a SQLite file: the one write connection, the queue
// in front of it, and the goroutine that works the queue off.
type group struct {
	config Config
	hooks  Hooks
	conn   *conn     // everything is written through it
	pool   *sql.DB   // holds conn, so that rows can be *sql.Rows
	reads  *sql.Conn // conn again
	dead   error     // the failed sync after which nothing is written
	// syncFailed recognises it.
	syncFailed func(error) bool

	// writing is held by the one who uses the connection: the goroutine, or a
	// caller who finds nobody waiting and spares itself two changes of
	// goroutine, which beside a fast disk are a tenth of the time.
	writing sync.Mutex

	mu      sync.Mutex
	queue   []*job
	closed  bool
	wake    chan struct{}
	stopped chan struct{}
}

// job is one caller's transaction.
type job struct {
	fn    func(*Tx) (any, error)
	ctx   context.Context
	apart bool
	state atomic.Int32
	done  chan struct{} // receives once the outcome is there; nil if its caller runs it
	outcome
}

// A job waits until exactly one side moves it on: the writer admits it, or
// its caller gives up.
const (
	waiting int32 = iota
	admitted
	abandoned
)

func newGroup(ctx context.Context, c Config) (*group, error) {
	from, err := newFileConnector(c.File, true)
	if err != nil {
		return nil, err
	}
	raw, err := from.Connect(ctx)
	if err != nil {
		return nil, err
	}
	g := &group{
		config: c, conn: raw.(*conn), syncFailed: syncFailed,
		wake: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
	g.pool = sql.OpenDB(pinned{g.conn})
	if g.reads, err = g.pool.Conn(ctx); err == nil {
		err = checkDurable(ctx, g.reads)
	}
	if err != nil {
		g.conn.Close()
		return nil, err
	}
	go g.loop()
	return g, nil
}

func (g *group) do(ctx context.Context, fn func(*Tx) (any, error)) error {
	return g.submit(&job{ctx: ctx, fn: fn})
}

func (g *group) apart(ctx context.Context, fn func(*Tx) error) error {
	return g.submit(&job{ctx: ctx, apart: true, fn: func(tx *Tx) (any, error) { return nil, fn(tx) }})
}

// submit queues a job and waits: before its admission as long as the caller
// wants, afterwards for the outcome, whatever it is.
func (g *group) submit(j *job) error {
	if err := j.ctx.Err(); err != nil {
		return unavailable(err)
	}
	if g.idle(j) {
		return j.deliver()
	}
	j.done = make(chan struct{}, 1)
	if !g.enqueue(j) {
		return unavailable(errClosed)
	}
	select {
	case <-j.done:
	case <-j.ctx.Done():
		if j.state.CompareAndSwap(waiting, abandoned) {
			return unavailable(context.Cause(j.ctx))
		}
		<-j.done
	}
	return j.deliver()
}

// idle runs the job on its caller's goroutine, with whoever comes meanwhile,
// if nobody is writing or waiting to.
func (g *group) idle(j *job) (ran bool) {
	if j.apart || !g.writing.TryLock() {
		return false
	}
	defer g.writing.Unlock()
	g.mu.Lock()
	free := !g.closed && len(g.queue) == 0
	g.mu.Unlock()
	if free {
		g.batch(j)
	}
	return free
}

func (g *group) enqueue(j *job) (queued bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.queue = append(g.queue, j)
	if len(g.queue) == 1 {
		select {
		case g.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// next admits the job at the head of the queue; with batch, only one that may
// join a batch. nil means that there is none now.
func (g *group) next(batch bool) *job {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.queue) > 0 {
		j := g.queue[0]
		if batch && j.apart {
			return nil
		}
		g.queue[0] = nil
		g.queue = g.queue[1:]
		// A caller whose time is over is not run: it would be told that nothing was changed.
		if j.ctx.Err() == nil && j.state.CompareAndSwap(waiting, admitted) {
			return j
		}
	}
	g.queue = nil
	return nil
}

// loop runs until the group is closed and the queue is empty.
func (g *group) loop() {
	defer close(g.stopped)
	for {
		if g.serve() {
			continue
		}
		g.mu.Lock()
		over := g.closed && len(g.queue) == 0
		g.mu.Unlock()
		if over {
			return
		}
		<-g.wake
	}
}

// serve does what is next, if anything waits.
func (g *group) serve() (served bool) {
	g.writing.Lock()
	defer g.writing.Unlock()
	j := g.next(false)
	switch {
	case j == nil:
		return false
	case j.apart:
		j.outcome = g.alone(j, noHook)
		j.done <- struct{}{}
	default:
		g.batch(j)
	}
	return true
}

func (g *group) close() error {
	g.mu.Lock()
	already := g.closed
	g.closed = true
	g.mu.Unlock()
	if already {
		return nil
	}
	close(g.wake)
	<-g.stopped
	g.writing.Lock() // a caller may be at it on its own goroutine
	defer g.writing.Unlock()
	g.conn.settle()
	g.pool.Close()
	return g.conn.Close()
}
