package app_test

import (
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/deliver"
)

// quick is a delivery's pace for tests.
var quick = deliver.Pace{
	Timeout: 500 * time.Millisecond, First: 5 * time.Millisecond, Longest: 20 * time.Millisecond, Patience: time.Minute,
	Store: 20 * time.Millisecond, Settle: 40 * time.Millisecond, Lease: time.Second, Grace: 100 * time.Millisecond,
}

const webhookKey = "canary-that-signs-the-webhook"

// receiver takes webhooks, unless fails says what it does instead.
type receiver struct {
	*httptest.Server
	fails atomic.Pointer[http.HandlerFunc]
	mu    sync.Mutex
	seqs  []uint64
}

func newReceiver(t *testing.T, start func(http.Handler) *httptest.Server) *receiver {
	r := &receiver{}
	r.Server = start(r)
	t.Cleanup(r.Close)
	return r
}

var seqAt = regexp.MustCompile(`(?m)^\{"seq":(\d+),`)

// ServeHTTP keeps the numbers of the lines.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	if fails := r.fails.Load(); fails != nil {
		(*fails)(w, q)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range seqAt.FindAllSubmatch(body, -1) {
		n, _ := strconv.ParseUint(string(m[1]), 10, 64)
		r.seqs = append(r.seqs, n)
	}
}

// next is the line after those that came without a gap from 0 on; a line that
// came before its turn fails.
func (r *receiver) next(t *testing.T) (next uint64) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.seqs {
		if n > next {
			t.Fatalf("line %d came after line %d", n, next-1)
		}
		next = max(next, n+1)
	}
	return next
}

// to sends the house's log there, with secrets in the address and beside it.
func (r *receiver) to(t *testing.T) func(*house.Setup) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(webhookKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(s *house.Setup) {
		s.Webhook, s.WebhookSecretFile, s.Pace = r.URL+"/hook-canary?token=query-canary", file, quick
		s.MetricsListen = "127.0.0.1:0"
	}
}

// soon waits for so many lines in all.
func soon(h *house.House, lines int) {
	h.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(h.Lines(0)) < lines; {
		if time.Now().After(deadline) {
			h.Fatalf("%d lines, want %d", len(h.Lines(0)), lines)
		}
	}
}

// figure reads one of the metrics.
func figure(h *house.House, name string) string {
	h.Helper()
	for line := range strings.Lines(page(h, "/metrics")) {
		if value, is := strings.CutPrefix(line, name+" "); is {
			return strings.TrimSpace(value)
		}
	}
	h.Fatalf("/metrics lacks %s", name)
	return ""
}

func page(h *house.House, path string) string {
	h.Helper()
	a, err := (&http.Client{Timeout: 10 * time.Second}).Get("http://" + h.MetricsAddress() + path)
	if err != nil {
		h.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != 200 {
		h.Fatalf("GET %s = %d, %v", path, a.StatusCode, err)
	}
	return string(text)
}

func refuses(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }

// TestDelivery holds both edges of a delivery that fails, in the log, in
// /readyz and in the metrics, and that requests are served meanwhile.
func TestDelivery(t *testing.T) {
	for _, c := range []struct {
		reason, status string
		engine         db.Engine
		fails          http.HandlerFunc
	}{
		{"refused", "503", db.SQLite, refuses},
		{"refused", "503", db.Postgres, refuses},
		{"timeout", "", db.SQLite, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"unreachable", "", db.SQLite, func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(c.reason+" "+string(c.engine), func(t *testing.T) {
			r := newReceiver(t, httptest.NewServer)
			config := db.Config{}
			if c.engine == db.Postgres {
				config.Postgres = apptest.Postgres(t)
			}
			h := house.On(t, t.TempDir(), config, r.to(t))
			for _, canary := range []string{webhookKey, "query-canary", "hook-canary"} {
				h.Secret(canary)
			}
			h.Wrote(append(house.FirstStart(false), "sys_config_changed target=setting:webhook data.from=none data.to="+r.URL)...)
			waitFor(t, func() bool { return r.next(t) == 6 })
			waitFor(t, func() bool { return figure(h, `coffer_delivery_lag_lines{delivery="webhook"}`) == "0" })

			r.fails.Store(&c.fails)
			h.Pass(app.Heartbeat)
			h.Tick(app.Pulse)
			soon(h, 8)
			fail := "delivery_fail level=WARNING actor=system:deliver subject= target=delivery:webhook data.next=6 data.attempts=3 data.receiver=" + r.URL
			h.Wrote("log_heartbeat", fail+" reason="+c.reason+" data.status="+c.status)
			b := h.Person("alice", home)
			b.Get("/readyz").Is(200, "ok").Wrote()
			h.Pass(61 * time.Second)
			b.Get("/readyz").Is(200, "degraded").Not("webhook").Wrote()
			if got := page(h, "/readyz"); !strings.HasPrefix(got, "degraded\n") || !strings.Contains(got, "delivery webhook to "+r.URL+" has failed for 61 s, at line 6: ") {
				t.Errorf("/readyz = %q, want why", got)
			}
			if lines, age := figure(h, `coffer_delivery_lag_lines{delivery="webhook"}`), figure(h, `coffer_delivery_lag_seconds{delivery="webhook"}`); lines != "4" || age != "61" {
				t.Errorf("lag = %s lines, %s s, want 4 and 61", lines, age)
			}
			if got := figure(h, `coffer_delivery_failures_total{delivery="webhook"}`); got == "0" {
				t.Error("no failure is counted")
			}
			r.fails.Store(nil)
			soon(h, 11)
			h.Wrote("delivery_recovered level=INFO actor=system:deliver target=delivery:webhook data.behind=* data.seconds=61")
			waitFor(t, func() bool { return r.next(t) == 11 })
			b.Get("/readyz").Is(200, "ok").Wrote()
			h.Stop()
			if next := r.next(t); next != 12 {
				t.Errorf("lines up to %d came, want the last of the stop too", next)
			}
		})
	}
}

func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not come")
		}
	}
}

// TestDeliveryCertificate holds that a receiver is believed by the system's
// authorities and those of --delivery-ca-file, and else gets nothing.
func TestDeliveryCertificate(t *testing.T) {
	r := newReceiver(t, httptest.NewTLSServer)
	to := r.to(t)
	h := house.On(t, t.TempDir(), db.Config{}, to)
	soon(h, 7)
	h.Wrote(append(house.FirstStart(false), "sys_config_changed target=setting:webhook", "delivery_fail reason=certificate data.next=0 data.status=")...)
	if next := r.next(t); next != 0 {
		t.Errorf("%d lines went to a stranger", next)
	}
	h.Stop()
	h.Setup.DeliveryCaFile = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw})
	if err := os.WriteFile(h.Setup.DeliveryCaFile, block, 0o600); err != nil {
		t.Fatal(err)
	}
	h.Start()
	soon(h, 10)
	h.Wrote("sys_startup", "delivery_recovered target=delivery:webhook")
	waitFor(t, func() bool { return r.next(t) == 10 })
	h.Stop()
	h.Setup.Webhook, h.Setup.WebhookSecretFile, h.Setup.DeliveryCaFile = "", "", ""
	h.Start()
	h.Wrote("sys_startup", "sys_config_changed target=setting:webhook data.from="+r.URL+" data.to=none")
}

// TestDeliveryKilled kills a server that delivers, again and again under load:
// the receiver gets every line in order, and twice only what it may not have
// acknowledged.
func TestDeliveryKilled(t *testing.T) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			c, dir := db.Config{}, t.TempDir()
			if e == db.Postgres {
				c.Postgres = apptest.Postgres(t)
			}
			r := newReceiver(t, httptest.NewServer)
			t.Setenv(webhookHere, r.URL)
			for round := range 4 {
				address, kill := start(t, dir, c)
				done := &acknowledged{enough: make(chan struct{})}
				var visitors sync.WaitGroup
				for v := range 4 {
					visitors.Go(func() { done.visit(address, 4*round+v) }) // names of their own
				}
				from := r.next(t)
				waitFor(t, func() bool { return r.next(t) >= from+60 })
				kill()
				visitors.Wait()
			}
			h := house.On(t, dir, c, func(s *house.Setup) {
				s.Limits, s.Now, s.Webhook, s.Pace = "signup=off,request=off", time.Now, r.URL, quick
			})
			for _, l := range h.Rest() {
				if strings.HasPrefix(l.Event, "delivery_") {
					t.Errorf("%s was written", l.Event)
				}
			}
			waitFor(t, func() bool { return r.next(t) == uint64(len(h.Lines(0))) })
			h.Stop()
			if next, size := r.next(t), uint64(len(h.Lines(0))); next != size {
				t.Errorf("lines up to %d came, want %d", next, size)
			}
			t.Logf("%d lines, %d came again", r.next(t), len(r.seqs)-int(r.next(t)))
		})
	}
}

// TestWrongDeliveries holds that what cannot be delivered to is told by its
// flag, and without what may be secret in it.
func TestWrongDeliveries(t *testing.T) {
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flag string
		set  func(*app.Config)
		want string
	}{
		{"syslog", func(c *app.Config) { c.Syslog = "udp://logs:514" }, "tls://host:port"},
		{"syslog", func(c *app.Config) { c.Syslog = "tls://logs.example.org" }, "6514"},
		{"otlp", func(c *app.Config) { c.OTLP = "otel:4317" }, "https://"},
		{"otlp", func(c *app.Config) { c.OTLP = "https://u:hunter2@otel/v1/logs" }, "without a user"},
		{"webhook", func(c *app.Config) { c.Webhook = "ftp://h/?t=hunter2" }, "https://"},
		{"webhook-secret-file", func(c *app.Config) { c.WebhookSecretFile = short }, "--webhook"},
		{"webhook-secret-file", func(c *app.Config) { c.Webhook, c.WebhookSecretFile = "https://h/", short }, "openssl rand"},
		{"webhook-secret-file", func(c *app.Config) { c.Webhook, c.WebhookSecretFile = "https://h/", "/no/such/file" }, "cannot be read"},
		{"delivery-ca-file", func(c *app.Config) { c.Syslog, c.DeliveryCaFile = "tls://h:6514", short }, "PEM"},
		{"delivery-ca-file", func(c *app.Config) { c.Syslog, c.DeliveryCaFile = "tls://h:6514", "/no/such/file" }, "cannot be read"},
		{"metrics-listen", func(c *app.Config) { c.MetricsListen = "9880" }, "127.0.0.1:9880"},
		{"metrics-listen", func(c *app.Config) { c.MetricsListen = "192.0.2.1:9880" }, "choose another"},
	} {
		config := app.Config{Listen: "127.0.0.1:0", Data: t.TempDir()}
		c.set(&config)
		_, err := app.New(t.Context(), config, app.Options{})
		if w, ok := errors.AsType[*app.Wrong](err); !ok || w.Flag != c.flag || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New() = %v, want --%s told with %q", err, c.flag, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("New() = %v, which tells a secret", err)
		}
	}
}

// TestDeliveryWarnings holds what an operator is warned of at the start.
func TestDeliveryWarnings(t *testing.T) {
	h := house.On(t, t.TempDir(), db.Config{}, func(s *house.Setup) {
		s.Syslog, s.OTLP, s.Webhook = "tcp://192.0.2.1:601", "http://127.0.0.1:9/v1/logs", "https://127.0.0.1:9/"
	})
	h.Rest()
	all := strings.Join(h.Warnings(), "\n")
	for _, want := range []string{"--syslog sends the log over the network in clear; use tls://", "not signed"} {
		if !strings.Contains(all, want) {
			t.Errorf("Warnings() = %q, want %q", all, want)
		}
	}
	if strings.Contains(all, "--otlp") {
		t.Errorf("Warnings() = %q, want none of loopback", all)
	}
}
