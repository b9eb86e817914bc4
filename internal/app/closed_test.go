package app_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/seclog/file"
)

// refuseEvents makes the database take no event, and allow it again.
var refuseEvents = map[db.Engine][2]string{
	db.SQLite: {`CREATE TRIGGER refuse BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'the log refuses'); END`, `DROP TRIGGER refuse`},
	db.Postgres: {`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''the log refuses''; END';
		CREATE TRIGGER refuse BEFORE INSERT ON staged FOR EACH ROW EXECUTE FUNCTION refuse()`, `DROP TRIGGER refuse ON staged`},
}

// TestFailClosed holds promise 1 at its hardest: when no event can be recorded,
// nothing is done, nothing is shown, and the visitor is told so.
func TestFailClosed(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", home)
		path := addCard(alice, visa)
		h.Browser(far).Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_success", "session_created")
		stale := bob.Again()
		bob.Post("/logout").To("/login").Wrote("session_logout")
		root, link := admin(h, "root", home), linkFor(h, "bob", false)
		root.Get("/people").Is(200).Wrote()
		before := state(h)
		token := alice.Cookie("coffer")
		refuse := refuseEvents[h.Reader().Engine()]
		outside(h, h.Reader().Engine(), refuse[0])

		stranger := h.Browser(far)
		for _, a := range []*house.Answer{
			stranger.Post("/signup", "username", "carol", "password", house.Password),
			stranger.Post("/signup", "username", "alice", "password", house.Password),
			stranger.Post("/signup", "username", "x", "password", ""),
			stranger.Post("/login", "username", "alice", "password", house.Password),
			stranger.Post("/login", "username", "alice", "password", "wrong"),
			stranger.Post("/login", "username", "nobody", "password", "wrong"),
			stranger.Get("/activity"),
			stranger.Do(house.Request{Method: "POST", Path: "/login", Body: "evil=1"}),
			stranger.Do(house.Request{Method: "POST", Path: "/login", Site: "cross-site"}),
			stale.Get("/activity"),
			alice.Post(cardForm, cardFields(mastercard)...),
			alice.Post(cardForm, cardFields(visa, "expiry", "01/33")...),
			alice.Post(cardForm, cardFields("1")...),
			alice.Get(path),
			alice.Get("/view_credit_card/1"),
			alice.Post(path + "/reveal"),
			alice.Post(path + "/delete"),
			alice.Post("/confirm", "password", house.Password),
			alice.Post("/confirm", "password", "wrong"),
			alice.Post("/settings/password", "current_password", house.Password, "new_password", "heron-canary-41-kettle"),
			alice.Post("/settings/password", "current_password", "wrong", "new_password", "heron-canary-41-kettle"),
			alice.Post("/settings/password", "current_password", house.Password, "new_password", "short"),
			alice.Post("/settings/sessions/end_others"),
			alice.Post("/settings/sessions/0123456789abcdef/end"),
			root.Post(person(h, "bob")+"/role", "role", "auditor"),
			root.Post(person(h, "bob") + "/lock"),
			root.Post(person(h, "bob") + "/reset"),
			root.Post("/people/u_nobody/unlock"),
			root.Post(person(h, "bob")+"/factors", "step", "ask"),
			root.Post("/checklist/keys"),
			stranger.Post(link, "new_password", byLink),
			alice.Post("/logout"),
		} {
			a.Is(503, "Nothing was changed").Not("the log refuses", "4242 4242", "ends in").Wrote()
		}
		if stranger.Cookie("coffer") != "" || alice.Cookie("coffer") != token {
			t.Error("a refused request changed a session's cookie")
		}
		alice.Get("/").Is(200, "4242").Wrote() // lists are read, and no event
		h.Browser(far).Get("/login").Is(200).Wrote()

		outside(h, h.Reader().Engine(), refuse[1])
		if after := state(h); after != before {
			t.Errorf("the database holds %s, want %s as before", after, before)
		}
		alice.Post(path+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.part=number")
	})
}

// state is how many rows there are of what people have, and of lines.
func state(h *house.House) string {
	h.Helper()
	var n [7]int
	err := h.Reader().QueryRow(context.Background(), `SELECT (SELECT COUNT(*) FROM account), (SELECT COUNT(*) FROM credential),
		(SELECT COUNT(*) FROM session WHERE ended IS NULL), (SELECT COUNT(*) FROM token), (SELECT COUNT(*) FROM card WHERE expiry = '2029-08'),
		(SELECT SUM(failures) FROM account), (SELECT COUNT(*) FROM event)`).Scan(&n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6])
	if err != nil {
		h.Fatalf("look at the database: %v", err)
	}
	var b strings.Builder
	for _, c := range n {
		b.WriteString(" " + string(rune('0'+c%10)))
	}
	return b.String()
}

// stiff is a disk on which nothing can be renamed at times, as in a directory
// that belongs to somebody else.
type stiff struct{ now atomic.Bool }

func (*stiff) Open(path string, flag int, mode os.FileMode) (file.Handle, error) {
	f, err := os.OpenFile(path, flag|syscall.O_NOFOLLOW, mode)
	if err != nil {
		return nil, err
	}
	return f, nil
}
func (*stiff) Lstat(path string) (os.FileInfo, error) { return os.Lstat(path) }
func (*stiff) Remove(path string) error               { return os.Remove(path) }
func (*stiff) SyncDir(string) error                   { return nil }
func (d *stiff) Rename(from, to string) error {
	if d.now.Load() {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.EACCES}
	}
	return os.Rename(from, to)
}

// TestFileGone holds that a security.log which cannot be written shuts the gate
// within a second, and that all goes on once it can.
func TestFileGone(t *testing.T) {
	house.Both(t, func(h *house.House) {
		disk := &stiff{}
		h.Setup.Disk = disk
		h.Stop()
		h.Start()
		h.Wrote("sys_startup")
		b := h.Person("alice", home)
		path := addCard(b, visa)
		log, aside := filepath.Join(h.Dir(), "security.log"), filepath.Join(h.Dir(), "moved-away")
		disk.now.Store(true)
		move(t, log, aside)
		if err := os.Mkdir(log, 0o700); err != nil { // nobody can write lines into that, not even root
			t.Fatal(err)
		}
		began := time.Now()
		until(h, 503)
		// Under load the machine may take its time; the design's second is for it at rest.
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the gate closed after %v, want about a second", took)
		}
		b.Get(path).Is(503, "Nothing was changed").Wrote()
		b.Post(cardForm, cardFields(mastercard)...).Is(503, "Nothing was changed").Wrote()
		h.Browser(far).Post("/signup", "username", "carol", "password", house.Password).Is(503, "Nothing was changed").Wrote()
		h.Browser(far).Get("/healthz").Is(200, "ok").Wrote()

		if err := os.Remove(log); err != nil {
			t.Fatal(err)
		}
		move(t, aside, log)
		until(h, 200)
		b.Get(path).Is(200, "4242").Wrote("sensitive_read")
	})
}

// until waits for /readyz to answer so: the follower looks at its file twice a
// second and tells nobody but the gate.
func until(h *house.House, status int) {
	h.Helper()
	b := h.Browser(home)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if b.Get("/readyz").Status == status {
			return
		}
	}
	h.Fatalf("/readyz never answers %d", status)
}

// TestFileAltered holds that an edited security.log is kept aside, written again
// and told.
func TestFileAltered(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		file := filepath.Join(h.Dir(), "security.log")
		raw := caughtUp(h, file)
		if err := os.WriteFile(file, []byte(strings.Replace(string(raw), "user_created", "user_creased", 1)), 0o640); err != nil {
			t.Fatal(err)
		}
		var kept []string
		for deadline := time.Now().Add(20 * time.Second); len(kept) == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			kept, _ = filepath.Glob(file + ".altered-*")
		}
		if len(kept) != 1 {
			t.Fatalf("kept aside = %v, want the altered file", kept)
		}
		until(h, 200)
		h.Tick(time.Second)
		lines := h.Rest()
		l := lines[len(lines)-1]
		if l.Event != "log_file_altered" || l.Actor != "system:log" || member(l.Data, "kept") != filepath.Base(kept[0]) {
			t.Errorf("%s by %s with %s, want log_file_altered that names the file kept", l.Event, l.Actor, l.Data)
		}
	})
}

// caughtUp waits until the file has every line and the database knows it.
func caughtUp(h *house.House, file string) (raw []byte) {
	h.Helper()
	want, known := len(h.Lines(0)), 0
	for deadline := time.Now().Add(20 * time.Second); known < want && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		// PostgreSQL knows the file only once the follower has begun.
		err := h.Reader().QueryRow(context.Background(), `SELECT seq FROM projected`).Scan(&known)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			h.Fatal(err)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil || strings.Count(string(raw), "\n") != want {
		h.Fatalf("the file has %d lines, %v, want %d", strings.Count(string(raw), "\n"), err, want)
	}
	return raw
}

// TestDatabaseGone holds what visitors get while PostgreSQL is away.
func TestDatabaseGone(t *testing.T) {
	server, err := apptest.StartPostgres()
	if err != nil {
		t.Fatal(err)
	}
	h := house.On(t, t.TempDir(), db.Config{Postgres: server.URL})
	h.Wrote(house.FirstStart(false)...)
	b := h.Person("alice", home)
	path := addCard(b, visa)
	h.Lose()
	if err := server.Stop(); err != nil {
		t.Errorf("Stop() = %v", err)
	}
	ask := func(b *house.Browser, method, path string, fields ...string) {
		t.Helper()
		b.Send(house.Request{Method: method, Path: path, Body: h.Form(fields...)}).Is(503, "hanged").Not("postgres", "connect", "socket")
	}
	ask(b, "GET", "/")
	ask(b, "GET", path)
	ask(b, "POST", path+"/reveal")
	ask(b, "POST", cardForm, cardFields(mastercard)...)
	stranger := h.Browser(far)
	ask(stranger, "POST", "/login", "username", "alice", "password", house.Password)
	ask(stranger, "POST", "/signup", "username", "carol", "password", house.Password)
	ask(stranger, "GET", path)
	stranger.Send(house.Request{Method: "GET", Path: "/healthz"}).Is(200, "ok")
	stranger.Send(house.Request{Method: "GET", Path: "/readyz"}).Is(503, "unavailable")
	stranger.Send(house.Request{Method: "GET", Path: "/"}).Is(200, "Create account")
}
