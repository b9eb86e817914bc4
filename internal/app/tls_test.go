package app_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
)

// TestHTTPS holds what a browser gets where Coffer itself speaks HTTPS: pages
// with HSTS, cookies that are bound to the host, HTTP/2 and 1.1, and no version
// of TLS below 1.2.
func TestHTTPS(t *testing.T) {
	ca := newTestCA(t)
	cert, key := ca.pair(house.Morning.AddDate(0, 3, 0), "coffer.test")
	_, _, setup := pairFiles(t, cert, key)
	house.Both(t, func(h *house.House) {
		c := byTLS(h, ca.pool)
		a := askTLS(h, c, "GET", secureURL+"/login", "")
		if a.StatusCode != 200 || !strings.Contains(a.body, "<h1") || a.ProtoMajor != 2 {
			t.Errorf("GET /login = %d by %s, want 200 by HTTP/2", a.StatusCode, a.Proto)
		}
		if got := a.Header.Get("Strict-Transport-Security"); got != "max-age=63072000" {
			t.Errorf("HSTS = %q, want two years", got)
		}
		h.Wrote()
		h.Secret(house.Password)
		a = askTLS(h, c, "POST", secureURL+"/signup", "username=alice&password="+house.Password)
		cookies := a.Header.Values("Set-Cookie")
		if a.StatusCode != 303 || len(cookies) == 0 {
			t.Fatalf("POST /signup = %d with the cookies %q, want 303", a.StatusCode, cookies)
		}
		for _, set := range cookies {
			if !strings.HasPrefix(set, "__Host-coffer") || !strings.Contains(set, "; Secure") || !strings.Contains(set, "; Path=/") || strings.Contains(set, "Domain") {
				t.Errorf("Set-Cookie: %.30s…, want one that is bound to this host", set)
			}
		}
		h.Wrote("user_created source_ip=127.0.0.1", "session_created")
		old := byTLS(h, ca.pool, func(c *tls.Config) { c.NextProtos = []string{"http/1.1"}; c.MaxVersion = tls.VersionTLS12 })
		old.Transport.(*http.Transport).ForceAttemptHTTP2 = false
		if a = askTLS(h, old, "GET", secureURL+"/login", ""); a.StatusCode != 200 || a.TLS.Version != tls.VersionTLS12 || a.ProtoMajor != 1 {
			t.Errorf("GET /login by TLS 1.2 = %d by %s", a.StatusCode, a.Proto)
		}
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
			_, err := tls.Dial("tcp", h.Address(), &tls.Config{RootCAs: ca.pool, ServerName: "coffer.test", Time: h.Now, MinVersion: version, MaxVersion: version})
			if err == nil || !strings.Contains(err.Error(), "protocol version") {
				t.Errorf("a handshake with %s = %v, want it refused for its version", tls.VersionName(version), err)
			}
		}
		if status, body := raw(h, "POST /login HTTP/1.1\r\nHost: coffer.test\r\nContent-Length: 9\r\n\r\n"); status != 400 || !strings.Contains(body, "HTTPS") {
			t.Errorf("plain HTTP at the port of HTTPS = %d %q, want 400", status, body)
		}
		h.Wrote()
	}, setup)
}

// TestHTTPSAddress holds what the browser's address is where nobody says so.
func TestHTTPSAddress(t *testing.T) {
	for _, c := range []struct {
		set  func(*app.Config)
		want string
	}{
		{func(c *app.Config) { c.SelfSigned = true }, "https://localhost:8880"},
		{func(c *app.Config) { c.SelfSigned, c.Listen = true, ":443" }, "https://localhost"},
		{func(c *app.Config) { c.SelfSigned, c.Listen = true, "192.0.2.7:443" }, "https://192.0.2.7"},
		{func(c *app.Config) { c.SelfSigned, c.Listen = true, "[2001:db8::7]:443" }, "https://[2001:db8::7]"},
		{func(c *app.Config) { c.SelfSigned, c.Listen = true, "[2001:db8::7]:8443" }, "https://[2001:db8::7]:8443"},
		{func(c *app.Config) { c.Acme, c.Listen = "Cards.Example.org., www.example.org", ":443" }, "https://cards.example.org"},
		{func(c *app.Config) { c.Acme, c.Listen = "cards.example.org", ":8443" }, "https://cards.example.org:8443"},
		{func(c *app.Config) {
			c.Acme, c.Listen, c.URL = "cards.example.org", ":8443", "https://cards.example.org"
		}, "https://cards.example.org"},
		{func(c *app.Config) { c.TlsCert, c.TlsKey = "a", "b" }, "https://localhost:8880"},
		{func(c *app.Config) {}, "http://localhost:8880"},
	} {
		config := app.Config{Listen: "127.0.0.1:8880", Data: "data"}
		c.set(&config)
		rows, _, err := app.Describe(config, func(string) string { return "" })
		got := ""
		for _, r := range rows {
			if r.Flag == "url" {
				got = r.Value
			}
		}
		if got != c.want || err != nil {
			t.Errorf("url = %q, %v, want %q", got, err, c.want)
		}
	}
}

// TestWrongHTTPS holds that settings of HTTPS that contradict each other are
// told by name, with what would be right.
func TestWrongHTTPS(t *testing.T) {
	ca := newTestCA(t)
	cert, key := ca.pair(house.Morning.AddDate(0, 3, 0), "coffer.test")
	other, _ := ca.pair(house.Morning.AddDate(0, 3, 0), "coffer.test")
	certFile, keyFile, _ := pairFiles(t, cert, key)
	otherFile, _, _ := pairFiles(t, other, key)
	for _, c := range []struct {
		name, flag string
		set        func(*app.Config)
		want       string
	}{
		{"no key", "tls-cert", func(c *app.Config) { c.TlsCert = certFile }, "--tls-key"},
		{"no certificate", "tls-key", func(c *app.Config) { c.TlsKey = keyFile }, "--tls-cert"},
		{"no such certificate", "tls-cert", func(c *app.Config) { c.TlsCert, c.TlsKey = "/no/such", keyFile }, "cannot be read"},
		{"no such key", "tls-key", func(c *app.Config) { c.TlsCert, c.TlsKey = certFile, "/no/such" }, "cannot be read"},
		{"no pair", "tls-cert", func(c *app.Config) { c.TlsCert, c.TlsKey = otherFile, keyFile }, "no pair"},
		{"the two exchanged", "tls-cert", func(c *app.Config) { c.TlsCert, c.TlsKey = keyFile, certFile }, "no pair"},
		{"files and ACME", "acme", func(c *app.Config) { c.TlsCert, c.TlsKey, c.Acme = certFile, keyFile, "a.example.org" }, "one of the two"},
		{"files and self-signed", "self-signed", func(c *app.Config) { c.TlsCert, c.TlsKey, c.SelfSigned = certFile, keyFile, true }, "one of the two"},
		{"ACME and self-signed", "self-signed", func(c *app.Config) { c.Acme, c.SelfSigned = "a.example.org", true }, "one of the two"},
		{"ACME for an address", "acme", func(c *app.Config) { c.Acme = "192.0.2.1" }, "192.0.2.1"},
		{"ACME for a URL", "acme", func(c *app.Config) { c.Acme = "https://a.example.org" }, "full names"},
		{"ACME for all below", "acme", func(c *app.Config) { c.Acme = "*.example.org" }, "full names"},
		{"ACME for localhost", "acme", func(c *app.Config) { c.Acme = "a.example.org,localhost" }, `"localhost"`},
		{"ACME beyond ASCII", "acme", func(c *app.Config) { c.Acme = "kärtchen.example" }, "xn--"},
		{"ACME for another name", "url", func(c *app.Config) { c.Acme, c.URL = "a.example.org", "https://b.example.org" }, "a.example.org"},
		{"a directory without ACME", "acme-directory", func(c *app.Config) { c.AcmeDirectory = "https://ca.example/dir" }, "--acme"},
		{"a directory in clear", "acme-directory", func(c *app.Config) { c.Acme, c.AcmeDirectory = "a.example.org", "http://ca.example/dir" }, "https://"},
		{"HTTPS and http://", "url", func(c *app.Config) { c.SelfSigned, c.URL = true, "http://a.example.org" }, "https://a.example.org"},
		{"a redirect to nowhere", "http-listen", func(c *app.Config) { c.HttpListen = ":80" }, "--self-signed"},
		{"a redirect from the same port", "http-listen", func(c *app.Config) { c.SelfSigned, c.HttpListen, c.Listen = true, "127.0.0.1:443", "127.0.0.1:443" }, "another port"},
		{"a redirect from no port", "http-listen", func(c *app.Config) { c.SelfSigned, c.HttpListen = true, "80" }, ":80"},
		{"a redirect from elsewhere", "http-listen", func(c *app.Config) { c.SelfSigned, c.HttpListen = true, "192.0.2.1:80" }, "choose another"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := app.Config{Listen: "127.0.0.1:0", Data: t.TempDir()}
			c.set(&config)
			_, err := app.New(t.Context(), config, app.Options{})
			if w, ok := errors.AsType[*app.Wrong](err); !ok || w.Flag != c.flag || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New() = %v, want --%s named, and %q", err, c.flag, c.want)
			}
		})
	}
}
