package app

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// HTTPS reports whether Coffer itself speaks HTTPS.
func (c Config) HTTPS() bool {
	return c.TlsCert != "" || c.TlsKey != "" || strings.Trim(c.Acme, ", ") != "" || c.SelfSigned
}

// ServerName is a name for which the certificate surely is, or empty where any
// name will do: an ACME certificate is given only to who asks for it by name.
func (c Config) ServerName() string {
	if names, err := acmeNames(c.Acme); err == nil && len(names) > 0 {
		return names[0]
	}
	return ""
}

// readTLS checks the settings of HTTPS against each other and gives the names
// that a certificate is to be got for.
func (c Config) readTLS() (names []string, err error) {
	if names, err = acmeNames(c.Acme); err != nil {
		return nil, err
	}
	switch {
	case c.TlsCert != "" && c.TlsKey == "":
		return nil, wrong("tls-cert", c.TlsCert, "the key of this certificate is missing; give --tls-key as well")
	case c.TlsKey != "" && c.TlsCert == "":
		return nil, wrong("tls-key", c.TlsKey, "the certificate of this key is missing; give --tls-cert as well")
	case c.TlsCert != "" && len(names) > 0:
		return nil, wrong("acme", c.Acme, "--tls-cert gives a certificate already; give one of the two")
	case c.SelfSigned && c.TlsCert != "":
		return nil, wrong("self-signed", "on", "--tls-cert gives a certificate already; give one of the two")
	case c.SelfSigned && len(names) > 0:
		return nil, wrong("self-signed", "on", "--acme gets a certificate that browsers trust; give one of the two")
	case c.AcmeDirectory != "" && len(names) == 0:
		return nil, wrong("acme-directory", c.AcmeDirectory, "it says where --acme gets its certificate; give --acme as well, or leave it out")
	}
	if u, err := url.Parse(c.AcmeDirectory); c.AcmeDirectory != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		return nil, wrong("acme-directory", c.AcmeDirectory, "give the authority's directory, as in https://acme.example.org/directory")
	}
	return names, c.readPlain()
}

// readPlain checks where plain HTTP is to be answered beside HTTPS.
func (c Config) readPlain() error {
	if c.HttpListen == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(c.HttpListen)
	switch {
	case err != nil:
		return wrong("http-listen", c.HttpListen, "give an address and a port, as in :80")
	case !c.HTTPS():
		return wrong("http-listen", c.HttpListen, "it leads to HTTPS, and --listen speaks plain HTTP; give --acme, --tls-cert with --tls-key, or --self-signed as well, or leave it out")
	case c.HttpListen == c.Listen && port != "0":
		return wrong("http-listen", c.HttpListen, "--listen is there already, for HTTPS; give another port, as in :80")
	}
	return nil
}

// hostLabel is one part of a host's name (RFC 1123, 2.1).
var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// acmeNames reads the names of --acme. An authority gives no certificate for a
// name without a dot, and by the challenges that Coffer can answer none for an
// address or for all names below one.
func acmeNames(list string) (names []string, err error) {
	for part := range strings.SplitSeq(list, ",") {
		name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(part), "."))
		if name == "" || slices.Contains(names, name) {
			continue
		}
		_, address := netip.ParseAddr(name)
		labels := strings.Split(name, ".")
		if address == nil || len(name) > 253 || len(labels) < 2 || slices.ContainsFunc(labels, func(l string) bool { return !hostLabel.MatchString(l) }) {
			return nil, wrong("acme", list, "%q is no name that a certificate can be got for; give full names, as in cards.example.org,www.example.org (others than ASCII as xn--…)", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// ownHost is what the browser's address line shows where nothing stands before
// Coffer: 443 is the port that it does not show.
func (c Config) ownHost(host, port string) string {
	ip, err := netip.ParseAddr(host)
	switch name := c.ServerName(); {
	case name != "":
		host = name
	case host == "", err == nil && (ip.IsUnspecified() || ip.IsLoopback()):
		host = "localhost"
	}
	if port != "443" {
		return net.JoinHostPort(host, port)
	}
	if err == nil && ip.Is6() && host != "localhost" {
		return "[" + host + "]"
	}
	return host
}

// fitsTLS holds --url against HTTPS being on.
func (c Config) fitsTLS(u *url.URL) error {
	if c.HTTPS() && u.Scheme != "https" {
		return wrong("url", c.URL, "HTTPS is on, so browsers see https://%s; give that", u.Host)
	}
	names, err := acmeNames(c.Acme)
	if err == nil && len(names) > 0 && !slices.Contains(names, strings.ToLower(u.Hostname())) {
		return wrong("url", c.URL, "--acme gets no certificate for %s; give one of its names (%s), or add this one there", u.Hostname(), strings.Join(names, ", "))
	}
	return nil
}
