package deliver

import (
	"context"
	"crypto/x509"
	"errors"
	"net/netip"
	"net/url"
	"time"

	"coffer/internal/seclog/seal"
	"coffer/internal/secret"
)

// receiver is what differs between the ways out.
type receiver interface {
	// send hands lines over, which follow on those before or repeat them.
	// Without an error they are on their way.
	send(ctx context.Context, lines []seal.Line) error
	// confirmed gives the first line that the receiver may not have, as far as
	// send knows, and why the others of it are not to be waited for.
	confirmed() (next uint64, err error)
	// finish ends a connection in order, so that confirmed tells the most.
	finish(ctx context.Context)
	// reset drops what is open; the next send begins anew.
	reset()
}

// Target is where a delivery goes.
type Target struct {
	// Name is syslog, otlp or webhook: what its position is stored under.
	Name string
	// Receiver is scheme, host and port; the rest of an address may be secret.
	Receiver string
	// Clear says that the lines cross a network unencrypted.
	Clear bool
	// Unsigned says that the receiver cannot tell who sent them.
	Unsigned bool

	open func(Pace, func() time.Time) receiver
}

// What an address must be.
var (
	ErrSyslog = errors.New("give tls://host:port or tcp://host:port, as in tls://logs.example.org:6514")
	ErrHTTP   = errors.New("give an http:// or https:// URL without a user or password in it")
)

// Syslog is a receiver of RFC 5424 messages: over TLS (RFC 5425) or TCP (RFC
// 6587), with octet counting. roots are whom TLS believes; nil is the system's.
func Syslog(address string, roots *x509.CertPool) (Target, error) {
	u, err := url.Parse(address)
	bare := url.URL{}
	if err == nil {
		bare = url.URL{Scheme: u.Scheme, Host: u.Host}
	}
	if err != nil || u.Scheme != "tls" && u.Scheme != "tcp" || u.Hostname() == "" || u.Port() == "" || *u != bare {
		return Target{}, ErrSyslog
	}
	secure := u.Scheme == "tls"
	return Target{
		Name: "syslog", Receiver: address, Clear: !secure && !local(u.Hostname()),
		open: func(p Pace, _ func() time.Time) receiver {
			return &syslog{address: u.Host, tls: clientTLS(secure, u.Hostname(), roots), pace: p}
		},
	}, nil
}

// OTLP is a collector that takes OTLP/HTTP logs; the address is the whole one,
// with /v1/logs.
func OTLP(address string, roots *x509.CertPool) (Target, error) {
	u, err := web(address)
	if err != nil {
		return Target{}, err
	}
	return target("otlp", u, func(Pace, func() time.Time) receiver {
		return &otlp{post: newPost(u.String(), roots)}
	}), nil
}

// Webhook is any HTTP receiver of the lines as they are. With a key each
// request is signed.
func Webhook(address string, key secret.Bytes, roots *x509.CertPool) (Target, error) {
	u, err := web(address)
	if err != nil {
		return Target{}, err
	}
	t := target("webhook", u, func(_ Pace, now func() time.Time) receiver {
		return &webhook{post: newPost(u.String(), roots), key: key, now: now}
	})
	t.Unsigned = key.Len() == 0
	return t, nil
}

func target(name string, u *url.URL, open func(Pace, func() time.Time) receiver) Target {
	return Target{
		Name: name, Receiver: u.Scheme + "://" + u.Host,
		Clear: u.Scheme == "http" && !local(u.Hostname()), open: open,
	}
}

func web(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, ErrHTTP
	}
	return u, nil
}

// local reports whether a host is this machine.
func local(host string) (here bool) {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
