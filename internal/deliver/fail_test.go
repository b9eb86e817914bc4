package deliver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/deliver"
	"coffer/internal/event"
	"coffer/internal/secret"
)

// edges are the delivery's own events, in order.
func edges(tb testing.TB, l *apptest.Log) (all []event.Line) {
	tb.Helper()
	for _, line := range l.Lines() {
		if strings.HasPrefix(line.Event, "delivery_") {
			all = append(all, line)
		}
	}
	return all
}

func dataOf(tb testing.TB, l event.Line) (d struct {
	Target, Receiver                        string
	Next, Behind, Attempts, Status, Seconds int
},
) {
	tb.Helper()
	if err := json.Unmarshal(l.Data, &d); err != nil {
		tb.Error(err)
	}
	return d
}

// TestTrouble holds for each way in which a receiver may fail that nothing is
// lost or stepped over, that both edges are told, once each, and that neither
// says anything secret.
func TestTrouble(t *testing.T) {
	var strayed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer elsewhere.Close()
	status := func(code int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "answer-canary")
		}
	}
	for name, c := range map[string]struct {
		does   func(http.ResponseWriter, *http.Request)
		reason string
		status int
	}{
		"500":       {status(500), "refused", 500},
		"429":       {status(429), "refused", 429},
		"400":       {status(400), "refused", 400},
		"redirect":  {status(307), "refused", 307},
		"permanent": {status(308), "refused", 308},
		"hangs":     {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout", 0},
		"resets": {func(w http.ResponseWriter, _ *http.Request) {
			c, _, _ := http.NewResponseController(w).Hijack() // HTTP/1 can
			_ = c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}, "unreachable", 0},
		"drips": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat(".", 100))
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(20 * time.Millisecond):
				}
			}
		}, "timeout", 0},
	} {
		t.Run(name, func(t *testing.T) {
			operator := told(t)
			l := openLog(t, apptest.Migrated(t, db.SQLite))
			var well atomic.Bool
			h := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request, _ []byte) bool {
				if !well.Load() {
					c.does(w, r)
				}
				return well.Load()
			})
			put(t, l, 600)
			d := start(t, l, h.target(t))
			until(t, "delivery_fail", func() bool { return head(t, l) == 601 })
			put(t, l, 20)
			well.Store(true)
			h.upTo(t, 622) // delivery_recovered is a line too
			d.end(t)
			h.whole(t, 0, 622)
			both := edges(t, l)
			if len(both) != 2 || both[0].Event != "delivery_fail" || both[1].Event != "delivery_recovered" {
				t.Fatalf("edges = %v, want one of each", apptest.Names(both))
			}
			fail, end := dataOf(t, both[0]), dataOf(t, both[1])
			if both[0].Reason != c.reason || fail.Status != c.status || fail.Target != "delivery:webhook" || fail.Receiver != h.URL || fail.Next != 0 || fail.Attempts != 3 {
				t.Errorf("delivery_fail = %s %s, want reason %s and status %d", both[0].Reason, both[0].Data, c.reason, c.status)
			}
			if end.Target != "delivery:webhook" || end.Behind == 0 || end.Next+end.Behind < 621 {
				t.Errorf("delivery_recovered = %s, want what waited", both[1].Data)
			}
			for _, secret := range []string{"hunter2", "token=", "answer-canary", "/in"} {
				if text := operator.String() + string(both[0].Data) + string(both[1].Data) + d.Status().Error; strings.Contains(text, secret) {
					t.Errorf("%q is told: %s", secret, text)
				}
			}
		})
	}
	if strayed.Load() > 0 {
		t.Errorf("redirects were followed %d times", strayed.Load())
	}
}

// TestFaraway holds the failures on the way to a receiver.
func TestFaraway(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a stranger got the log") }))
	defer secure.Close()
	identity, _ := identity(t)
	wrong := newCollector(t, identity, nil)
	shut, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut.Close()
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	for name, c := range map[string]struct {
		to     deliver.Target
		reason string
	}{
		"certificate, webhook": {must(t)(deliver.Webhook(secure.URL, secret.Bytes{}, nil)), "certificate"},
		"certificate, syslog":  {wrong.target(t, "tls", nil), "certificate"},
		"nobody, webhook":      {must(t)(deliver.Webhook("http://"+shut.Addr().String(), secret.Bytes{}, nil)), "unreachable"},
		"nobody, syslog":       {must(t)(deliver.Syslog("tcp://"+shut.Addr().String(), nil)), "unreachable"},
		"no name":              {must(t)(deliver.Syslog("tcp://nowhere.invalid:601", nil)), "unreachable"},
		"no handshake":         {must(t)(deliver.Syslog("tls://"+deaf.Addr().String(), nil)), "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			l := openLog(t, apptest.Migrated(t, db.SQLite))
			put(t, l, 3)
			d := start(t, l, c.to)
			until(t, "delivery_fail", func() bool { return head(t, l) == 4 })
			d.end(t)
			if all := edges(t, l); len(all) != 1 || all[0].Reason != c.reason {
				t.Errorf("edges = %+v, want delivery_fail for %s", all, c.reason)
			}
			if s := d.Status(); s.Next != 0 || s.Failing.IsZero() {
				t.Errorf("Status() = %+v, want nothing acknowledged", s)
			}
		})
	}
	if len(wrong.got()) > 0 {
		t.Error("a stranger got the log")
	}
}

// TestToldOnce holds that a failure which was told is told once, over a
// restart too, and that its end is told by the run that sees it.
func TestToldOnce(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		l := openLog(t, c)
		var well atomic.Bool
		h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request, _ []byte) bool {
			if !well.Load() {
				w.WriteHeader(503)
			}
			return well.Load()
		})
		put(t, l, 3)
		d := start(t, l, h.target(t))
		until(t, "delivery_fail", func() bool { return head(t, l) == 4 })
		d.end(t)
		d = start(t, l, h.target(t))
		again := h.asked() + 5
		until(t, "five more attempts", func() bool { return h.asked() >= again })
		d.kill()
		d = start(t, l, h.target(t))
		until(t, "the state", func() bool { return !d.Status().Failing.IsZero() })
		well.Store(true)
		h.upTo(t, 5)
		until(t, "the good state", func() bool { return d.Status().Failing.IsZero() })
		d.end(t)
		h.whole(t, 0, 5)
		if all := apptest.Names(edges(t, l)); !slices.Equal(all, []string{"delivery_fail", "delivery_recovered"}) {
			t.Errorf("edges = %v, want one of each", all)
		}
	})
}

// TestPoison holds that a line which a receiver refuses is not stepped over, and
// that what stands before it gets through.
func TestPoison(t *testing.T) {
	for name, refuse := range map[string]func(http.ResponseWriter){
		"422": func(w http.ResponseWriter) { w.WriteHeader(422) },
		"413": func(w http.ResponseWriter) { w.WriteHeader(413) },
		"partial": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"x"}}`)
		},
		"number": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"partialSuccess":{"rejectedLogRecords":1}}`) },
	} {
		t.Run(name, func(t *testing.T) {
			l := openLog(t, apptest.Migrated(t, db.SQLite))
			s := newSink()
			h := newHook(t, func(_ int, w http.ResponseWriter, _ *http.Request, body []byte) bool {
				all := records(t, body)
				if slices.Contains(all, 300) {
					refuse(w)
				} else {
					s.number(all...)
				}
				return false
			})
			put(t, l, 400)
			d := start(t, l, must(t)(deliver.OTLP(h.URL, nil)))
			s.upTo(t, 300)
			until(t, "the position", func() bool { return d.Status().Next == 300 })
			asked := h.asked() + 20
			until(t, "more attempts", func() bool { return h.asked() >= asked })
			d.end(t)
			s.whole(t, 0, 300)
			if all := edges(t, l); len(all) == 0 || all[len(all)-1].Event != "delivery_fail" || all[len(all)-1].Reason != "refused" {
				t.Errorf("edges = %v, want delivery_fail last", apptest.Names(all))
			}
		})
	}
}

// TestRetryAfter holds that a receiver which asks for time gets it. Both forms
// of the header are RFC 9110's, 10.2.3.
func TestRetryAfter(t *testing.T) {
	now := time.Date(1999, 12, 31, 23, 57, 59, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "0": 0, "": 0, "-5": 0, "soon": 0, "99999999999999": 0,
		"Fri, 31 Dec 1999 23:59:59 GMT": 2 * time.Minute, "Fri, 31 Dec 1999 23:00:00 GMT": 0,
	} {
		if got := deliver.RetryAfter(text, now); got != want {
			t.Errorf("RetryAfter(%q) = %v, want %v", text, got, want)
		}
	}
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	var first time.Time
	h := newHook(t, func(n int, w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		if n == 1 {
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(503)
			return false
		}
		return true
	})
	put(t, l, 1)
	start(t, l, h.target(t))
	h.upTo(t, 1)
	if waited := time.Since(first); waited < time.Second {
		t.Errorf("asked again after %v, want a second at least", waited)
	}
}

// TestBackOff holds the waits of everyday: from a second to a minute.
func TestBackOff(t *testing.T) {
	for attempts, least := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 6: 32 * time.Second, 7: time.Minute, 50: time.Minute, 1 << 30: time.Minute,
	} {
		for range 100 {
			if got := deliver.Standard.BackOff(attempts); got < least || got > min(least*3/2, time.Minute) {
				t.Errorf("BackOff(%d) = %v, want %v and up to half as much again", attempts, got, least)
			}
		}
	}
}

// TestPatience holds that slow attempts are told before there are three.
func TestPatience(t *testing.T) {
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	h := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request, _ []byte) bool {
		w.WriteHeader(500)
		return false
	})
	put(t, l, 1)
	start(t, l, h.target(t), func(c *deliver.Config) { c.Pace.Patience = time.Nanosecond })
	var all []event.Line
	until(t, "delivery_fail", func() bool { all = edges(t, l); return len(all) > 0 })
	if dataOf(t, all[0]).Attempts != 1 {
		t.Errorf("delivery_fail = %s, want it after one attempt", all[0].Data)
	}
}

// TestUnreadable holds that a line of a newer form, which another node of a
// later version may have sealed, is not stepped over either.
func TestUnreadable(t *testing.T) {
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	put(t, l, 1)
	lines, err := l.Sealer.Lines(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	lines[0].Text = bytes.Replace(lines[0].Text, []byte(`"schema":1`), []byte(`"schema":2`), 1)
	h, r := newHook(t, nil), newCollector(t, nil, nil)
	for _, to := range []deliver.Target{must(t)(deliver.OTLP(h.URL, nil)), r.target(t, "tcp", nil)} {
		if reason, err := deliver.Send(t.Context(), to, lines); reason != "unreadable" {
			t.Errorf("Send(%s) = %s, %v, want unreadable", to.Name, reason, err)
		}
	}
	if reason, err := deliver.Send(t.Context(), h.target(t), lines); err != nil {
		t.Errorf("Send(webhook) = %s, %v, want any line as it is", reason, err)
	}
	if h.asked() != 1 || len(r.got()) != 0 {
		t.Errorf("asked %d times, want once", h.asked())
	}
}

// TestPruned holds that lines which retention removed before the receiver had
// them are told of, and that the delivery goes on behind them.
func TestPruned(t *testing.T) {
	apptest.Engines(t, func(t *testing.T, c db.Config) {
		l := openLog(t, c)
		put(t, l, 300)
		size := head(t, l)
		err := l.Write.Apart(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(`UPDATE head SET pruned = 256`); err != nil {
				return err
			}
			_, err := tx.Exec(`DELETE FROM event WHERE seq < 256`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		l = openLog(t, c) // one that remembers no lines
		h := newHook(t, nil)
		d := start(t, l, h.target(t), func(c *deliver.Config) { c.From = 7 })
		h.upTo(t, size+2) // delivery_fail and delivery_recovered
		d.end(t)
		h.whole(t, 256, size+2)
		lines, err := l.Sealer.Lines(t.Context(), size, 9)
		if err != nil || len(lines) != 2 {
			t.Fatalf("Lines(%d) = %d, %v, want both edges", size, len(lines), err)
		}
		fail, err := event.Parse(lines[0].Text)
		if err != nil || fail.Reason != "pruned" || dataOf(t, fail).Next != 7 || lines[1].Event != "delivery_recovered" {
			t.Errorf("edges = %s %s, %v, want delivery_fail for pruned from line 7", lines[0].Text, lines[1].Text, err)
		}
	})
}
