package app

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"os"

	"coffer/internal/deliver"
	"coffer/internal/secret"
)

// minSecret is the least that signs anything, in bytes.
const minSecret = 16

// deliverTo reads where the log is delivered to. Only the settings say so, never
// a page.
func (c Config) deliverTo() (all []deliver.Target, err error) {
	roots, err := authorities(c.DeliveryCaFile)
	if err != nil {
		return nil, err
	}
	key, err := c.webhookKey()
	if err != nil {
		return nil, err
	}
	for _, way := range []struct {
		flag, value string
		read        func() (deliver.Target, error)
	}{
		{"syslog", c.Syslog, func() (deliver.Target, error) { return deliver.Syslog(c.Syslog, roots) }},
		{"otlp", c.OTLP, func() (deliver.Target, error) { return deliver.OTLP(c.OTLP, roots) }},
		{"webhook", c.Webhook, func() (deliver.Target, error) { return deliver.Webhook(c.Webhook, key, roots) }},
	} {
		if way.value == "" {
			continue
		}
		t, err := way.read()
		if err != nil {
			return nil, wrong(way.flag, shown(way.value), "%v", err)
		}
		all = append(all, t)
	}
	return all, nil
}

// shown is an address without what may be secret in it.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.RawQuery != "" {
		return "…"
	}
	return address
}

// authorities are whom TLS believes: the system's, and those of the file.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, wrong("delivery-ca-file", file, "it cannot be read (%v)", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without any
	}
	if !pool.AppendCertsFromPEM(raw) {
		return nil, wrong("delivery-ca-file", file, "it holds no certificate; give one or more in PEM")
	}
	return pool, nil
}

// webhookKey reads what signs the webhook's requests. One that begins with
// whsec_ is in base64 after that, as the convention has it.
func (c Config) webhookKey() (key secret.Bytes, err error) {
	if c.WebhookSecretFile == "" {
		return key, nil
	}
	if c.Webhook == "" {
		return key, wrong("webhook-secret-file", c.WebhookSecretFile, "there is no --webhook whose requests it would sign")
	}
	raw, err := os.ReadFile(c.WebhookSecretFile)
	if err != nil {
		return key, wrong("webhook-secret-file", c.WebhookSecretFile, "it cannot be read (%v)", err)
	}
	raw = bytes.TrimSpace(raw)
	if text, coded := bytes.CutPrefix(raw, []byte("whsec_")); coded {
		if raw, err = base64.StdEncoding.DecodeString(string(text)); err != nil {
			return key, wrong("webhook-secret-file", c.WebhookSecretFile, "what follows whsec_ in it is not base64")
		}
	}
	if len(raw) < minSecret {
		return key, wrong("webhook-secret-file", c.WebhookSecretFile, "it holds %d bytes, and %d are the least; make one with: openssl rand -hex 32", len(raw), minSecret)
	}
	return secret.NewBytes(raw), nil
}
