package app_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/format"
	"coffer/internal/query"
)

// desk opens one on the house's data.
func desk(h *house.House) *app.Desk {
	h.Helper()
	d, err := app.OpenDesk(context.Background(), h.Setup.Config, h.Setup.Options)
	if err != nil {
		h.Fatalf("OpenDesk() = %v", err)
	}
	h.Cleanup(func() { _ = d.Close() })
	return d
}

// reading is one of exact lines.
func reading(h *house.House, q string, out io.Writer) app.Reading {
	h.Helper()
	f, err := query.Parse(q)
	exact, known := format.Find("jsonl")
	if err != nil || !known {
		h.Fatalf("Parse(%s) = %v", q, err)
	}
	return app.Reading{Tool: "query", Filter: f, Format: exact, Out: out, Newest: -1}
}

// read gives the lines that a desk shows.
func read(h *house.House, d *app.Desk, q app.Reading) (lines []event.Line, got app.Read) {
	h.Helper()
	var out bytes.Buffer
	q.Out = &out
	got, err := d.Read(context.Background(), q)
	if err != nil {
		h.Errorf("Read(%s) = %v", q.Filter, err)
	}
	for text := range bytes.Lines(out.Bytes()) {
		l, err := event.Parse(bytes.TrimSuffix(text, []byte("\n")))
		if err != nil {
			h.Errorf("Read(%s) gives %s: %v", q.Filter, text, err)
		}
		lines = append(lines, l)
	}
	if len(lines) != got.Lines {
		h.Errorf("Read(%s) says %d lines and shows %d", q.Filter, got.Lines, len(lines))
	}
	return lines, got
}

// cli is what each line of a command says.
var cli = " level=INFO actor=" + app.Origin().Actor + " subject= source_ip= target=log:security.log"

// TestReading reads the log beside a running server: what matches is shown, by
// name or id, and that somebody read is in the log, once, without what was asked.
func TestReading(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		d := desk(h)
		for _, c := range []struct{ q, want, logged string }{
			{"actor:alice", "user_created session_created", "data.fields=[\"actor\"] data.length=11"},
			{"subject:" + h.ID("alice") + " session_* -event:user_created", "", "data.fields=[\"event\",\"subject\",\"text\"] data.length=*"},
			{"event:log_read", "log_read log_read", "data.fields=[\"event\"] data.length=14"}, // not its own
			{"card:c_none", "", "data.fields=[\"card\"] data.length=11"},
		} {
			got, _ := read(h, d, reading(h, c.q, nil))
			if names := strings.Join(apptest.Names(got), " "); names != c.want {
				t.Errorf("Read(%s) = %s, want %s", c.q, names, c.want)
			}
			h.Wrote("log_read" + cli + " data.tool=query data.format=jsonl " + c.logged)
		}
		q := reading(h, "", nil)
		q.Newest = 2
		got, r := read(h, d, q)
		if len(got) != 2 || !r.More {
			t.Errorf("the newest two = %v, %+v, want two and more", got, r)
		}
		q.Before = r.Next
		if older, _ := read(h, d, q); len(older) != 2 || older[0].Seq+1 != older[1].Seq || older[1].Seq+1 != got[0].Seq || got[0].Seq+1 != got[1].Seq {
			t.Errorf("two before %d = %v, want the two before %v", q.Before, older, got)
		}
		h.Wrote("log_read"+cli+" data.newest=2", "log_read"+cli+" data.newest=2")
		_, err := d.Read(context.Background(), reading(h, "actor:mallory", io.Discard))
		if _, is := errors.AsType[*query.Error](err); !is {
			t.Errorf("Read of a stranger = %v, want a *query.Error", err)
		}
		h.Wrote() // nothing was read
	})
}

// TestReadingAlone reads while nobody serves: the command writes the file and
// signs, as a server would, and the next start knows of no crash.
func TestReadingAlone(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Stop()
		d := desk(h)
		if got, _ := read(h, d, reading(h, "event:sys_shutdown", nil)); len(got) != 1 {
			t.Errorf("Read = %v, want the stop", got)
		}
		h.Wrote("log_read" + cli)
		log, err := os.ReadFile(filepath.Join(h.Dir(), "security.log"))
		if err != nil || !bytes.Contains(log, []byte(`"event":"log_read"`)) {
			t.Errorf("the file lacks the line: %v", err)
		}
		head, err := d.Sealer.Head(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, c, _, err := d.Sealer.Checkpoint(context.Background()); err != nil || c.Size != head.Size {
			t.Errorf("%d of %d lines are signed, %v; want all", c.Size, head.Size, err)
		}
		h.Start()
		h.Wrote("sys_startup")
	})
}

// TestUnrecorded holds that what cannot be recorded is not shown.
func TestUnrecorded(t *testing.T) {
	h := house.Open(t, "sqlite")
	d := desk(h)
	_, busy, err := db.Open(context.Background(), h.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	held, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = busy.Apart(context.Background(), func(*db.Tx) error { // holds the write lock
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	var out bytes.Buffer
	_, err = d.Read(context.Background(), reading(h, "", &out))
	close(release)
	if err == nil || !strings.HasPrefix(err.Error(), "nothing is shown, since that the log is read cannot be written into it: ") || out.Len() > 0 {
		t.Errorf("Read = %v, and shows %q; want a refusal and nothing", err, &out)
	}
}

// TestFollow goes on with what comes, and ends when it is told to.
func TestFollow(t *testing.T) {
	house.Both(t, func(h *house.House) {
		d := desk(h)
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		in, out := io.Pipe()
		q := reading(h, "-event:log_*", out)
		q.Tool, q.Newest = "follow", 1
		done := make(chan error, 1)
		go func() {
			_, err := d.Follow(ctx, q)
			done <- err
		}()
		lines := bufio.NewScanner(in)
		next := func() string {
			if !lines.Scan() {
				return ""
			}
			l, err := event.Parse(lines.Bytes())
			if err != nil {
				t.Error(err)
			}
			return l.Event
		}
		if got := next(); got != "sys_startup" {
			t.Errorf("the first line is %s, want the newest there was", got)
		}
		h.Wrote("log_read" + cli + " data.tool=follow data.newest=1")
		h.Person("alice", home)
		if got := next() + " " + next(); got != "user_created session_created" {
			t.Errorf("then come %s, want what alice did", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("Follow() = %v, want a clean end", err)
		}
	})
}

// TestDeskRefuses holds that a command makes nothing where nothing is, and
// touches nothing that is not as it was left.
func TestDeskRefuses(t *testing.T) {
	empty := t.TempDir()
	_, err := app.OpenDesk(context.Background(), app.Config{Listen: ":0", Data: empty}, app.Options{})
	if w, is := errors.AsType[*app.Wrong](err); !is || !strings.HasPrefix(w.Want, "there is no Coffer in it (no coffer.db)") {
		t.Errorf("OpenDesk of an empty directory = %v, want that there is none", err)
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
		t.Errorf("OpenDesk left %v there, want nothing", left)
	}
	house.Both(t, func(h *house.House) {
		h.Stop()
		checkpoint := filepath.Join(h.Dir(), "checkpoint")
		signed, err := os.ReadFile(checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(checkpoint, bytes.Replace(signed, []byte("coffer.invalid/"), []byte("other.invalid/"), 2), 0o644); err != nil {
			t.Fatal(err)
		}
		d := desk(h)
		_, err = d.Read(context.Background(), reading(h, "", io.Discard))
		if _, is := errors.AsType[*app.Refused](err); !is || !strings.Contains(err.Error(), "TAMPERED") {
			t.Errorf("Read of a log whose checkpoint was changed = %v, want TAMPERED", err)
		}
		if err := os.WriteFile(checkpoint, signed, 0o644); err != nil {
			t.Fatal(err)
		}
		h.Wrote()
		outside(h, h.Reader().Engine(), `DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)`)
		if _, err := app.OpenDesk(context.Background(), h.Setup.Config, h.Setup.Options); err == nil || !strings.Contains(err.Error(), "coffer migrate") {
			t.Errorf("OpenDesk of an older schema = %v, want that it is to be migrated", err)
		}
		outside(h, h.Reader().Engine(), `INSERT INTO goose_db_version (version_id, is_applied) SELECT 1 + MAX(version_id), `+yes(h)+` FROM goose_db_version`)
	})
}

// yes is a true value of the engine.
func yes(h *house.House) string {
	if h.Reader().Engine() == db.Postgres {
		return "true"
	}
	return "1"
}

// TestTogether has commands and a server write at once: each line is there, in
// the file too, and none waits for long.
func TestTogether(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Stop()
		began := time.Now()
		done := make(chan error, 6)
		for range cap(done) {
			d := desk(h)
			go func() {
				_, err := d.Read(context.Background(), reading(h, "event:log_opened", io.Discard))
				done <- err
			}()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Errorf("Read() = %v", err)
			}
		}
		if len(h.Rest()) != cap(done) {
			t.Errorf("the log lacks some of %d readings", cap(done))
		}
		t.Logf("%d commands took %v", cap(done), time.Since(began))
	})
}
