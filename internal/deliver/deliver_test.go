package deliver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/deliver"
	"coffer/internal/secret"
)

// records reads the line numbers of an OTLP/HTTP logs request, in the JSON form
// of its protocol buffer: 64-bit numbers are strings.
func records(tb testing.TB, body []byte) (seqs []uint64) {
	tb.Helper()
	var q struct {
		ResourceLogs []struct {
			ScopeLogs []struct {
				LogRecords []struct {
					Attributes []struct {
						Key   string
						Value struct{ IntValue, StringValue string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(body, &q); err != nil {
		tb.Errorf("the request is no JSON: %v", err)
	}
	for _, r := range q.ResourceLogs {
		for _, s := range r.ScopeLogs {
			for _, l := range s.LogRecords {
				for _, a := range l.Attributes {
					if n, err := strconv.ParseUint(a.Value.IntValue, 10, 64); err == nil && a.Key == "coffer.seq" {
						seqs = append(seqs, n)
					}
				}
			}
		}
	}
	return seqs
}

// TestWays holds that each way brings every line, once, as it is; that what is
// sealed last is brought at a stop; and that the next start goes on from there.
func TestWays(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		t.Run("webhook", func(t *testing.T) {
			h := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request, _ []byte) bool {
				if got := r.Header.Get("Content-Type"); r.Method != http.MethodPost || got != "application/x-ndjson" || r.URL.Path != "/in" {
					t.Errorf("%s %s with %s, want a post of lines", r.Method, r.URL.Path, got)
				}
				return true
			})
			goesOn(t, openLog(t, c), h.target(t), h.sink, true)
		})
		t.Run("otlp", func(t *testing.T) {
			s := newSink()
			h := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request, body []byte) bool {
				if got := r.Header.Get("Content-Type"); got != "application/json" || r.URL.Path != "/v1/logs" {
					t.Errorf("%s with %s, want JSON to /v1/logs", r.URL.Path, got)
				}
				s.number(records(t, body)...)
				_, _ = io.WriteString(w, `{"partialSuccess":{}}`)
				return false
			})
			goesOn(t, openLog(t, c), must(t)(deliver.OTLP(h.URL+"/v1/logs", nil)), s, false)
		})
		t.Run("syslog", func(t *testing.T) {
			r := newCollector(t, nil, nil)
			goesOn(t, openLog(t, c), r.target(t, "tcp", nil), r.sink, true)
		})
	})
}

// TestTLS is the same over TLS, on one engine.
func TestTLS(t *testing.T) {
	secure, roots := identity(t)
	r := newCollector(t, secure, nil)
	goesOn(t, openLog(t, apptest.Migrated(t, db.SQLite)), r.target(t, "tls", roots), r.sink, true)
}

func goesOn(t *testing.T, l *apptest.Log, to deliver.Target, s *sink, exact bool) {
	t.Helper()
	begin := head(t, l)
	put(t, l, 1100) // more than two batches
	from := func(c *deliver.Config) { c.From = begin }
	d := start(t, l, to, from)
	s.upTo(t, begin+1100)
	put(t, l, 1)
	s.upTo(t, begin+1101)
	put(t, l, 700)
	d.end(t)
	put(t, l, 5)
	d = start(t, l, to, from)
	s.upTo(t, begin+1806)
	d.end(t)
	if st := d.Status(); st.Next != begin+1806 || !st.Failing.IsZero() || st.Failures > 0 {
		t.Errorf("Status() = %+v, want all acknowledged", st)
	}
	if exact {
		s.exactly(t, l, begin, begin+1806)
	} else if again := s.whole(t, begin, begin+1806); again > 0 {
		t.Errorf("%d lines came again", again)
	}
}

// TestBegin holds where a delivery begins that has no position: at the line it
// is told, and never beyond the log.
func TestBegin(t *testing.T) {
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	put(t, l, 10)
	h := newHook(t, nil)
	d := start(t, l, h.target(t), func(c *deliver.Config) { c.From = 7 })
	h.upTo(t, 10)
	d.end(t)
	h.exactly(t, l, 7, 10)

	other := newHook(t, nil)
	target := must(t)(deliver.OTLP(other.URL, nil)) // another name, another position
	d = start(t, l, target, func(c *deliver.Config) { c.From = 5000 })
	until(t, "the position", func() bool { return d.Status().Next == 10 })
}

// TestAddresses holds what can be a receiver, and that its name tells no secret.
func TestAddresses(t *testing.T) {
	syslog := func(a string) (deliver.Target, error) { return deliver.Syslog(a, nil) }
	otlp := func(a string) (deliver.Target, error) { return deliver.OTLP(a, nil) }
	hook := func(a string) (deliver.Target, error) { return deliver.Webhook(a, secret.Bytes{}, nil) }
	for _, c := range []struct {
		read                        func(string) (deliver.Target, error)
		address, receiver           string
		clear, unsigned, impossible bool
	}{
		{read: syslog, address: "tls://logs.example.org:6514", receiver: "tls://logs.example.org:6514"},
		{read: syslog, address: "tls://[2001:db8::1]:6514", receiver: "tls://[2001:db8::1]:6514"},
		{read: syslog, address: "tcp://logs.example.org:601", receiver: "tcp://logs.example.org:601", clear: true},
		{read: syslog, address: "tcp://127.0.0.1:601", receiver: "tcp://127.0.0.1:601"},
		{read: syslog, address: "udp://logs.example.org:514", impossible: true},
		{read: syslog, address: "tls://logs.example.org", impossible: true},
		{read: syslog, address: "logs.example.org:6514", impossible: true},
		{read: syslog, address: "tls://u:p@logs.example.org:6514", impossible: true},
		{read: syslog, address: "tls://logs.example.org:6514/path", impossible: true},
		{read: otlp, address: "http://localhost:4318/v1/logs", receiver: "http://localhost:4318"},
		{read: otlp, address: "https://otel.example.org/v1/logs", receiver: "https://otel.example.org"},
		{read: otlp, address: "http://otel.example.org/v1/logs", receiver: "http://otel.example.org", clear: true},
		{read: otlp, address: "grpc://otel.example.org:4317", impossible: true},
		{read: hook, address: "https://h.example.org/s3cret?k=v", receiver: "https://h.example.org", unsigned: true},
		{read: hook, address: "http://[::1]:9000/", receiver: "http://[::1]:9000", unsigned: true},
		{read: hook, address: "https://u:p@h.example.org/", impossible: true},
		{read: hook, address: "https:///path", impossible: true},
		{read: hook, address: "file:///etc/passwd", impossible: true},
	} {
		got, err := c.read(c.address)
		if (err != nil) != c.impossible || got.Receiver != c.receiver || got.Clear != c.clear || got.Unsigned != c.unsigned {
			t.Errorf("%s = %+v, %v, want receiver %q, clear %v, unsigned %v, impossible %v", c.address, got, err, c.receiver, c.clear, c.unsigned, c.impossible)
		}
	}
}
