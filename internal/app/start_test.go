package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
)

// TestStart holds what each kind of start writes, the first one included.
func TestStart(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		path := addCard(b, visa)
		h.Stop()
		h.Start()
		h.Wrote("sys_startup actor=system:serve subject= target=node:test data.url=http://coffer.test data.database=" + string(h.Reader().Engine()))
		b.Get(path).Is(200, "4242").Wrote("sensitive_read") // session, card and key outlive a restart
		b.Post(path+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.part=number")

		h.Stop()
		outside(h, h.Reader().Engine(), `UPDATE projected SET running = 5`)
		h.Start()
		h.Wrote("sys_crash level=CRITICAL reason=unclean target=node:test", "sys_startup")

		// A change of the limits is told once, and so is the way back.
		for _, c := range []struct{ limits, from, to string }{
			{"signup=5/h", "signup=30/h", "signup=5/h"},
			{"signup=5/h", "", ""},
			{"login=off,lock=5/2h", "signup=5/h,login=20/min,lock=10/30min", "signup=30/h,login=off,lock=5/2h"},
			{"", "login=off,lock=5/2h", "login=20/min,lock=10/30min"},
		} {
			h.Stop()
			h.Setup.Limits = c.limits
			h.Start()
			want := []string{"sys_startup"}
			if c.from != c.to {
				want = append(want, "sys_config_changed level=WARNING target=setting:limits data.from="+c.from+" data.to="+c.to)
			}
			h.Wrote(want...)
		}
	})
}

// TestHeartbeat holds that a log without news is never older than five minutes
// and the moment between two looks.
func TestHeartbeat(t *testing.T) {
	const heartbeat = "log_heartbeat actor=system:log target=log:security.log source_ip="
	house.Both(t, func(h *house.House) {
		h.Pass(app.Heartbeat - time.Microsecond)
		h.Tick(app.Pulse)
		h.Wrote()
		h.Pass(time.Microsecond)
		h.Tick(app.Pulse)
		h.Wrote(heartbeat)
		h.Pass(4 * time.Minute)
		h.Person("alice", home)
		h.Pass(4 * time.Minute)
		h.Tick(app.Pulse)
		h.Wrote()
		h.Pass(time.Minute)
		h.Tick(app.Pulse)
		h.Wrote(heartbeat)
	})
	if app.Pulse > time.Second {
		t.Errorf("Pulse = %v, want a second at most", app.Pulse)
	}
}

// TestOneHeartbeat holds that of several nodes that find the log old at once,
// one writes. On SQLite there is one node.
func TestOneHeartbeat(t *testing.T) {
	h := house.Open(t, "postgres")
	for range 5 {
		h.Pass(app.Heartbeat)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { h.Tick(app.Pulse) })
		}
		all.Wait()
		h.Wrote("log_heartbeat")
	}
}

// TestClockStep holds that a clock which is moved is told, in both directions,
// and that time in the log does not run backwards with it.
func TestClockStep(t *testing.T) {
	h := house.Open(t, "sqlite")
	for _, step := range []time.Duration{time.Hour, -2 * time.Hour} {
		h.Pass(step)
		h.Tick(time.Second)
		h.Wrote(fmt.Sprint("sys_clock_step actor=system:clock level=WARNING target=node:test data.milliseconds=", step.Milliseconds()))
		h.Live(time.Hour) // which is no step
		h.Tick(time.Second)
		h.Wrote()
	}
	h.Pass(-2 * time.Hour)
	h.Person("alice", home) // hours before the log's newest line: check finds no time that runs backwards
	h.Pass(time.Hour + 1001*time.Millisecond)
	h.Tick(time.Second)
	h.Wrote("sys_clock_step data.milliseconds=-3598999")
	h.Live(time.Minute)
	h.Pass(time.Second) // what keeping time looks like
	h.Tick(time.Second)
	h.Wrote()
}

// TestSegments holds that a full segment and the end of a day each end with
// their line, and that the files are the log.
func TestSegments(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		h.Pass(10 * time.Hour)
		h.Pass(7 * time.Hour) // the next day
		b.Get("/activity").Is(303).Wrote("log_rotated reason=day actor=system:sealer", "session_expired reason=absolute", "session_use_after_expire")
		for i := range 20 {
			b.Send(house.Request{Method: "GET", Path: "/view_credit_card/" + strconv.Itoa(i)})
		}
		lines := h.Next(22)
		rotated := 0
		for _, l := range lines {
			if l.Event == "log_rotated" && l.Reason == "size" {
				rotated++
			}
		}
		if rotated != 2 {
			t.Errorf("segments ended for their size = %d, want 2", rotated)
		}
	}, func(s *house.Setup) { s.SegmentBytes = 5000 })
}

// TestRefusedStart holds that a start which would do harm is refused, in words
// that say what to do.
func TestRefusedStart(t *testing.T) {
	h := house.Open(t, "sqlite")
	start := func(want ...string) {
		t.Helper()
		_, err := app.New(t.Context(), h.Setup.Config, h.Setup.Options)
		if _, ok := errors.AsType[*app.Refused](err); !ok {
			t.Fatalf("New() = %v, want a refusal", err)
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("New() = %v, want it to name %q", err, w)
			}
		}
	}
	start("another coffer serves", strconv.Itoa(os.Getpid()), "--data")
	h.Stop()
	for _, f := range []string{"vault.json", "log.pem", "pseudonym.pem"} {
		f = filepath.Join(h.Dir(), "keys", f)
		hidden := filepath.Join(h.Dir(), "hidden")
		move(t, f, hidden)
		start(f, "put back")
		move(t, hidden, f)
		if err := os.Chmod(f, 0o644); err != nil {
			t.Fatal(err)
		}
		start(f, "chmod")
		if err := os.Chmod(f, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Another installation's keys are whole, and wrong.
	other := house.Open(t, "sqlite")
	other.Stop()
	move(t, filepath.Join(h.Dir(), "keys"), filepath.Join(h.Dir(), "kept"))
	move(t, filepath.Join(other.Dir(), "keys"), filepath.Join(h.Dir(), "keys"))
	start("not the ones", "put back")
	move(t, filepath.Join(h.Dir(), "keys"), filepath.Join(other.Dir(), "keys"))
	move(t, filepath.Join(h.Dir(), "kept"), filepath.Join(h.Dir(), "keys"))
	h.Start()
	h.Wrote("sys_startup")
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// TestClockSetBack holds that a clock that was set back while Coffer was stopped
// is told, once, and that times in the log do not run backwards for it.
func TestClockSetBack(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Pass(2 * time.Hour)
		h.Stop()
		h.Pass(-90 * time.Minute)
		h.Start()
		was := h.Lines(0)
		if got := h.Wrote("sys_startup")[0].Datetime; got != was[len(was)-2].Datetime {
			h.Errorf("the start is written at %s, want the time of the line before", got)
		}
		h.Tick(time.Second)
		h.Wrote("sys_clock_step level=WARNING actor=system:clock target=node:test data.milliseconds=-5400000")
		h.Tick(time.Second)
		h.Wrote()
	})
}

// TestWrongSettings holds that a setting that cannot be is told by flag,
// variable and value.
func TestWrongSettings(t *testing.T) {
	for _, c := range []struct {
		name, flag string
		set        func(*app.Config)
		want       []string
	}{
		{"listen", "listen", func(c *app.Config) { c.Listen = "8880" }, []string{"127.0.0.1:8880"}},
		{"limits", "limits", func(c *app.Config) { c.Limits = "signups=5/h" }, []string{"signups", "there are"}},
		{"limit's unit", "limits", func(c *app.Config) { c.Limits = "signup=5" }, []string{"signup=30/h"}},
		{"retention", "retention", func(c *app.Config) { c.Retention = "13 months" }, []string{"13 months", "400d", "off"}},
		{"retention without a unit", "retention", func(c *app.Config) { c.Retention = "400" }, []string{"400d"}},
		{"retention of minus a day", "retention", func(c *app.Config) { c.Retention = "-1d" }, []string{"400d"}},
		{"proxies", "trusted-proxies", func(c *app.Config) { c.TrustedProxies = "10.0.0.0/8,lb" }, []string{`"lb"`, "10.0.0.0/8"}},
		{"url", "url", func(c *app.Config) { c.URL = "cards.example.org" }, []string{"https://cards.example.org"}},
		{"url with a path", "url", func(c *app.Config) { c.URL = "https://a.example/coffer" }, []string{}},
		{"database", "database", func(c *app.Config) { c.Database = "mysql://x" }, []string{"postgres://"}},
		{"password in the database", "database", func(c *app.Config) { c.Database = "postgres://u:hunter2@h/d" }, []string{"--database-file", "PGPASSFILE"}},
		{"both databases", "database-file", func(c *app.Config) { c.Database, c.DatabaseFile = "postgres://h/d", "f" }, []string{}},
		{"no such file", "database-file", func(c *app.Config) { c.DatabaseFile = "/no/such/file" }, []string{}},
		{"data", "data", func(c *app.Config) { c.Data = os.Args[0] + "/x" }, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := app.Config{Listen: "127.0.0.1:0", Data: t.TempDir()}
			c.set(&config)
			_, err := app.New(t.Context(), config, app.Options{})
			if w, ok := errors.AsType[*app.Wrong](err); !ok || w.Flag != c.flag {
				t.Fatalf("New() = %v, want the setting %s named", err, c.flag)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("New() = %v, want it to name %q", err, w)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("New() = %v, which tells the password", err)
			}
		})
	}
}

// TestStandardOutput holds that a copy of the log is the log.
func TestStandardOutput(t *testing.T) {
	var out bytes.Buffer // written by one loop, and read when that has ended
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.LogStdout, s.Stdout = true, &out })
	h.Person("alice", home)
	h.Stop()
	file, err := os.ReadFile(filepath.Join(h.Dir(), "security.log"))
	if err != nil || !bytes.Equal(out.Bytes(), file) {
		t.Errorf("standard output has %d bytes, %v, want the file's %d", out.Len(), err, len(file))
	}
}

// TestCleanStop holds that a clean stop leaves no line out of the file, however
// the loops that seal and write meet at the end.
func TestCleanStop(t *testing.T) {
	house.Both(t, func(h *house.House) {
		for n := range 20 {
			h.Stop()
			file, err := os.ReadFile(filepath.Join(h.Dir(), "security.log"))
			if lines := len(h.Lines(0)); err != nil || bytes.Count(file, []byte("\n")) != lines {
				t.Fatalf("stop %d: the file has %d lines, %v, want %d", n, bytes.Count(file, []byte("\n")), err, lines)
			}
			h.Start()
			h.Wrote("sys_startup")
		}
	})
}
