package app

import (
	"log/slog"

	"coffer/internal/web"
)

// lookOut has the operator told of each finding once.
func (a *App) lookOut() *web.Lookout {
	return &web.Lookout{Proxies: a.proxies, Now: a.Now, Tell: func(f web.Finding) { slog.Warn(f.String()) }}
}

// Findings are what looked wrong about the way here since the start, for whoever
// looks after this installation.
func (a *App) Findings() []web.Finding { return a.web.Lookout.Findings() }

// frontWarnings are what an operator should know at the start about what stands
// before Coffer.
func (a *App) frontWarnings() []string {
	out := a.tlsWarnings()
	if a.secure && a.certs == nil && len(a.proxies) == 0 {
		out = append(out, "--url is https, and Coffer itself speaks plain HTTP: a proxy that is not named in --trusted-proxies makes all its visitors one address, with one share of the limits")
	}
	return out
}
