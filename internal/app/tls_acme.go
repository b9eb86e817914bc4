package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

const (
	// acmeTime is what one conversation with the authority may take.
	acmeTime = time.Minute
	// acmeAgain is how often the certificate is asked for once it is there: from
	// memory, where what was renewed shows.
	acmeAgain = time.Hour
	// acmePause and acmeLongest are how long to wait after the first failure and
	// at most: authorities allow a handful in an hour, and any stranger's
	// handshake would be one. Earlier than in a minute the library says no by itself.
	acmePause, acmeLongest = 2 * time.Minute, time.Hour
)

// authority gets certificates by ACME and renews them.
type authority struct {
	manager *autocert.Manager
	names   []string
	now     func() time.Time
	state   map[string]*issued
}

// openACME makes what asks the authority; it is asked once Coffer serves, since
// the authority then looks here.
func (a *App) openACME() (*authority, error) {
	dir := filepath.Join(a.Data, "acme")
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.Chmod(dir, 0o700) // the account's key and the certificate's are in it
	}
	if err != nil {
		return nil, err
	}
	roots, err := authorities(a.DeliveryCaFile)
	if err != nil {
		return nil, err
	}
	w := &authority{names: a.acme, now: a.Now, state: map[string]*issued{}}
	for _, name := range a.acme {
		w.state[name] = &issued{name: name}
	}
	w.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(dir), HostPolicy: autocert.HostWhitelist(a.acme...),
		Client: &acme.Client{
			DirectoryURL: a.AcmeDirectory, UserAgent: "coffer/" + a.Version,
			HTTPClient: &http.Client{Timeout: acmeTime, Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
				ForceAttemptHTTP2: true, TLSHandshakeTimeout: headerTime, IdleConnTimeout: idleTime,
			}},
		},
	}
	return w, nil
}

// get answers a handshake. Which names there are is asked first: a stranger's
// would be looked for on the disk. The authority's own look is let through.
func (w *authority) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	s, known := w.state[name]
	if !known {
		return nil, errNoCertificate
	}
	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		return w.manager.GetCertificate(hello)
	}
	if s.has() {
		return w.manager.GetCertificate(askFor(name)) // from memory
	}
	ctx, cancel := context.WithTimeout(hello.Context(), headerTime)
	defer cancel()
	return w.obtain(ctx, s)
}

// acmeHint is the usual reason, which the library does not tell.
const acmeHint = "The authority must reach Coffer under this name, at port 443, or at port 80 and --http-listen there"

// errNoCertificate is what a handshake gets that asks for somebody else, and
// errNotYet one that waited long enough for the first certificate.
var (
	errNoCertificate = errors.New("there is no certificate for this name")
	errNotYet        = errors.New("the certificate is still being got")
)

// askFor wants one kind of certificate whatever the browser would take, so that
// nobody can have a second one ordered.
func askFor(name string) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
}

// look asks for what is due, so that the first visitor need not wait and a
// failure is known before anybody comes. A stop does not wait for the authority.
func (w *authority) look(ctx context.Context) error {
	for _, name := range w.names {
		s := w.state[name]
		s.mu.Lock()
		due := !w.now().Before(s.due)
		s.mu.Unlock()
		if due {
			_, _ = w.obtain(ctx, s) // note has told of an error
		}
	}
	return nil
}

func (w *authority) leaves() (all []*x509.Certificate) {
	for _, name := range w.names {
		s := w.state[name]
		s.mu.Lock()
		if s.pair != nil {
			all = append(all, s.pair.Leaf)
		}
		s.mu.Unlock()
	}
	return all
}

func (w *authority) troubles() (out []string) {
	for _, name := range w.names {
		s := w.state[name]
		s.mu.Lock()
		if s.err != nil {
			out = append(out, fmt.Sprintf("no certificate could be got for %s: %v. %s", name, s.err, acmeHint))
		}
		s.mu.Unlock()
	}
	return out
}

// challenges answers an authority that looks at plain HTTP, and gives all else
// to next. Both know a name without its port.
func (w *authority) challenges(next http.Handler) http.Handler {
	answer := w.manager.HTTPHandler(next)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if _, known := w.state[strings.ToLower(host)]; !known || r.Method != http.MethodGet {
			next.ServeHTTP(rw, r)
			return
		}
		named := r.Clone(r.Context())
		named.Host = strings.ToLower(host)
		answer.ServeHTTP(rw, named)
	})
}
