package app

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
)

// certificates is where the certificate comes from: files, an authority that is
// asked by ACME, or Coffer itself.
type certificates interface {
	// get answers a handshake.
	get(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// look is called each second: what is due, or has changed, is dealt with.
	look(context.Context) error
	// leaves are the certificates in use, as far as there are any yet.
	leaves() []*x509.Certificate
	// troubles are what is wrong with them now, a sentence each.
	troubles() []string
}

// shortly is how long before its end a certificate should have been renewed.
const shortly = 7 * 24 * time.Hour

// openTLS gets the certificate, or what gets it.
func (a *App) openTLS(ctx context.Context) (err error) {
	switch {
	case a.TlsCert != "":
		a.certs, err = a.openFiles()
	case a.SelfSigned:
		a.certs, err = a.openSelfSigned()
	case len(a.acme) > 0:
		a.certs, err = a.openACME()
	}
	return err
}

// tlsConfig leaves to the standard library what may be left to it: ciphers,
// curves and HTTP/2 are its choice. Versions below 1.2 stay off even where its
// own settings were loosened.
func (a *App) tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: a.certs.get, NextProtos: a.protocols()}
}

// protocols are what a browser may speak, and an authority that checks whose
// name it is by the handshake alone.
func (a *App) protocols() []string {
	all := []string{"h2", "http/1.1"}
	if len(a.acme) > 0 {
		all = append(all, acme.ALPNProto)
	}
	return all
}

// Fingerprint is what a browser shows of a self-signed certificate, by which a
// person can tell it from another's. It is empty where an authority vouches.
func (a *App) Fingerprint() string {
	if own, ok := a.certs.(*selfSigned); ok {
		return fingerprint(own.pair.Leaf)
	}
	return ""
}

// fingerprint writes a certificate's SHA-256 as browsers do.
func fingerprint(c *x509.Certificate) string {
	return strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(c.Raw)), " ", ":")
}

// host is the name in the browser's address line.
func (a *App) host() string {
	u, err := url.Parse(a.origin)
	if err != nil {
		return "" // it was put together from what was checked
	}
	return u.Hostname()
}

// unfit says why browsers will not take a certificate, whoever signed it.
func unfit(c *x509.Certificate, host string, now time.Time) error {
	switch {
	case now.After(c.NotAfter):
		return fmt.Errorf("it ended on %s", dateOf(c.NotAfter))
	case now.Before(c.NotBefore):
		return fmt.Errorf("it begins on %s only", dateOf(c.NotBefore))
	case c.VerifyHostname(host) != nil:
		return fmt.Errorf("it is for %s, and browsers ask for %s", strings.Join(certified(c), ", "), host)
	}
	return nil
}

// certified are the names and addresses that a certificate is for.
func certified(c *x509.Certificate) []string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return []string{"no name"}
	}
	return names
}

// lookAtCertificate deals each second with what is due.
func (a *App) lookAtCertificate(ctx context.Context) error {
	if a.certs == nil {
		return nil
	}
	return a.certs.look(ctx)
}

// tlsTroubles are what is wrong with the certificate while it is in use.
func (a *App) tlsTroubles() (out []string) {
	if a.certs == nil {
		return nil
	}
	for _, c := range a.certs.leaves() {
		if left := c.NotAfter.Sub(a.Now()); left < shortly {
			verb := map[bool]string{true: "ends", false: "ended"}[left > 0]
			out = append(out, fmt.Sprintf("the certificate for %s %s on %s and has not been renewed", strings.Join(certified(c), ", "), verb, dateOf(c.NotAfter)))
		}
	}
	return append(out, a.certs.troubles()...)
}

// tlsWarnings are what an operator should know of HTTPS at the start.
func (a *App) tlsWarnings() (out []string) {
	if a.certs == nil {
		return nil
	}
	for _, c := range a.certs.leaves() {
		if err := unfit(c, a.host(), a.Now()); err != nil {
			out = append(out, fmt.Sprintf("browsers will not take the certificate: %v", err))
		}
	}
	if info, err := os.Stat(a.TlsKey); a.TlsKey != "" && err == nil && info.Mode().Perm()&0o007 != 0 {
		out = append(out, fmt.Sprintf("everybody on this machine can read the key of the certificate: chmod o= %s", a.TlsKey))
	}
	if len(a.acme) > 0 && a.loopback() {
		out = append(out, "--acme with --listen on this machine alone: the authority must reach it from outside, as port 443 (or --http-listen as port 80)")
	}
	return out
}

// certificateExpiry is when the first of the certificates in use ends.
func (a *App) certificateExpiry() (end time.Time, known bool) {
	if a.certs == nil {
		return end, false
	}
	for _, c := range a.certs.leaves() {
		if !known || c.NotAfter.Before(end) {
			end, known = c.NotAfter, true
		}
	}
	return end, known
}

func dateOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }
