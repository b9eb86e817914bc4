package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"coffer/internal/account"
	"coffer/internal/db"
	"coffer/internal/deliver"
	"coffer/internal/event"
	"coffer/internal/limit"
	"coffer/internal/seclog"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
	"coffer/internal/vault"
	"coffer/internal/web"
	"coffer/internal/witness"
)

// App is a running Coffer.
type App struct {
	settings
	Options
	lock     *flock.Flock
	read     *db.Reader
	write    *db.Writer
	keys     *vault.Vault
	sealer   *seal.Sealer
	follower *file.Follower
	log      *seclog.Log
	limits   *limit.Limits
	people   *account.Service
	web      *web.Server
	listener net.Listener
	metrics  net.Listener // nil where none are served
	plain    net.Listener // of --http-listen, or nil
	certs    certificates // nil on plain HTTP
	copied   counted      // standard output, if it gets the lines too

	deliveries []*deliver.Delivery
	circle     *witness.Circle // nil without witnesses
	check      *selfcheck      // its own log
	publishing sync.Mutex      // of the checkpoint's file
	started    time.Time
	from       uint64       // first line of this run
	newest     atomic.Int64 // time of the newest line that the heartbeat knows of
	tasks      []func(context.Context) error

	mu       sync.Mutex
	findings []event.Event // about the file, not yet recorded
}

// Refused is a start that would do harm: wrong keys, a newer schema, another
// server on the same data. The exit code is 78.
type Refused struct{ Why string }

// Error says why, and what to do next.
func (r *Refused) Error() string { return r.Why }

func refused(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// New checks the settings and brings everything up to the point where requests
// can be served: Run does that. On an error, what was begun is undone.
func New(ctx context.Context, c Config, o Options) (a *App, err error) {
	s, err := c.read()
	if err != nil {
		return nil, err
	}
	a = &App{settings: s, Options: o.filled(), started: time.Now()}
	a.settings.db.Now = o.Now
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
			a = nil
		}
	}()
	for _, step := range []func(context.Context) error{
		a.openData, a.listen, a.listenMetrics, a.listenPlain, a.openTLS, a.openDatabase, a.openKeys, a.openLog, a.recoverLog, a.openWitnesses, a.wire, a.writeStart, a.openSigner, a.startWitnesses, a.openDeliveries,
	} {
		if err := step(ctx); err != nil {
			return a, a.explained(err) // a, so that what was begun can be undone
		}
	}
	return a, nil
}

// Address is where it listens.
func (a *App) Address() string { return a.listener.Addr().String() }

// Handler answers requests without a network, for tests.
func (a *App) Handler() http.Handler { return a.web }

// listen takes the port before anything is changed: a second server, or a
// taken port, is found out first.
func (a *App) listen(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", a.Listen)
	if err != nil {
		return cannotListen("listen", a.Listen, err)
	}
	a.listener = l
	if a.Config.URL == "" { // port 0 is the system's choice: it is known only now
		host, _, _ := net.SplitHostPort(a.Listen)
		_, port, _ := net.SplitHostPort(l.Addr().String())
		a.origin, a.secure, err = a.Config.origin(host, port)
	}
	return err
}

func cannotListen(flag, address string, err error) error {
	why, instead := errors.Unwrap(err), "address or port"
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		why = errno
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		instead = "port"
	}
	return wrong(flag, address, "cannot listen there (%v); choose another %s", why, instead)
}

// openLog makes the three parts of the log: the sealer that numbers, the front
// that commits, the follower that writes the file.
func (a *App) openLog(ctx context.Context) error {
	maker := event.Maker{Node: a.node, Version: a.Version}
	a.sealer = seal.New(a.read, a.write, maker, a.SegmentBytes, a.Fatal)
	a.log = seclog.New(seclog.Config{Writer: a.write, Sealer: a.sealer, Maker: maker, Now: a.Now, Flood: seclog.Flood{
		PerMinute: a.settings.limits.Of(limit.Flood).N,
		PerSecond: a.settings.limits.Of(limit.FloodTotal).N,
		Group:     limit.GroupText,
	}})
	return nil
}

// Run serves until ctx ends, then stops in order: no new requests, the last
// events, the last lines, the clean mark. What fails first stops all the rest.
func (a *App) Run(ctx context.Context) (err error) {
	defer func() { err = onceEach(err, a.close()) }()
	if a.started.IsZero() {
		return errors.New("run twice")
	}
	front := newGroup(ctx)
	for _, t := range a.tasks {
		front.start(t)
	}
	front.start(a.serve)
	if a.plain != nil {
		front.start(a.servePlain)
	}
	if a.metrics != nil {
		front.start(a.serveMetrics)
	}
	sealing, back := newGroup(context.WithoutCancel(ctx)), newGroup(context.WithoutCancel(ctx))
	sealing.start(func(ctx context.Context) error {
		a.sealer.Run(ctx, reportSealing)
		return nil
	})
	sealing.start(func(ctx context.Context) error {
		a.sealer.RunSigner(ctx, reportSigning)
		return nil
	})
	back.start(a.follower.Run)
	if a.LogStdout && a.Stdout != nil {
		back.start(a.copyOut)
	}
	select {
	case <-front.done():
	case <-back.done(): // the log cannot go on: nothing else may
	}
	err = front.stop()
	return errors.Join(err, a.writeStop(ctx), a.stopLog(ctx, sealing, back))
}

func reportSealing(err error) {
	if err != nil {
		slog.Error("sealing waits; what happens is kept, and sealed later", "err", err)
		return
	}
	slog.Info("sealing goes on")
}

// stopLog lets the log's loops write what is left, in the order of its way:
// only what is sealed can be signed and followed.
func (a *App) stopLog(ctx context.Context, sealing, back *group) error {
	err := sealing.stop()
	end := context.WithoutCancel(ctx)
	err = errors.Join(err, a.sealer.Drain(end), a.sealer.Sign(end), a.finishWitnesses(ctx), a.sealer.Release(end))
	return errors.Join(err, a.finishDeliveries(ctx), back.stop())
}

// copyOut copies the log to standard output. At the end it waits for the last
// lines, but not for a reader that takes none: they are in the file as well.
func (a *App) copyOut(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.copied.Writer = a.Stdout
		file.Copy(ctx, a.sealer, a.from, &a.copied)
	}()
	<-ctx.Done()
	select {
	case <-done:
	case <-time.After(copyTime):
		slog.Warn("standard output takes no lines; the last ones are in the file only")
	}
	return nil
}

// close gives back what New took. It may be called on a half-made App.
func (a *App) close() error {
	var errs []error
	if a.listener != nil {
		_ = a.listener.Close() // the HTTP server has closed it already, or nobody used it
	}
	if a.metrics != nil {
		_ = a.metrics.Close() // the same
	}
	if a.plain != nil {
		_ = a.plain.Close() // the same
	}
	if a.write != nil {
		errs = append(errs, a.write.Close(), a.read.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Unlock())
	}
	a.started = time.Time{}
	return errors.Join(errs...)
}
