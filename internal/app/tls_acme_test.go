package app_test

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// certifying has the application get its certificate from p.
func certifying(p *pebble, listen string) func(*house.Setup) {
	return func(s *house.Setup) {
		s.Listen, s.URL = listen, "https://cards.coffer.test"
		s.Acme, s.AcmeDirectory, s.DeliveryCaFile = "cards.coffer.test,www.coffer.test", "https://localhost:"+portOf(p.T, p.at)+"/dir", p.ca.root()
	}
}

// shownTo is the certificate that who asks for a name is shown, or nil.
func shownTo(h *house.House, pool *x509.CertPool, name string) *x509.Certificate {
	h.Helper()
	c, err := tls.Dial("tcp", h.Address(), &tls.Config{RootCAs: pool, ServerName: name})
	if err != nil {
		return nil
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0]
}

// TestACME holds that certificates are got before the first visitor comes, by
// the handshake alone, for the names that were given and no other; that they
// are kept where nobody else can read them, and outlast a start without the
// authority.
func TestACME(t *testing.T) {
	listen := freePort(t)
	p := startPebble(t, portOf(t, freePort(t)), portOf(t, listen))
	h := house.Open(t, "sqlite", certifying(p, listen))
	if _, err := os.Stat(filepath.Join(h.Dir(), "acme")); err != nil {
		t.Fatal(err)
	}
	before := house.Told()
	h.Tick(time.Second)
	if told := toldSince(before); strings.Count(told, "a certificate is in use") != 2 {
		t.Errorf("the operator is told %q, want two certificates", told)
	}
	pool := p.root()
	first := shownTo(h, pool, "cards.coffer.test")
	if first == nil || shownTo(h, pool, "WWW.coffer.test") == nil {
		t.Fatal("a browser that trusts the authority does not trust the certificates")
	}
	for _, name := range []string{"", "coffer.test", "other.coffer.test", "localhost", "../cards.coffer.test"} {
		c, err := tls.Dial("tcp", h.Address(), &tls.Config{InsecureSkipVerify: true, ServerName: name})
		if err == nil {
			c.Close()
			t.Errorf("who asks for %q is shown a certificate", name)
		}
	}
	onlyMine(t, filepath.Join(h.Dir(), "acme"))
	p.stop()
	h.Stop()
	h.Start()
	h.Wrote("sys_startup")
	if again := shownTo(h, pool, "cards.coffer.test"); again == nil || !again.Equal(first) {
		t.Error("after another start, without the authority, it is another certificate or none")
	}
}

// onlyMine fails if somebody else could read what is in dir.
func onlyMine(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		files++
		return err
	})
	if err != nil || files < 4 { // the directory, the account's key, two certificates
		t.Errorf("%d files, %v", files, err)
	}
}

// TestACMEOverHTTP holds that an authority which cannot make the handshake is
// answered over plain HTTP, which leads all else to HTTPS as before.
func TestACMEOverHTTP(t *testing.T) {
	listen, plainly := freePort(t), freePort(t)
	p := startPebble(t, portOf(t, plainly), portOf(t, freePort(t)))
	h := house.Open(t, "sqlite", certifying(p, listen), func(s *house.Setup) { s.HttpListen = plainly })
	h.Tick(time.Second)
	if shownTo(h, p.root(), "cards.coffer.test") == nil {
		t.Error("no certificate was got")
	}
	res, _ := plain(h, "GET /login HTTP/1.1\r\nHost: cards.coffer.test\r\n\r\n")
	if res.StatusCode != 308 || res.Header.Get("Location") != "https://cards.coffer.test/login" {
		t.Errorf("a page = %d to %q, want 308", res.StatusCode, res.Header.Get("Location"))
	}
	if res, _ := plain(h, "POST /.well-known/acme-challenge/x HTTP/1.1\r\nHost: cards.coffer.test\r\nContent-Length: 5\r\n\r\n"); res.StatusCode != 403 {
		t.Errorf("a form to the authority's place = %d, want 403", res.StatusCode)
	}
	if res, _ := plain(h, "GET /.well-known/acme-challenge/x HTTP/1.1\r\nHost: cards.coffer.test:80\r\n\r\n"); res.StatusCode != 404 {
		t.Errorf("a challenge that nobody set = %d, want 404", res.StatusCode)
	}
}

// TestACMEFails holds that a failure is told with its name, shows in /readyz,
// keeps no visitor waiting, and that it is tried again after two minutes, then
// four: not each time that a stranger comes.
func TestACMEFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var asked atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			c.Close()
		}
	}()
	h := house.Open(t, "sqlite", func(s *house.Setup) {
		s.Acme, s.URL, s.MetricsListen = "cards.coffer.test", "https://cards.coffer.test", "127.0.0.1:0"
		s.AcmeDirectory = "https://" + l.Addr().String() + "/dir"
	})
	before := house.Told()
	h.Tick(time.Second)
	if told := toldSince(before); strings.Count(told, "no certificate could be got") != 1 || !strings.Contains(told, "cards.coffer.test") {
		t.Errorf("the operator is told %q, want the name once", told)
	}
	if got := readyDetails(h); !strings.HasPrefix(got, "degraded\n") || !strings.Contains(got, "no certificate could be got for cards.coffer.test: ") {
		t.Errorf("/readyz says %q, want degraded", got)
	}
	for range 20 {
		if shownTo(h, nil, "cards.coffer.test") != nil {
			t.Fatal("a certificate came from nowhere")
		}
		h.Tick(time.Second)
	}
	if got := asked.Load(); got != 1 {
		t.Errorf("the authority was asked %d times at once, want 1", got)
	}
	before = house.Told()
	for _, c := range []struct {
		pass  time.Duration
		tries int
	}{
		{119 * time.Second, 0},
		{time.Second, 1},
		{239 * time.Second, 1},
		{time.Second, 2},
	} {
		h.Pass(c.pass)
		h.Tick(time.Second)
		h.Rest() // the clock was set forward
		if got := strings.Count(toldSince(before), "no certificate could be got"); got != c.tries {
			t.Errorf("%v later it was tried %d times more, want %d", c.pass, got, c.tries)
		}
	}
	if got := strings.Join(h.Warnings(), "\n"); !strings.Contains(got, "--acme with --listen on this machine alone") {
		t.Errorf("Warnings() = %q, want the address that nobody reaches named", got)
	}
}
