package deliver

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"time"

	"coffer/internal/seclog/seal"
)

// What is read of an answer: enough to use its connection again.
const (
	maxAnswer       = 64 << 10
	maxAnswerHeader = 16 << 10
)

// post sends batches as HTTP requests; an answer of the 200s acknowledges one.
type post struct {
	client *http.Client
	pool   *http.Transport
	url    string
	next   uint64
}

func newPost(url string, roots *x509.CertPool) post {
	pool := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        clientTLS(true, "", roots),
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           1,
		IdleConnTimeout:        time.Minute,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
	return post{url: url, pool: pool, client: &http.Client{
		Transport: pool,
		// A redirect would take the log where nobody configured it to go.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func clientTLS(on bool, host string, roots *x509.CertPool) *tls.Config {
	if !on {
		return nil
	}
	return &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// do posts body and gives the answer's.
func (p *post) do(ctx context.Context, body []byte, header http.Header) (answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = header
	r.Header.Set("User-Agent", "coffer")
	// Lines may come twice: so a connection that the receiver closed while it
	// was idle costs no failed attempt. Without a value nothing is sent.
	r.Header["Idempotency-Key"] = nil
	resp, err := p.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 != 2 {
		return nil, answered(resp, time.Now())
	}
	return answer, err
}

// took notes that the receiver has these lines.
func (p *post) took(lines []seal.Line) { p.next = lines[len(lines)-1].Seq + 1 }

func (p *post) confirmed() (next uint64, err error) { return p.next, nil }

func (p *post) finish(context.Context) {}

func (p *post) reset() { p.pool.CloseIdleConnections() }
