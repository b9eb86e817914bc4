package app_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// testCA is an authority that certifies what a test asks for.
type testCA struct {
	testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
	last int64
}

// longAgo is before any clock that a test meets.
var longAgo = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func newTestCA(tb testing.TB) *testCA {
	tb.Helper()
	s := &testCA{TB: tb, key: newTestKey(tb), pool: x509.NewCertPool(), last: 1}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: longAgo, NotAfter: longAgo.AddDate(80, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, s.key.Public(), s.key)
	if err == nil {
		s.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		tb.Fatal(err)
	}
	s.pool.AddCert(s.cert)
	return s
}

func newTestKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// pair certifies these names until then, as two texts in PEM.
func (s *testCA) pair(until time.Time, names ...string) (cert, key []byte) {
	s.Helper()
	s.last++
	private := newTestKey(s)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(s.last), NotBefore: longAgo, NotAfter: until, DNSNames: names,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, s.cert, private.Public(), s.key)
	if err != nil {
		s.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		s.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// root is the authority's own certificate in a file.
func (s *testCA) root() string {
	s.Helper()
	name := filepath.Join(s.TempDir(), "root.pem")
	putFile(s, name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))
	return name
}

func putFile(tb testing.TB, name string, text []byte) {
	tb.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// pairFiles puts a pair into two files and has the application use them.
func pairFiles(tb testing.TB, cert, key []byte) (certFile, keyFile string, setup func(*house.Setup)) {
	tb.Helper()
	dir := tb.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	putFile(tb, certFile, cert)
	putFile(tb, keyFile, key)
	return certFile, keyFile, func(s *house.Setup) { s.TlsCert, s.TlsKey, s.URL = certFile, keyFile, secureURL }
}

const secureURL = "https://coffer.test"

// byTLS is a client that connects to the house whatever the address says, and
// believes what pool says.
func byTLS(h *house.House, pool *x509.CertPool, change ...func(*tls.Config)) *http.Client {
	c := &tls.Config{RootCAs: pool, ServerName: "coffer.test", Time: h.Now}
	for _, fn := range change {
		fn(c)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", h.Address())
	}
	tr := &http.Transport{DialContext: dial, TLSClientConfig: c, ForceAttemptHTTP2: true}
	h.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport: tr, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// tlsAnswer is an answer that was read.
type tlsAnswer struct {
	*http.Response
	body string
}

// askTLS makes a request that must be answered.
func askTLS(h *house.House, c *http.Client, method, url, form string) tlsAnswer {
	h.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(form))
	if err != nil {
		h.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Do(r)
	if err != nil {
		h.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatalf("%s %s: %v", method, url, err)
	}
	return tlsAnswer{res, string(body)}
}

// shownSerial is the number of the certificate that a new connection is shown, or why
// there was none.
func shownSerial(h *house.House, pool *x509.CertPool) string {
	h.Helper()
	c, err := tls.Dial("tcp", h.Address(), &tls.Config{RootCAs: pool, ServerName: "coffer.test", Time: h.Now})
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	return fmt.Sprint(c.ConnectionState().PeerCertificates[0].SerialNumber)
}

// insecure asks for a page by HTTPS on a new connection, whoever answers.
func insecure(h *house.House) (status int) {
	h.Helper()
	return insecureAsk(h, "GET /login HTTP/1.1\r\nHost: coffer.test\r\nConnection: close\r\n\r\n")
}

// insecureAsk sends bytes by HTTPS and gives the answer's status, or 0.
func insecureAsk(h *house.House, request string) (status int) {
	h.Helper()
	c := tls.Client(dial(h), &tls.Config{InsecureSkipVerify: true})
	defer c.Close()
	go func() { _, _ = io.WriteString(c, request) }() // it may be answered before it is read
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		h.Logf("%.40q is answered with %v", request, err)
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}
