package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"coffer/internal/account"
	"coffer/internal/card"
	"coffer/internal/factor"
	"coffer/internal/limit"
	"coffer/internal/query"
	"coffer/internal/seclog/seal"
	"coffer/internal/web"
	"coffer/internal/web/admin"
	"coffer/internal/web/holder"
	"coffer/internal/web/ledger"
)

// wire makes the services and pages and joins the rooms' routes into one table.
func (a *App) wire(context.Context) error {
	hasher, err := factor.NewHasher(a.Hash)
	if err != nil {
		return err
	}
	hasher.Hashing, hasher.Room = a.Hashing, a.Room
	a.limits = limit.New(a.settings.limits)
	a.limits.Now = a.Now
	passkeys, err := factor.NewPasskeys(a.origin)
	if err != nil {
		return err
	}
	people := account.New(account.Config{
		Log: a.log, Read: a.read, Hasher: hasher, Limits: a.limits, MAC: a.keys.MAC, Now: a.Now, Policy: a.passwordPolicy(),
		Factors:  &factor.Keys{Seal: a.keys.Seal, Open: a.keys.Open, MAC: a.keys.MAC},
		Passkeys: passkeys, Required: a.settings.require,
	})
	a.people = people
	cards := card.New(card.Config{Log: a.log, Reader: a.read, Vault: a.keys, Limits: a.limits, Now: a.Now})
	lines := query.New(a.read)
	lines.Newest = a.sealer.Lines
	lines.Now = a.Now
	for _, r := range []rememberer{people, cards, lines} {
		if a.sealer.Feed(r.Follow) {
			r.Remember()
		}
	}
	pages := &holder.Pages{People: people, Cards: cards, Lines: lines, Sealer: a.sealer, LogKeys: a.logKeys}
	erasing := newEraser(a, cards)
	pages.Erase = erasing.erase
	desk := &admin.Pages{People: people, Lines: lines, Checklist: a.checklist, BackedUp: a.backedUp}
	pages.Starts = desk.Starts()
	log := ledger.New(ledger.Config{Sealer: a.sealer, Log: a.log, Keys: a.logKeys, Public: a.PublicLog, Now: a.Now})
	routes := slices.Concat(pages.Routes(), desk.Routes(), log.Routes(), a.healthRoutes())
	if a.web, err = web.New(a.webConfig(people), routes); err != nil {
		return err
	}
	pages.Web, desk.Web = a.web, a.web
	hasher.Others = a.web.Reading
	a.check = newSelfcheck(a)
	a.tasks = []func(context.Context) error{
		a.every(time.Minute, "sessions", sweep(people.Sweep)),
		a.every(time.Minute, "locks", sweep(people.SweepLocks)),
		a.every(time.Minute, "factors", people.ForgetProofs),
		a.every(time.Minute, "flood", a.log.SumUp),
		a.every(time.Minute, "erasure", erasing.scrub),
		a.every(Pulse, "log", a.heartbeat),
		a.every(time.Second, "clock", a.watchClock()),
		a.every(Anchor, "sealer", a.anchor()),
		a.every(time.Second, "log", a.writeFindings),
		a.every(time.Second, "log", a.log.Probe),
		a.every(time.Second, "disk", a.watchDisk()),
		a.every(Retention, "retention", a.retain),
		a.every(time.Minute, "passwords", a.watchBreached),
		a.every(Selfcheck, "verify", a.check.tick),
		a.every(time.Second, "certificate", a.lookAtCertificate),
		a.every(time.Second, "query", (&query.Rollup{Read: a.read, Pen: a.log.Touch}).Step),
	}
	return nil
}

// rememberer holds what it read until the log says that it changed, where this
// process sees every line: on SQLite.
type rememberer interface {
	Follow([]seal.Line)
	Remember()
}

func (a *App) webConfig(people *account.Service) web.Config {
	return web.Config{
		Log:       a.log,
		Recognise: people.Recognise,
		Identify:  people.Identify,
		Proven:    people.Proven,
		MustEnrol: people.MustEnrol,
		Requests:  func(from netip.Addr) (bool, time.Duration) { return a.limits.AllowAddress(limit.Request, from) },
		Unknown:   func(from netip.Addr) (bool, time.Duration) { return a.limits.AllowAddress(limit.NotFound, from) },

		RequestLimit: a.settings.limits.Of(limit.Request).String(),
		Proxies:      a.proxies,
		Lookout:      a.lookOut(),
		Secure:       a.secure,
		Origin:       a.origin,
		Version:      a.Version,
		Now:          a.Now,
	}
}

// sweep ends what is due, portion by portion.
func sweep(portion func(context.Context) (more bool, err error)) func(context.Context) error {
	return func(ctx context.Context) error {
		for ctx.Err() == nil {
			if more, err := portion(ctx); err != nil || !more {
				return err
			}
		}
		return nil
	}
}

// healthRoutes are for what watches over the process; they read no cookie and
// make no event. Static files stand here too.
func (a *App) healthRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /healthz", Guard: web.Bare, Handle: func(w http.ResponseWriter, _ *http.Request) error {
			return web.Word(w, http.StatusOK, "ok")
		}},
		{Pattern: "GET /readyz", Guard: web.Bare, Handle: a.ready},
		{Pattern: "GET /static/{hash}/{file}", Guard: web.Bare, Handle: a.static},
		{Pattern: "POST /csp-report", Guard: web.Blind, Handle: func(w http.ResponseWriter, r *http.Request) error {
			return a.web.Report(w, r)
		}},
	}
}

// ready says whether a request could be served now: the database answers and
// the log takes events.
func (a *App) ready(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if err := a.able(ctx); err != nil {
		slog.Warn("not ready", "err", err)
		return web.Word(w, http.StatusServiceUnavailable, "unavailable")
	}
	if len(a.late(ctx)) > 0 { // what exactly is for the listener of --metrics-listen
		return web.Word(w, http.StatusOK, "degraded")
	}
	return web.Word(w, http.StatusOK, "ok")
}

// able says why a request could not be served, or nil.
func (a *App) able(ctx context.Context) error {
	err := errors.Join(a.log.Ready(), a.roomLeft())
	if err == nil {
		err = a.read.Ping(ctx)
	}
	if err == nil {
		_, err = a.sealer.Head(ctx)
	}
	return err
}

// Warnings are what an operator should know about this setup, a sentence each.
func (a *App) Warnings() (out []string) {
	for _, row := range a.settings.limits.Rows() {
		if row.Value.Off() {
			out = append(out, fmt.Sprintf("the limit %s is off (%s)", row.Name, row.Counts))
		}
	}
	host, _, _ := net.SplitHostPort(a.listener.Addr().String()) // a listener's own address has both parts
	if ip, err := netip.ParseAddr(host); err == nil && !ip.IsLoopback() && !a.secure {
		out = append(out, "plain HTTP is open beyond this machine: passwords and numbers cross the network in clear; give it HTTPS (--acme, --tls-cert), or put a proxy with HTTPS before it and set --url")
	}
	out = append(out, a.frontWarnings()...)
	if !web.Built() {
		out = append(out, "the page assets are not built into this binary; build it with make")
	}
	out = append(out, a.volumeWarnings()...)
	out = append(out, a.passwordWarnings()...)
	out = append(out, a.deliveryWarnings()...)
	out = append(out, a.witnessWarnings()...)
	if runtime.GOOS != "linux" {
		out = append(out, "this system is untested; Linux is what Coffer is tried on")
	}
	return out
}

// static answers what an asset's address names; what is not there is told like
// any other unknown path.
func (a *App) static(w http.ResponseWriter, r *http.Request) (err error) {
	web.Static(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err = a.web.NotFound(w, r)
	})).ServeHTTP(w, r)
	return err
}
