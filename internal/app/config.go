// Package app is the one place that knows everyone: it reads the settings,
// wires the rooms together, starts them in order and stops them in order. The
// program is a value; main only parses flags.
package app

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"coffer/internal/account"
	"coffer/internal/db"
	"coffer/internal/deliver"
	"coffer/internal/limit"
	"coffer/internal/witness"
)

// Config is every setting of the server. The tags are the manual: a flag, its
// variable, its default and its help; a YAML file (--config) may hold the same
// names. An empty variable is an unset one.
type Config struct {
	Listen              string `default:"127.0.0.1:8880" env:"COFFER_LISTEN" placeholder:"HOST:PORT" help:"Where to listen (127.0.0.1:8880)."`
	Data                string `default:"./data" env:"COFFER_DATA" placeholder:"DIR" help:"Database, security.log and keys (./data)."`
	Database            string `env:"COFFER_DATABASE" placeholder:"URL" help:"PostgreSQL, not SQLite; without a password."`
	DatabaseFile        string `env:"COFFER_DATABASE_FILE" placeholder:"FILE" help:"Holds that URL, password and all."`
	URL                 string `env:"COFFER_URL" placeholder:"URL" help:"What the browser sees (http://localhost:PORT)."`
	TrustedProxies      string `env:"COFFER_TRUSTED_PROXIES" placeholder:"CIDRS" help:"Whose X-Forwarded-For and -Proto are believed."`
	LogStdout           bool   `env:"COFFER_LOG_STDOUT" help:"The log's lines on standard output too."`
	Retention           string `default:"400d" env:"COFFER_RETENTION" placeholder:"DAYS" help:"How long the log is kept, or off (400d)."`
	PublicLog           bool   `env:"COFFER_PUBLIC_LOG" help:"Hash tiles under /log/ to all; never lines."`
	Limits              string `env:"COFFER_LIMITS" placeholder:"LIMITS" help:"As in signup=5/h,login=off (coffer config)."`
	RequireSecondFactor string `env:"COFFER_REQUIRE_SECOND_FACTOR" placeholder:"WHO" help:"Of whom: all, or roles as in admin,auditor."`
	Node                string `env:"COFFER_NODE" placeholder:"NAME" help:"Its name in the log (the host's)."`

	Syslog            string `env:"COFFER_SYSLOG" placeholder:"URL" help:"Log as RFC 5424 to tls://HOST:PORT or tcp://…"`
	OTLP              string `env:"COFFER_OTLP" placeholder:"URL" help:"Log to a collector, https://HOST/v1/logs."`
	Webhook           string `env:"COFFER_WEBHOOK" placeholder:"URL" help:"Log by POST to https://…"`
	WebhookSecretFile string `env:"COFFER_WEBHOOK_SECRET_FILE" placeholder:"FILE" help:"Signs the webhook's requests."`
	DeliveryCaFile    string `env:"COFFER_DELIVERY_CA_FILE" placeholder:"FILE" help:"More certificates that requests trust (PEM)."`
	Witness           List   `env:"COFFER_WITNESSES" placeholder:"PAIRS" help:"Who cosigns: a verifier key and a URL each."`
	WitnessPolicy     string `env:"COFFER_WITNESS_POLICY" placeholder:"FILE" help:"Which of them are enough (C2SP tlog-policy)."`
	MetricsListen     string `env:"COFFER_METRICS_LISTEN" placeholder:"ADDR" help:"Where /metrics is served (nowhere)."`
	PasswordMin       string `default:"8" env:"COFFER_PASSWORD_MIN" placeholder:"N" help:"Fewest characters of a new password (8)."`

	TlsCert       string `env:"COFFER_TLS_CERT" placeholder:"FILE" help:"HTTPS with this certificate and chain."`
	TlsKey        string `env:"COFFER_TLS_KEY" placeholder:"FILE" help:"Its key; both are read again when changed."`
	Acme          string `env:"COFFER_ACME" placeholder:"NAMES" help:"HTTPS, certified by Let's Encrypt."`
	SelfSigned    bool   `env:"COFFER_SELF_SIGNED" help:"HTTPS with a certificate of its own."`
	HttpListen    string `env:"COFFER_HTTP_LISTEN" placeholder:"ADDR" help:"Plain HTTP that leads to HTTPS (nowhere)."`
	AcmeDirectory string `hidden:"" env:"COFFER_ACME_DIRECTORY" placeholder:"URL" help:"Another certificate authority than Let's Encrypt."`
}

// settings is a Config that was read: every value checked and in its type.
type settings struct {
	Config
	db      db.Config
	limits  limit.Table
	least   int           // characters of a new password
	keep    time.Duration // how long lines are kept; 0 is for ever
	proxies []netip.Prefix
	targets []deliver.Target
	set     witness.Set
	origin  string // scheme://host[:port] as the browser sees it
	secure  bool
	node    string
	require []string // the roles that must hold a second factor
	acme    []string // names to get a certificate for
}

// Wrong is a setting that cannot be used: which, its value, and what would be right.
type Wrong struct{ Flag, Value, Want string }

// Error names the setting by its flag.
func (w *Wrong) Error() string { return fmt.Sprintf("--%s is %q: %s", w.Flag, w.Value, w.Want) }

func wrong(flag, value, want string, args ...any) error {
	return &Wrong{flag, value, fmt.Sprintf(want, args...)}
}

// read checks every setting and says of the first wrong one what would be right.
func (c Config) read() (s settings, err error) {
	s.Config = c
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return s, wrong("listen", c.Listen, "give an address and a port, as in 127.0.0.1:8880 or :8880")
	}
	if _, _, err := net.SplitHostPort(c.MetricsListen); err != nil && c.MetricsListen != "" {
		return s, wrong("metrics-listen", c.MetricsListen, "give an address and a port, as in 127.0.0.1:9880")
	}
	if c.Data == "" {
		return s, wrong("data", "", "name the directory for database, log and keys")
	}
	if s.limits, err = limit.Parse(c.Limits); err != nil {
		return s, wrong("limits", c.Limits, "%v", err)
	}
	if s.keep, err = c.retention(); err != nil {
		return s, err
	}
	if s.least, err = c.passwordMin(); err != nil {
		return s, err
	}
	if s.proxies, err = prefixes(c.TrustedProxies); err != nil {
		return s, err
	}
	if s.targets, err = c.deliverTo(); err != nil {
		return s, err
	}
	if s.set, err = c.witnesses(); err != nil {
		return s, err
	}
	if s.require, err = c.required(); err != nil {
		return s, err
	}
	if s.acme, err = c.readTLS(); err != nil {
		return s, err
	}
	if s.origin, s.secure, err = c.origin(host, port); err != nil {
		return s, err
	}
	if s.node = c.Node; s.node == "" {
		s.node, _ = os.Hostname() // nameless is "coffer"
	}
	if s.node == "" {
		s.node = "coffer"
	}
	s.db, err = c.database()
	return s, err
}

// defaultRetention is more than the twelve months that PCI DSS 10.5.1 asks for.
const defaultRetention = "400d"

// longest is the longest retention in days: what a time.Duration holds.
const longest = 100_000

// retention reads how long lines are kept.
func (c Config) retention() (time.Duration, error) {
	text := strings.ToLower(strings.TrimSpace(c.Retention))
	switch text {
	case "":
		text = defaultRetention
	case "0", "off", "never":
		return 0, nil
	}
	days, err := strconv.ParseUint(strings.TrimSuffix(text, "d"), 10, 32)
	if err != nil || !strings.HasSuffix(text, "d") || days == 0 || days > longest {
		return 0, wrong("retention", c.Retention, "give days, as in 400d, or off to keep every line for ever")
	}
	return time.Duration(days) * 24 * time.Hour, nil
}

// required reads whose accounts must hold a second factor.
func (c Config) required() (roles []string, err error) {
	for part := range strings.SplitSeq(c.RequireSecondFactor, ",") {
		switch role := strings.ToLower(strings.TrimSpace(part)); {
		case role == "", role == "none":
		case role == "all":
			roles = append(roles, account.Roles...)
		case slices.Contains(account.Roles, role):
			roles = append(roles, role)
		default:
			return nil, wrong("require-second-factor", c.RequireSecondFactor, "%q is no role; give all, or some of %s", part, strings.Join(account.Roles, ", "))
		}
	}
	return roles, nil
}

func (c Config) origin(host, port string) (origin string, secure bool, err error) {
	if c.URL == "" && c.HTTPS() {
		return "https://" + c.ownHost(host, port), true, nil
	}
	if c.URL == "" {
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && (ip.IsUnspecified() || ip.IsLoopback()) {
			host = "localhost"
		}
		return "http://" + net.JoinHostPort(host, port), false, nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return "", false, wrong("url", c.URL, "give what the browser's address line shows, as in https://cards.example.org")
	}
	if err := c.fitsTLS(u); err != nil {
		return "", false, err
	}
	return u.Scheme + "://" + u.Host, u.Scheme == "https", nil
}

func prefixes(list string) (out []netip.Prefix, err error) {
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if a, errAddr := netip.ParseAddr(part); err != nil && errAddr == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return nil, wrong("trusted-proxies", list, "%q is no network; give CIDRs, as in 10.0.0.0/8,fd00::/8", part)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// database says where the data is. A password may come from a file or
// PGPASSFILE only: variables and arguments are seen by others on the machine.
func (c Config) database() (db.Config, error) {
	file := filepath.Join(c.Data, "coffer.db")
	target, secret := strings.TrimSpace(c.Database), false
	if c.DatabaseFile != "" {
		if target != "" {
			return db.Config{}, wrong("database-file", c.DatabaseFile, "--database is given as well; give one of the two")
		}
		raw, err := os.ReadFile(c.DatabaseFile)
		if err != nil {
			return db.Config{}, wrong("database-file", c.DatabaseFile, "it cannot be read (%v)", err)
		}
		target, secret = strings.TrimSpace(string(raw)), true
	}
	if target == "" {
		return db.Config{File: file}, nil
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return db.Config{}, wrong("database", "…", "give a postgres:// URL, or nothing for SQLite in the data directory")
	}
	if hasPassword(u) && !secret {
		return db.Config{}, wrong("database", "…", "a password may not stand here; put the URL into a file and give --database-file, or use PGPASSFILE")
	}
	return db.Config{Postgres: target}, nil
}

// hasPassword finds one in either place where the driver takes it from.
func hasPassword(u *url.URL) (has bool) {
	_, has = u.User.Password()
	q := u.Query()
	return has || q.Has("password") || q.Has("sslpassword")
}
