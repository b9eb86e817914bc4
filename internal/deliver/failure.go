package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// The reasons of delivery_fail.
const (
	unreachable = "unreachable"
	timeout     = "timeout"
	certificate = "certificate"
	refused     = "refused"
	unreadable  = "unreadable"
	pruned      = "pruned"
)

// failure is an attempt that did not get through. Its text says nothing of the
// receiver's address, which may hold a secret, nor of what it answered.
type failure struct {
	reason string
	status int           // the HTTP status, where there was one
	after  time.Duration // how long the receiver asks to wait
	lines  bool          // other lines might get through
	err    error
}

// Error says why.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap gives what was found.
func (f *failure) Unwrap() error { return f.err }

// fail finds the reason of an error on the way to the receiver.
func fail(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // it names the whole address otherwise
	}
	f := &failure{reason: unreachable, err: err}
	n, isNet := errors.AsType[net.Error](err)
	_, wrong := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case wrong:
		f.reason = certificate
	case errors.Is(err, context.DeadlineExceeded), isNet && n.Timeout():
		f.reason = timeout
		f.err = errSlow
	case errors.Is(err, context.Canceled):
		f.err = errStopping
	}
	return f
}

var (
	errSlow     = errors.New("the receiver did not answer in time")
	errStopping = errors.New("stopped before the receiver answered")
)

// answered is a failure that an HTTP receiver told.
func answered(r *http.Response, now time.Time) *failure {
	f := &failure{reason: refused, status: r.StatusCode, err: fmt.Errorf("the receiver answered %d", r.StatusCode)}
	switch c := r.StatusCode; {
	case c/100 == 3:
		f.err = fmt.Errorf("the receiver answered %d; redirects are not followed", c)
	case c == http.StatusTooManyRequests, c/100 == 5:
		f.after = retryAfter(r.Header.Get("Retry-After"), now)
	case c/100 == 4:
		f.lines = c != http.StatusRequestTimeout
	}
	return f
}

// retryAfter reads the header in both its forms; none is no wait.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
