package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/factor"
)

// serveHere makes the test binary a server, for the test that kills it.
const serveHere, databaseHere, webhookHere = "COFFER_TEST_SERVE", "COFFER_TEST_DATABASE", "COFFER_TEST_WEBHOOK"

// serve runs until it is killed; the first line of its output is its address.
func serve(dir string) {
	config := app.Config{Listen: "127.0.0.1:0", Data: dir, Node: "test", URL: house.URL, Database: os.Getenv(databaseHere), Webhook: os.Getenv(webhookHere), Limits: "signup=off,request=off"}
	o := app.Options{Version: "0.0.0", Hash: factor.Settings{Memory: 64, Time: 1, Threads: 1}}
	if os.Getenv(minuteHere) != "" {
		o.Every = signalled
	}
	a, err := app.New(context.Background(), config, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Println(a.Address())
	fmt.Fprintln(os.Stderr, a.Run(context.Background()))
	os.Exit(2)
}

// acknowledged are what visitors were told is done.
type acknowledged struct {
	sync.Mutex
	people, cards []string
	enough        chan struct{}
}

func (a *acknowledged) note(to *[]string, what string) {
	a.Lock()
	defer a.Unlock()
	*to = append(*to, what)
	if len(a.people)+len(a.cards) == 120 {
		close(a.enough)
	}
}

// TestKilled kills a server under load: what was acknowledged is there, nothing
// is without its event and no event without its change, and the file goes on
// where the database says.
func TestKilled(t *testing.T) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			c, dir := db.Config{}, t.TempDir()
			if e == db.Postgres {
				c.Postgres = apptest.Postgres(t)
			}
			done := &acknowledged{enough: make(chan struct{})}
			address, kill := start(t, dir, c)
			var visitors sync.WaitGroup
			for v := range 8 {
				visitors.Go(func() { done.visit(address, v) })
			}
			<-done.enough
			kill()
			visitors.Wait()
			h := house.On(t, dir, c, func(s *house.Setup) { s.Limits, s.Now = "signup=off,request=off", time.Now })
			survived(h, done)
		})
	}
}

// start starts the server and gives its address and what kills it.
func start(t *testing.T, dir string, c db.Config) (address string, kill func()) {
	t.Helper()
	address, _, kill = startProcess(t, dir, c)
	return address, kill
}

func startProcess(t *testing.T, dir string, c db.Config) (address string, process *os.Process, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveHere+"="+dir, databaseHere+"="+c.Postgres)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill() // SIGKILL; it may be dead already
		_ = cmd.Wait()         // its error is the signal
	}
	t.Cleanup(func() {
		if kill(); t.Failed() {
			t.Logf("a server said:\n%s", said.String())
		}
	})
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server does not start: %v", err)
	}
	return strings.TrimSpace(address), cmd.Process, kill
}

// visit signs people up, each with a card, until nobody answers. What a server
// that is too busy refuses is not acknowledged, and not the end.
func (a *acknowledged) visit(address string, visitor int) {
	for n := 0; ; n++ {
		jar, _ := cookiejar.New(nil) // without options it cannot fail
		b := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		name := fmt.Sprintf("person-%d-%d", visitor, n)
		_, status := post(b, "http://"+address+"/signup", "username", name, "password", house.Password)
		if status == http.StatusSeeOther {
			a.note(&a.people, name)
			var card string
			if card, status = post(b, "http://"+address+cardForm, cardFields(numbered(visitor*1000+n))...); status == http.StatusSeeOther {
				a.note(&a.cards, strings.TrimPrefix(card, "/view_credit_card/"))
			}
		}
		if status == 0 {
			return
		}
	}
}

// post sends a form and gives the answer's status, 0 if there is none, and where
// it leads.
func post(b *http.Client, to string, fields ...string) (next string, status int) {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := b.PostForm(to, form)
	if err != nil {
		return "", 0
	}
	r.Body.Close()
	return r.Header.Get("Location"), r.StatusCode
}

// survived compares what was acknowledged, what is stored and what is logged.
func survived(h *house.House, done *acknowledged) {
	h.Helper()
	events := map[string]int{}
	targets := map[string]bool{}
	lines := h.Rest()
	for _, l := range lines {
		events[l.Event]++
		if l.Event == "sensitive_create" {
			targets[l.Target()] = true
		}
	}
	last := lines[len(lines)-2:]
	if last[0].Event != "sys_crash" || last[0].Reason != "unclean" || last[1].Event != "sys_startup" {
		h.Errorf("the start wrote %s and %s, want sys_crash and sys_startup", last[0].Event, last[1].Event)
	}
	for table, event := range map[string]string{"account": "user_created", "session": "session_created", "card": "sensitive_create"} {
		if rows := count(h, table); rows != events[event] || rows == 0 {
			h.Errorf("%s has %d rows and the log %d of %s, want as many", table, rows, events[event], event)
		}
	}
	for _, card := range done.cards {
		if !targets["card:"+card] {
			h.Errorf("card %s was acknowledged and is not in the log", card)
		}
	}
	for _, name := range done.people {
		var n int
		if err := h.Reader().QueryRow(context.Background(), `SELECT COUNT(*) FROM account WHERE username = $1`, name).Scan(&n); err != nil || n != 1 {
			h.Errorf("%s was acknowledged and is there %d times, %v", name, n, err)
		}
	}
}
