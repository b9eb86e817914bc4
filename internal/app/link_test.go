package app_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/app"
	"coffer/internal/apptest/house"
)

// byLink is a password that somebody sets by a link.
const byLink = "otter-canary-17-bridge"

// path is a link's address on this server. From here on no page, file or table
// may hold its token.
func path(h *house.House, link string) string {
	h.Helper()
	at, token, found := strings.Cut(link, "/reset/")
	if at != house.URL || !found || len(token) != 43 {
		h.Fatalf("link = %s, want %s/reset/ and 256 random bits", link, house.URL)
	}
	h.Secret(token)
	return "/reset/" + token
}

// linkFor has the command line make a link.
func linkFor(h *house.House, name string, factors bool) string {
	h.Helper()
	m, err := desk(h).ResetUser(context.Background(), name, factors)
	if err != nil {
		h.Fatalf("ResetUser(%s) = %v", name, err)
	}
	covers := map[bool]string{false: "password", true: "factors"}[factors]
	lines := h.Wrote("user_updated level=WARNING subject=$" + name + " target=account:$" + name + " data.change=reset_started data.covers=" + covers)
	if !strings.HasPrefix(lines[0].Actor, "system:cli:") {
		h.Errorf("the link was made by %q, want the command line", lines[0].Actor)
	}
	return path(h, m.Link.Reveal())
}

// TestAddUser holds how somebody gets an account from the command line: it lets
// nobody in before its person set a password, once, by the link.
func TestAddUser(t *testing.T) {
	house.Both(t, func(h *house.House) {
		m, err := desk(h).AddUser(context.Background(), "Ada", "auditor")
		if err != nil || !m.Signed {
			t.Fatalf("AddUser() = %+v, %v, want it signed, and at the address of the server", m.Standing, err)
		}
		lines := h.Wrote("user_created level=INFO source_ip= data.role=auditor", "user_updated data.change=reset_started data.covers=password")
		h.Name("ada", lines[0].Subject)
		for _, l := range lines {
			if !strings.HasPrefix(l.Actor, "system:cli:") || l.Subject != h.ID("ada") || !strings.HasPrefix(l.Subject, "u_") {
				t.Errorf("%s by %q about %q, want the command line and the new id", l.Event, l.Actor, l.Subject)
			}
		}
		link := path(h, m.Link.Reveal())
		for _, password := range []string{"", house.Password} {
			h.Browser(far).Post("/login", "username", "ada", "password", password).Is(401, "Name or password is not right.").
				Wrote("authn_login_fail reason=wrong_password subject=$ada")
		}
		h.Browser(far).Post("/signup", "username", "ADA", "password", house.Password).Is(422, "taken").Wrote("authn_signup_fail subject=$ada")
		b := h.Browser(home)
		for range 2 { // a mail program looks first
			b.Get(link).Is(200, "Set your password", "Ada", `name="new_password"`, "data-strength").Wrote()
		}
		b.Post(link, "new_password", "short").Is(422, "Please use 8 characters or more", "Set your password").
			Wrote("input_validation_fail actor= subject= target=route:/reset/{token} request_uri=/reset/{token}")
		b.Post(link, "new_password", byLink).To("/login").
			Wrote("user_updated actor= subject=$ada source_ip="+home+" request_uri=/reset/{token} data.change=reset_used data.covers=password data.by=* session=", "authn_password_change actor= subject=$ada data.ended=0 data.signed=none")
		used := "authn_password_change_fail reason=link_used actor= subject=$ada target=account:$ada request_uri=/reset/{token} request_method="
		b.Get(link).Is(404, "There is no such page", "Ask whoever gave it to you").Wrote(used + "GET")
		b.Post(link, "new_password", byLink).Is(404, "There is no such page", "Ask whoever gave it to you").Wrote(used + "POST")
		b.Post("/login", "username", "ada", "password", byLink).To("/").Wrote("authn_login_successafterfail data.failures=2", "session_created")
		b.Get("/").Is(200, "You read the log", "/log/checkpoint").Not("Add a card", "People").Wrote()
		b.Get("/activity").Is(200, "Account made for you by an operator, as auditor", "Your password was set by an operator").Wrote()
	})
}

// TestAddUserRefused holds what no account is made for.
func TestAddUserRefused(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		for want, c := range map[string][2]string{
			"Somebody has this name already.":   {"ALICE", "holder"},
			"There is no role root":             {"bob", "root"},
			"3 characters or more":              {"al", "holder"},
			"Please use letters from a to z":    {"al ice", "holder"},
			"there are holder, auditor, admin.": {"bob", ""},
		} {
			if m, err := desk(h).AddUser(context.Background(), c[0], c[1]); err == nil || !strings.Contains(err.Error(), want) || m.Link.Len() > 0 && m.Signed {
				t.Errorf("AddUser(%q) = %v, want %q", c, err, want)
			}
		}
		h.Wrote()
		if n := count(h, "account"); n != 1 {
			t.Errorf("accounts = %d, want alice alone", n)
		}
	})
}

// TestLinkEnds holds the ends of a link: its hour, a newer one, a disabled
// account; and that one that never was is like any path that is not there.
func TestLinkEnds(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		over := func(link string) {
			t.Helper()
			h.Browser(far).Get(link).Is(404, "Ask whoever gave it to you").Wrote("authn_password_change_fail reason=link_expired actor= subject=$alice target=account:$alice")
			h.Browser(far).Post(link, "new_password", byLink).Is(404).Wrote("authn_password_change_fail reason=link_expired subject=$alice")
		}
		first := linkFor(h, "alice", false)
		second := linkFor(h, "alice", false)
		over(first)
		h.Pass(account.LinkLife - time.Second)
		h.Browser(far).Get(second).Is(200, "Set your password").Wrote()
		h.Pass(time.Second)
		over(second)
		third := linkFor(h, "alice", false)
		if _, err := desk(h).DisableUser(context.Background(), "alice"); err != nil {
			t.Fatal(err)
		}
		h.Next(2) // and the session that ends
		over(third)
		if _, err := desk(h).ResetUser(context.Background(), "alice", false); err == nil || !strings.Contains(err.Error(), "Enable it first") {
			t.Errorf("ResetUser of a disabled account = %v, want that it is enabled first", err)
		}
		known := h.Browser(far).Get(third).Is(404)
		h.Next(1)
		for n, never := range []string{"x", strings.Repeat("A", 43), strings.Repeat("A", 300), "%27OR%201=1--", third[7:] + "0"} {
			a := h.Browser(far).Get("/reset/" + never).Is(404)
			a.Wrote()
			if d := differs(bare(known.Body), bare(a.Body)); d != "" && n < 3 {
				t.Errorf("a link that is over and one that never was are told apart: %s", d)
			}
		}
		b := h.Browser(office) // who tries many is seen
		for n := range 21 {
			if b.Get("/reset/" + strings.Repeat("B", 43)).Is(404); n < 20 {
				h.Wrote()
			}
		}
		h.Wrote("malicious_excess_404 request_uri=/reset/{token} source_ip=" + office)
	})
}

// TestLinkEndsSessions holds what a used link does to the account: the sessions
// end, the old password with them, the locks are lifted, and cards stay.
func TestLinkEndsSessions(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		card := addCard(alice, visa)
		lock(h, far, "alice", "wrong_password")
		link := linkFor(h, "alice", false)
		alice.Get("/activity").Is(200, "An operator made a link that sets your password").Wrote() // nothing changed yet
		h.Browser(far).Post(link, "new_password", byLink).To("/login").
			Wrote("user_updated data.change=reset_used data.ended=1 subject=$alice", "authn_password_change data.ended=1", "session_expired reason=ended actor= subject=$alice session=$session-of-alice",
				"authn_login_unlock reason=operator subject=$alice data.client=address")
		alice.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=ended")
		h.Browser(home).Post("/login", "username", "alice", "password", house.Password).Is(401).Wrote("authn_login_fail reason=wrong_password")
		b := h.Browser(far)
		b.Post("/login", "username", "alice", "password", byLink).To("/").Wrote("authn_login_successafterfail", "session_created")
		b.Get(card).Is(200, "4242").Wrote("sensitive_read")
		b.Get(linkFor(h, "alice", false)).To("/").Wrote() // signed in: a link is for whoever is not
	})
}

// TestLinkOnce has many use one link at the same moment.
func TestLinkOnce(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		link := linkFor(h, "alice", false)
		var wait sync.WaitGroup
		var mu sync.Mutex
		got := map[int]int{}
		for range 20 {
			wait.Go(func() {
				a := h.Browser(far).Send(house.Request{Method: http.MethodPost, Path: link, Body: h.Form("new_password", byLink)})
				mu.Lock()
				defer mu.Unlock()
				got[a.Status]++
			})
		}
		wait.Wait()
		if got[http.StatusSeeOther] != 1 || got[http.StatusNotFound] != 19 {
			t.Errorf("statuses = %v, want one that sets the password", got)
		}
		used, refused := 0, 0
		for _, l := range h.Rest() {
			switch {
			case l.Event == "user_updated":
				used++
			case l.Event == "authn_password_change_fail" && l.Reason == "link_used":
				refused++
			}
		}
		if used != 1 || refused != 19 {
			t.Errorf("the log has %d uses and %d refusals, want 1 and 19", used, refused)
		}
	})
}

// TestFactorsLink holds that second factors go when the link is used, and not
// before, and only with a link that covers them.
func TestFactorsLink(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		h.Person("bob", home)
		for _, name := range []string{"alice", "bob"} {
			for _, kind := range []string{"totp", "passkey", "recovery"} {
				outside(h, h.Reader().Engine(), `INSERT INTO credential (id, account, kind, body, created) VALUES ('f_`+kind+name+`', '`+h.ID(name)+`', '`+kind+`', 'x', 1)`)
			}
		}
		has := func(want string) {
			t.Helper()
			people, err := desk(h).People(context.Background())
			got := ""
			for _, p := range people {
				got += " " + p.Username + map[bool]string{true: " has", false: " none"}[p.SecondFactor]
			}
			if err != nil || got != want {
				t.Errorf("second factors:%s, %v, want%s", got, err, want)
			}
		}
		use := func(name string, factors bool, page string, gone ...string) {
			t.Helper()
			link := linkFor(h, name, factors)
			h.Browser(far).Get(link).Is(200, page).Wrote()
			has(" alice has bob has")
			h.Browser(far).Post(link, "new_password", byLink).To("/login")
			lines := h.Rest()
			if lines[0].Event != "user_updated" {
				t.Errorf("first line = %s, want the use of the link", lines[0].Event)
			}
			var removed []string
			for _, l := range lines {
				if l.Event == "authn_factor_removed" && l.Subject == h.ID(name) {
					removed = append(removed, l.Target())
				}
			}
			if !slices.Equal(removed, gone) {
				t.Errorf("removed = %v, want %v", removed, gone)
			}
		}
		use("alice", false, "A second factor stays as it is")
		has(" alice has bob has")
		use("alice", true, "passkeys and recovery codes are taken off", "totp:f_totpalice", "passkey:f_passkeyalice", "recovery:x")
		has(" alice none bob has")
		if n := count(h, "credential"); n != 5 {
			t.Errorf("credentials = %d, want two passwords and bob's three", n)
		}
	})
}

// TestLinkAddress holds where a link leads: where the command says, else where
// the server that ran last was found.
func TestLinkAddress(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.URL = "https://cards.example.org" })
	h.Person("alice", home)
	for given, want := range map[string]string{"": "https://cards.example.org", "https://other.example.org/": "https://other.example.org"} {
		c := h.Setup.Config
		c.URL = given
		d, err := app.OpenDesk(context.Background(), c, h.Setup.Options)
		if err != nil {
			t.Fatal(err)
		}
		m, err := d.ResetUser(context.Background(), "alice", false)
		if err != nil || !strings.HasPrefix(m.Link.Reveal(), want+"/reset/") {
			t.Errorf("ResetUser with --url %q = %v, %v, want a link at %s", given, m.Link.Len(), err, want)
		}
		h.Wrote("user_updated data.change=reset_started")
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
