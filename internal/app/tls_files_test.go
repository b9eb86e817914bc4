package app_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// tlsLine is one connection, and what it answers to a request for a page.
func tlsLine(h *house.House, ca *testCA) (answers func() int) {
	h.Helper()
	c, err := tls.Dial("tcp", h.Address(), &tls.Config{RootCAs: ca.pool, ServerName: "coffer.test", Time: h.Now})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { c.Close() })
	in := bufio.NewReader(c)
	return func() int {
		h.Helper()
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			h.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET /login HTTP/1.1\r\nHost: coffer.test\r\n\r\n"); err != nil {
			h.Fatal(err)
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			h.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			h.Fatal(err)
		}
		return res.StatusCode
	}
}

// toldSince is what the operator was told after before was.
func toldSince(before string) string { return strings.TrimPrefix(house.Told(), before) }

// TestCertificateReloads holds that a new pair in the files is used for new
// connections, that the old ones go on, and that the log has both fingerprints.
func TestCertificateReloads(t *testing.T) {
	ca := newTestCA(t)
	cert, key := ca.pair(house.Morning.AddDate(0, 3, 0), "coffer.test")
	certFile, keyFile, setup := pairFiles(t, cert, key)
	house.Both(t, func(h *house.House) {
		putFile(h.TB, certFile, cert)
		putFile(h.TB, keyFile, key)
		h.Tick(time.Second)
		h.Tick(time.Second)
		h.Rest() // of the engine before
		first := shownSerial(h, ca.pool)
		open := tlsLine(h, ca)
		if got := open(); got != 200 {
			t.Fatalf("a page = %d, want 200", got)
		}
		newCert, newKey := ca.pair(house.Morning.AddDate(0, 6, 0), "coffer.test")
		putFile(h.TB, keyFile, newKey)
		h.Tick(time.Second) // the key alone is new: not yet, and nobody is told
		putFile(h.TB, certFile, newCert)
		h.Tick(time.Second)
		if got := shownSerial(h, ca.pool); got != first {
			t.Errorf("while the files change, %s is shown, want %s", got, first)
		}
		h.Wrote()
		h.Tick(time.Second)
		h.Wrote("sys_config_changed actor=system:certificate target=setting:tls-cert data.from=* data.to=*")
		if got := shownSerial(h, ca.pool); got == first {
			t.Errorf("the old certificate %s is still shown", got)
		}
		if got := open(); got != 200 {
			t.Errorf("the connection from before answers %d, want 200", got)
		}
		h.Tick(time.Second)
		h.Wrote()
	}, setup)
}

// TestBadCertificateStaysOut holds that a pair that would break HTTPS is not
// taken, that the operator is told once, and that a good one ends it.
func TestBadCertificateStaysOut(t *testing.T) {
	ca := newTestCA(t)
	soon := house.Morning.AddDate(0, 3, 0)
	cert, key := ca.pair(soon, "coffer.test")
	otherCert, _ := ca.pair(soon, "coffer.test")
	overCert, overKey := ca.pair(house.Morning.Add(-time.Hour), "coffer.test")
	wrongCert, wrongKey := ca.pair(soon, "other.test")
	certFile, keyFile, setup := pairFiles(t, cert, key)
	h := house.Open(t, "sqlite", setup, func(s *house.Setup) { s.MetricsListen = "127.0.0.1:0" })
	first := shownSerial(h, ca.pool)
	for _, c := range []struct {
		name      string
		cert, key []byte
		want      string
	}{
		{"no pair", otherCert, key, "does not match"},
		{"half a file", cert[:len(cert)/2], key, "--tls-cert"},
		{"nothing", nil, nil, "--tls-cert"},
		{"one that is over", overCert, overKey, "it ended on 2026-03-02"},
		{"one for another name", wrongCert, wrongKey, "other.test"},
	} {
		putFile(h.TB, certFile, c.cert)
		putFile(h.TB, keyFile, c.key)
		before := house.Told()
		for range 4 {
			h.Tick(time.Second)
		}
		if got := shownSerial(h, ca.pool); got != first {
			t.Errorf("%s: %s is shown, want %s", c.name, got, first)
		}
		if told := toldSince(before); strings.Count(told, "is not used") != 1 || !strings.Contains(told, c.want) {
			t.Errorf("%s: the operator is told %q, want it once, with %q", c.name, told, c.want)
		}
		if got := readyDetails(h); !strings.HasPrefix(got, "degraded\n") || !strings.Contains(got, "is not used") {
			t.Errorf("%s: /readyz says %q, want degraded", c.name, got)
		}
	}
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	before := house.Told()
	h.Tick(time.Second)
	h.Tick(time.Second)
	if told := toldSince(before); !strings.Contains(told, "cannot be read") {
		t.Errorf("without the file the operator is told %q", told)
	}
	h.Wrote()
	putFile(h.TB, certFile, cert)
	putFile(h.TB, keyFile, key)
	h.Tick(time.Second)
	if got := readyDetails(h); !strings.HasPrefix(got, "ok\n") {
		t.Errorf("with the old pair back, /readyz says %q, want ok", got)
	}
	newCert, newKey := ca.pair(soon, "coffer.test")
	putFile(h.TB, certFile, newCert)
	putFile(h.TB, keyFile, newKey)
	h.Tick(time.Second)
	h.Tick(time.Second)
	h.Wrote("sys_config_changed")
	if got := shownSerial(h, ca.pool); got == first {
		t.Errorf("the good pair at last is not shown")
	}
}

// readyDetails is /readyz with its reasons.
func readyDetails(h *house.House) string {
	h.Helper()
	res, err := http.Get("http://" + h.MetricsAddress() + "/readyz")
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatal(err)
	}
	return string(text)
}
