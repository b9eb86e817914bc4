package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

const (
	// selfSignedFor is how long a certificate of our own lasts: browsers let a
	// person trust none for longer than 825 days.
	selfSignedFor = 2 * 365 * 24 * time.Hour
	// selfSignedLeft is what must be left of it at a start.
	selfSignedLeft = 30 * 24 * time.Hour
)

// selfSigned is a certificate that nobody vouches for. It is kept between
// starts, so that what a person compared once stays the same.
type selfSigned struct{ pair *tls.Certificate }

func (s *selfSigned) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.pair, nil }

func (s *selfSigned) leaves() []*x509.Certificate { return []*x509.Certificate{s.pair.Leaf} }

func (*selfSigned) look(context.Context) error { return nil }

func (*selfSigned) troubles() []string { return nil }

// openSelfSigned reads the certificate of the last start, or makes one: the
// first, or one for another name, or one that is not soon over.
func (a *App) openSelfSigned() (*selfSigned, error) {
	cert, key := filepath.Join(a.Data, "self-signed.crt"), filepath.Join(a.Data, "self-signed.key")
	pair, err := a.loadSelfSigned(cert, key)
	if err != nil {
		return nil, err
	}
	if pair == nil {
		if pair, err = makeSelfSigned(cert, key, a.host(), a.Now()); err != nil {
			return nil, fmt.Errorf("make the certificate of --self-signed: %w", err)
		}
		slog.Info("a new self-signed certificate was made", "file", cert, "until", dateOf(pair.Leaf.NotAfter))
	}
	return &selfSigned{pair}, nil
}

// loadSelfSigned gives nil where a new one is to be made. A key that others can
// read is refused, like the keys of the vault.
func (a *App) loadSelfSigned(cert, key string) (*tls.Certificate, error) {
	info, err := os.Stat(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, refused("the key of --self-signed can be read by others; if nobody did, chmod 600 %s, else remove it and a new one is made", key)
	}
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	if err != nil || unfit(pair.Leaf, a.host(), a.Now()) != nil || pair.Leaf.NotAfter.Sub(a.Now()) < selfSignedLeft {
		return nil, nil
	}
	return &pair, nil
}

// makeSelfSigned writes the key before the certificate: one without the other
// is made again.
func makeSelfSigned(cert, key, host string, now time.Time) (*tls.Certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, ownTemplate(serial, host, now), ownTemplate(serial, host, now), private.Public(), private)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := renameio.WriteFile(key, keyText, 0o600, renameio.WithStaticPermissions(0o600)); err != nil {
		return nil, err
	}
	if err := renameio.WriteFile(cert, certText, 0o644); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certText, keyText)
	return &pair, err
}

// ownTemplate is a certificate for the browser's address and for this machine.
// It may certify nothing else: whoever trusts it trusts this server alone.
func ownTemplate(serial *big.Int, host string, now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Coffer, self-signed"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfSignedFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil && host != "localhost":
		t.DNSNames = append([]string{host}, t.DNSNames...)
	case err == nil && !ip.IsLoopback():
		t.IPAddresses = append([]net.IP{ip.WithZone("").AsSlice()}, t.IPAddresses...)
	}
	return t
}
