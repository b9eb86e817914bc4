package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// TestCertificateEnds holds that a certificate which nobody renews shows before
// it ends, and that one which browsers will not take is warned of at the start.
func TestCertificateEnds(t *testing.T) {
	ca := newTestCA(t)
	until := house.Morning.AddDate(0, 0, 8)
	cert, key := ca.pair(until, "coffer.test")
	certFile, keyFile, setup := pairFiles(t, cert, key)
	h := house.Open(t, "sqlite", setup, func(s *house.Setup) { s.MetricsListen = "127.0.0.1:0" })
	if got := strings.Join(h.Warnings(), "\n"); strings.Contains(got, "certificate") || strings.Contains(got, "plain HTTP") {
		t.Errorf("Warnings() = %q, want none of a good certificate", got)
	}
	if got := readyDetails(h); !strings.HasPrefix(got, "ok\n") {
		t.Errorf("eight days before its end /readyz says %q, want ok", got)
	}
	want := []byte(fmt.Sprintf("\ncoffer_certificate_expires_timestamp_seconds %v\n", float64(until.Unix())))
	if got := scraped(h); !bytes.Contains(got, want) {
		t.Errorf("the figures lack %s", want)
	}
	h.Pass(25 * time.Hour)
	if got := readyDetails(h); !strings.Contains(got, "the certificate for coffer.test, 127.0.0.1 ends on 2026-03-10") {
		t.Errorf("less than seven days before its end /readyz says %q, want the day", got)
	}
	h.Pass(7 * 24 * time.Hour)
	if got := readyDetails(h); !strings.Contains(got, "ended on 2026-03-10") {
		t.Errorf("after its end /readyz says %q", got)
	}
	if got := strings.Join(h.Warnings(), "\n"); !strings.Contains(got, "browsers will not take the certificate: it ended on 2026-03-10") {
		t.Errorf("Warnings() = %q, want the end told", got)
	}
	if err := os.Chmod(keyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	wrongCert, wrongKey := ca.pair(house.Morning.AddDate(1, 0, 0), "other.test")
	putFile(t, certFile, wrongCert)
	putFile(t, keyFile, wrongKey)
	h.StopWriting("log_rotated reason=day", "sys_shutdown")
	h.Start()
	h.Wrote("sys_startup")
	got := strings.Join(h.Warnings(), "\n")
	for _, want := range []string{"it is for other.test, 127.0.0.1, and browsers ask for coffer.test", "chmod o= " + keyFile} {
		if !strings.Contains(got, want) {
			t.Errorf("Warnings() = %q, want %q", got, want)
		}
	}
}

// scraped are /metrics.
func scraped(h *house.House) []byte {
	h.Helper()
	res, err := http.Get("http://" + h.MetricsAddress() + "/metrics")
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatal(err)
	}
	return text
}
