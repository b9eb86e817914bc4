package web

import "net/http"

// headers stand on every answer, with the reason for each.
var headers = [][2]string{
	// Nothing but our own files; no inline script or style; no frame around us.
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp-report"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"}, // for browsers that do not know frame-ancestors
	// With no-referrer a browser on plain HTTP sends "Origin: null", and every
	// form would be taken for another site's.
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	// What is personal is nobody's to keep; static files overrule this.
	{"Cache-Control", "no-store"},
}

// On HTTPS the newer way of reporting is named too. On plain HTTP a browser
// that knows it would report nothing at all: report-to makes it forget the
// older way, and an endpoint without HTTPS is not used.
const (
	reportTo  = "; report-to csp"
	endpoints = `csp="/csp-report"`
)

// hsts keeps a browser on HTTPS once it has seen it: this host alone, since the
// others of the domain are not ours to bind.
const hsts = "max-age=63072000"

func setHeaders(h http.Header, secure bool) {
	for _, kv := range headers {
		h[kv[0]] = []string{kv[1]}
	}
	if secure {
		h["Content-Security-Policy"][0] += reportTo
		h.Set("Reporting-Endpoints", endpoints)
		h.Set("Strict-Transport-Security", hsts)
	}
}
