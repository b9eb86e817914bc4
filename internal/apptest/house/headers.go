package house

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// always are the headers that every answer has (OWASP Secure Headers Project),
// each with what its value must and must not hold.
var always = []struct{ name, has, lacks string }{
	{"Content-Security-Policy", "default-src 'none'", "unsafe"},
	{"Content-Security-Policy", "frame-ancestors 'none'", "*"},
	{"Content-Security-Policy", "base-uri 'none'", "data:"},
	{"Content-Security-Policy", "form-action 'self'", "http"},
	{"Content-Security-Policy", "; report-uri /csp-report", "http"},
	{"X-Content-Type-Options", "nosniff", ","},
	{"X-Frame-Options", "DENY", ","},
	{"Referrer-Policy", "same-origin", "unsafe-url"},
	{"Cross-Origin-Opener-Policy", "same-origin", "allow"},
	{"Cross-Origin-Resource-Policy", "same-origin", "cross-origin"},
	{"Permissions-Policy", "=()", "*"},
	{"Cache-Control", "", "public"},
}

// never are the headers that tell strangers what is behind.
var never = []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", "X-XSS-Protection"}

var requestID = regexp.MustCompile(`r_[a-z2-7]{26}`)

// guarded holds what is true of every answer: its headers, and that a refusal
// has a page with the request's number.
func (a *Answer) guarded(q Request) {
	a.h.Helper()
	static := a.Status == http.StatusOK && (strings.HasPrefix(q.Path, "/static/") || a.h.publicTile(q.Path))
	for _, h := range always {
		value := strings.Join(a.Header.Values(h.name), "\n")
		if len(a.Header.Values(h.name)) != 1 || !strings.Contains(value, h.has) || !static && strings.Contains(value, h.lacks) {
			a.h.Errorf("%s has %s: %q, want it once with %s and without %s", a.asked, h.name, value, h.has, h.lacks)
		}
	}
	for _, name := range never {
		if a.Header.Get(name) != "" {
			a.h.Errorf("%s has %s: %s", a.asked, name, a.Header.Get(name))
		}
	}
	if cache := a.Header.Get("Cache-Control"); static != (cache != "no-store") {
		a.h.Errorf("%s has Cache-Control: %s", a.asked, cache)
	}
	// Behind a proxy the request decides: TestForwardedScheme.
	if a.h.Setup.TrustedProxies == "" {
		a.onHTTPS(strings.HasPrefix(a.h.Setup.URL, "https:"))
	}
	if a.Status >= 400 && q.Method != http.MethodHead && a.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		a.refusal()
	}
}

// onHTTPS holds the headers that are right on HTTPS only: a browser keeps no
// host on HTTPS that has none, and reports to no endpoint without it (Reporting
// API, 3.3), the older report-uri then forgotten.
func (a *Answer) onHTTPS(https bool) {
	a.h.Helper()
	for name, has := range map[string]string{
		"Strict-Transport-Security": "max-age=", "Content-Security-Policy": "; report-to csp", "Reporting-Endpoints": `csp="/csp-report"`,
	} {
		if got := a.Header.Get(name); https != strings.Contains(got, has) {
			a.h.Errorf("%s has %s: %q, want %s in it: %v", a.asked, name, got, has, https)
		}
	}
}

// publicTile reports a full hash tile that everyone may have and keep.
func (h *House) publicTile(path string) (is bool) {
	return h.Setup.PublicLog && strings.HasPrefix(path, "/log/tile/") && !strings.Contains(path, ".p/") && !strings.Contains(path, "/entries/")
}

// refusal holds what a page of a refusal is: ours, numbered unless it is a form
// shown again, and without a word about the program's insides.
func (a *Answer) refusal() {
	a.h.Helper()
	kind := a.Header.Get("Content-Type")
	if kind == "application/problem+json" || strings.HasSuffix(strings.SplitN(a.asked, "?", 2)[0], ".json") {
		a.machineRefusal()
		return
	}
	form := strings.Contains(a.Body, "<form method=\"post\"")
	if kind != "text/html; charset=utf-8" || !form && !requestID.MatchString(a.Body) {
		a.h.Errorf("%s answers %d without a page that has the request's number", a.asked, a.Status)
	}
	text := requestID.ReplaceAllString(a.Body, "")
	for _, inside := range []string{"goroutine ", ".go:", "runtime error", "panic", "SQL", "sqlite", "pgx", "internal/"} {
		if strings.Contains(text, inside) {
			a.h.Errorf("%s answers %d with %q in it", a.asked, a.Status, inside)
		}
	}
}

// machineRefusal holds what a program gets instead: the problem as JSON (RFC
// 9457), numbered too.
func (a *Answer) machineRefusal() {
	a.h.Helper()
	var p struct {
		Type, Title, Detail string
		Request             string `json:"request_id"`
		Status              int
	}
	err := json.Unmarshal([]byte(a.Body), &p)
	if err != nil || a.Header.Get("Content-Type") != "application/problem+json" || p.Status != a.Status || p.Type != "about:blank" ||
		p.Title == "" || !requestID.MatchString(p.Request) {
		a.h.Errorf("%s answers %d with %s, want a problem as JSON", a.asked, a.Status, a.Body)
	}
}
