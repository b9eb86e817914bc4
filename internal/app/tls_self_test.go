package app_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
)

// TestSelfSigned holds that the certificate is for this name and this machine,
// that its fingerprint is the one a browser shows, and that it is kept until it
// is for another name, or nearly over.
func TestSelfSigned(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.SelfSigned, s.URL = true, secureURL })
	shown := func(name string) string {
		t.Helper()
		pool := x509.NewCertPool()
		text, err := os.ReadFile(filepath.Join(h.Dir(), "self-signed.crt"))
		if err != nil || !pool.AppendCertsFromPEM(text) {
			t.Fatalf("read the certificate: %v", err)
		}
		c, err := tls.Dial("tcp", h.Address(), &tls.Config{RootCAs: pool, ServerName: name, Time: h.Now})
		if err != nil {
			t.Fatalf("who trusts the certificate, asks for %s and gets %v", name, err)
		}
		defer c.Close()
		sum := sha256.Sum256(c.ConnectionState().PeerCertificates[0].Raw)
		return hex.EncodeToString(sum[:])
	}
	first := shown("coffer.test")
	for _, name := range []string{"localhost", "127.0.0.1"} {
		if got := shown(name); got != first {
			t.Errorf("%s is shown %s, want %s", name, got, first)
		}
	}
	if got := strings.ToLower(strings.ReplaceAll(h.Fingerprint(), ":", "")); got != first || strings.Count(h.Fingerprint(), ":") != 31 {
		t.Errorf("Fingerprint() = %s, want the one of %s in pairs", h.Fingerprint(), first)
	}
	if _, err := tls.Dial("tcp", h.Address(), &tls.Config{ServerName: "coffer.test", RootCAs: x509.NewCertPool(), Time: h.Now}); err == nil {
		t.Error("who does not trust the certificate is let through")
	}
	key := filepath.Join(h.Dir(), "self-signed.key")
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode = %v, %v, want 0600", info.Mode(), err)
	}
	again := func(stop ...string) string {
		t.Helper()
		h.StopWriting(append(stop, "sys_shutdown")...)
		h.Start()
		h.Wrote("sys_startup")
		return shown("localhost")
	}
	if got := again(); got != first {
		t.Errorf("after another start it is %s, want the same %s", got, first)
	}
	h.Setup.URL = "https://other.test"
	second := again()
	if second == first || shown("other.test") != second {
		t.Errorf("for another name it is still %s", second)
	}
	h.Pass(2*365*24*time.Hour - 31*24*time.Hour)
	if got := again("log_rotated reason=day"); got != second {
		t.Errorf("31 days before its end it is %s, want the same %s", got, second)
	}
	h.Pass(2 * 24 * time.Hour)
	if got := again("log_rotated reason=day"); got == second {
		t.Errorf("29 days before its end it is still %s", got)
	}
	h.Stop()
	if err := os.Chmod(key, 0o640); err != nil {
		t.Fatal(err)
	}
	_, err := app.New(t.Context(), h.Setup.Config, h.Setup.Options)
	if _, ok := errors.AsType[*app.Refused](err); !ok || !strings.Contains(err.Error(), "chmod 600 "+key) {
		t.Errorf("New() with a key that others can read = %v, want a refusal", err)
	}
}
