package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"coffer/internal/web"
)

// mostConnections is how many a listener holds at once. One more takes the place
// of the one that has been without a request for longest.
const mostConnections = 4096

// listenPlain takes the port that leads to HTTPS.
func (a *App) listenPlain(ctx context.Context) (err error) {
	if a.HttpListen == "" {
		return nil
	}
	var lc net.ListenConfig
	if a.plain, err = lc.Listen(ctx, "tcp", a.HttpListen); err != nil {
		return cannotListen("http-listen", a.HttpListen, err)
	}
	return nil
}

// PlainAddress is where plain HTTP leads to HTTPS; empty if nowhere.
func (a *App) PlainAddress() string {
	if a.plain == nil {
		return ""
	}
	return a.plain.Addr().String()
}

// loopback reports that nobody outside this machine reaches --listen.
func (a *App) loopback() bool {
	at, ok := a.listener.Addr().(*net.TCPAddr)
	return ok && at.IP.IsLoopback()
}

// serve answers visitors until ctx ends.
func (a *App) serve(ctx context.Context) error {
	srv := a.server(a.web)
	if a.certs == nil {
		return a.answer(ctx, srv, a.listener, srv.Serve)
	}
	srv.TLSConfig = a.tlsConfig()
	return a.answer(ctx, srv, a.listener, func(l net.Listener) error { return srv.ServeTLS(l, "", "") })
}

// servePlain leads to HTTPS whoever comes without, and answers the authority.
func (a *App) servePlain(ctx context.Context) error {
	h := a.web.Plain()
	if w, ok := a.certs.(*authority); ok {
		h = w.challenges(h)
	}
	srv := a.server(h)
	return a.answer(ctx, srv, a.plain, srv.Serve)
}

// server has the times and sizes that a slow or talkative client is held to.
func (a *App) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
}

// answer runs a server until ctx ends, and then lets what is under way end.
func (a *App) answer(ctx context.Context, srv *http.Server, l net.Listener, serve func(net.Listener) error) error {
	l = web.Cork(srv, l)
	web.Bound(srv, a.Connections)
	failed := make(chan error, 1)
	go func() { failed <- serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := srv.Shutdown(down); err != nil {
		slog.Warn("some connections did not end by themselves", "err", err)
		return srv.Close()
	}
	return nil
}
