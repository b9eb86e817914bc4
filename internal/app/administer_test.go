package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"coffer/internal/account"
	"coffer/internal/apptest/house"
	"coffer/internal/session"
)

// person is the page of somebody who has a name here.
func person(h *house.House, name string) string { return "/people/" + h.ID(name) }

// TestPeople holds the list: who is on it, found by what, and no more than that.
func TestPeople(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		addCard(alice, visa)
		h.Person("Bob_1", home)
		if _, err := desk(h).AddUser(context.Background(), "carol", "auditor"); err != nil {
			t.Fatal(err)
		}
		h.Next(2)
		root := admin(h, "root", office)
		root.Get("/people").Is(200, "<h1>People</h1>", `aria-current="page">People</a>`, ">alice</a>", ">Bob_1</a>", "invited", "auditor", "admin", "never", `datetime="2026-03-02T08:00:00Z"`).
			Not("4242", "$argon2id", "More people").Wrote()
		for q, want := range map[string]string{"ALI": "alice", "_": "Bob_1", "bob": "Bob_1", "o": "Bob_1 carol root"} {
			a := root.Get("/people?q=" + q).Is(200)
			a.Wrote()
			var got []string
			for _, name := range []string{"alice", "Bob_1", "carol", "root"} {
				if strings.Contains(a.Body, ">"+name+"</a></th>") {
					got = append(got, name)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("q=%s finds %v, want %s", q, got, want)
			}
		}
		for _, q := range []string{"%25", "!", "alice'--", "zoe", "%3Cscript%3E"} {
			root.Get("/people?q="+q).Is(200, "No name holds that").Not("<script>alert", ">alice</a>").Wrote()
		}
		root.Get("/people?after=carol").Is(200, ">root</a>", "First page").Not(">carol</a>").Wrote()
	})
}

// TestPeoplePages holds that a long list is read page by page, each once.
func TestPeoplePages(t *testing.T) {
	house.Both(t, func(h *house.House) {
		for n := range 120 {
			outside(h, h.Reader().Engine(), fmt.Sprintf(`INSERT INTO account (id, username, username_key, role, created) VALUES ('u_%d', 'p%03d', 'p%03d', 'holder', 1)`, n, n, n))
		}
		root := admin(h, "root", office)
		seen := map[string]int{}
		pages, next := 0, "/people"
		for ; next != "" && pages < 9; pages++ {
			a := root.Get(next).Is(200)
			a.Wrote()
			for _, row := range strings.Split(a.Body, `role="rowheader"`)[1:] {
				seen[between(row, `">`, "</a>")]++
			}
			next = strings.ReplaceAll(between(a.Body, `class="btn btn-outline-secondary" href="/people?`, `"`), "&amp;", "&")
			if next != "" {
				next = "/people?" + next
			}
		}
		if pages != 3 || len(seen) != 121 {
			t.Errorf("%d pages with %d people, want 3 with 121", pages, len(seen))
		}
		for name, n := range seen {
			if n != 1 {
				t.Errorf("%s stands %d times on the pages, want once", name, n)
			}
		}
	})
}

// TestGiveRole holds that an administrator gives roles, signed, to others only.
func TestGiveRole(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, root := h.Person("alice", home), admin(h, "root", office)
		root.Get(person(h, "alice")).Is(200, "<h1>alice</h1>", h.ID("alice"), "Can sign in", "One session is open", "Second factor: none", "Account created, as holder").
			Not(`action="` + person(h, "alice") + `/unlock"`).Wrote()
		give := func(name, role string) *house.Answer { return root.Post(person(h, name)+"/role", "role", role) }
		give("alice", "auditor").To(person(h, "alice")).
			Wrote("authz_change actor=$root subject=$alice data.from=holder data.to=auditor source_ip=" + office + " target=account:$alice request_method=POST")
		give("alice", "auditor").To(person(h, "alice")).Wrote() // it is theirs already
		alice.Get("/").Is(200, "You read the log").Wrote()
		alice.Get("/people").Is(404, "There is no such page").Wrote("authz_fail reason=role actor=$alice target=route:/people")
		root.Get(person(h, "alice")).Is(200, "Role changed from holder to auditor", "by root").Wrote()
		for _, role := range []string{"", "root", "Admin", "holder,admin"} {
			give("alice", role).Is(422, "Please choose one of", "<h1>alice</h1>").
				Wrote("input_validation_fail actor=$root subject=$root target=route:/people/{id}/role")
		}

		give("root", "holder").Is(422, "You are the only administrator").Wrote("input_validation_fail actor=$root target=route:/people/{id}/role")
		give("alice", "admin").To(person(h, "alice")).Wrote("authz_change data.to=admin subject=$alice")
		give("root", "holder").Is(422, "for another administrator to change").Wrote("input_validation_fail actor=$root")
		alice.Post(person(h, "root")+"/role", "role", "holder").To(person(h, "root")).Wrote("authz_change actor=$alice subject=$root data.from=admin data.to=holder")
		root.Get("/people").Is(404).Wrote("authz_fail reason=role actor=$root")
		give("alice", "holder").Is(404).Wrote("authz_fail reason=role actor=$root target=route:/people/{id}/role")
	})
}

// TestLockAndUnlock holds that a disabled person is out at once, and told no
// more than whoever mistyped; and that they come back.
func TestLockAndUnlock(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, root := h.Person("alice", home), admin(h, "root", office)
		wrong := guess(h, far, "alice").Is(401)
		wrong.Wrote("authn_login_fail reason=wrong_password data.attempt=1")
		root.Post(person(h, "alice")+"/lock").To(person(h, "alice")).
			Wrote("user_archived level=WARNING actor=$root subject=$alice data.ended=1 target=account:$alice",
				"session_expired reason=ended actor=$root subject=$alice session=$session-of-alice")
		root.Post(person(h, "alice") + "/lock").To(person(h, "alice")).Wrote() // pressed twice
		alice.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=ended subject=$alice")
		known := h.Browser(home)
		right := known.Post("/login", "username", "alice", "password", house.Password).Is(401, "Name or password is not right.").Has("Set-Cookie", "")
		right.Wrote("authn_login_fail reason=disabled actor= subject=$alice data.attempt=2")
		guess(h, far, "alice").Is(401).Wrote("authn_login_fail reason=disabled data.attempt=3")
		if d := differs(wrong.Body, right.Body); d != "" {
			t.Errorf("the pages for a wrong password and a disabled account differ: %s", d)
		}
		for range 7 {
			guess(h, far, "alice").Is(401)
			h.Next(1)
		}
		guess(h, far, "alice").Is(401)
		if lines := h.Next(3); lines[2].Event != "authn_login_lock" {
			t.Errorf("after ten tries the log has %s, want the lock that any name gets", lines[2].Event)
		}
		root.Get("/people").Is(200, "disabled").Wrote()
		root.Get(person(h, "alice")).Is(200, "Disabled since", "Enable alice", "One lock keeps somebody").Not("Make a link", "Disable alice").Wrote()
		root.Post(person(h, "alice")+"/reset").Is(422, "Enable it first").Wrote("input_validation_fail actor=$root target=route:/people/{id}/reset")

		root.Post(person(h, "alice")+"/unlock").To(person(h, "alice")).
			Wrote("user_updated actor=$root subject=$alice data.change=enabled", "authn_login_unlock reason=operator actor=$root subject=$alice data.client=address")
		root.Post(person(h, "alice") + "/unlock").To(person(h, "alice")).Wrote()
		known.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_successafterfail", "session_created")
		known.Get("/activity").Is(200, "Your account was disabled", "Your account was enabled again", "Sign-in refused: the account is disabled").Wrote()

		root.Post(person(h, "root")+"/lock").Is(422, "You would lock yourself out").Wrote("input_validation_fail actor=$root target=route:/people/{id}/lock")
		root.Get("/").Is(200, "root").Wrote()
	})
}

// TestDisableOnTheCommandLine holds that the running server obeys it.
func TestDisableOnTheCommandLine(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		ended, err := desk(h).DisableUser(context.Background(), "ALICE")
		if err != nil || ended != 1 {
			t.Fatalf("DisableUser() = %d, %v, want one session ended", ended, err)
		}
		lines := h.Wrote("user_archived subject=$alice data.ended=1", "session_expired reason=ended subject=$alice")
		if !strings.HasPrefix(lines[0].Actor, "system:cli:") || lines[1].Actor != lines[0].Actor {
			t.Errorf("actors = %q, %q, want the command line", lines[0].Actor, lines[1].Actor)
		}
		h.Browser(far).Post("/login", "username", "alice", "password", house.Password).Is(401).Wrote("authn_login_fail reason=disabled")
		alice.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=ended")
		for want, do := range map[string]func() error{
			"disabled already": func() error { _, err := desk(h).DisableUser(context.Background(), "alice"); return err },
			"Nobody has this":  func() error { return desk(h).EnableUser(context.Background(), "nobody") },
		} {
			if err := do(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error = %v, want %q", err, want)
			}
		}
		h.Wrote()
		if err := desk(h).EnableUser(context.Background(), "alice"); err != nil {
			t.Fatal(err)
		}
		h.Wrote("user_updated subject=$alice data.change=enabled")
		if err := desk(h).EnableUser(context.Background(), "alice"); err == nil || !strings.Contains(err.Error(), "not disabled") {
			t.Errorf("EnableUser twice = %v, want that it is not disabled", err)
		}
		h.Browser(home).Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_successafterfail", "session_created")
	})
}

// TestResetFromThePage holds that the link is shown once, works, and that the
// administrator learns no password.
func TestResetFromThePage(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		root := admin(h, "root", office)
		a := root.Post(person(h, "alice")+"/reset").Is(200, "<h1>alice</h1>", "shown this once", "09:00", "data-copy=\"link\"")
		a.Wrote("user_updated actor=$root subject=$alice data.change=reset_started data.covers=password target=account:$alice")
		link := path(h, between(a.Body, `id="link">`, "<"))
		root.Get(person(h, "alice")).Is(200, "Link made that sets the password").Not("shown this once").Wrote()
		h.Browser(home).Post(link, "new_password", byLink).To("/login").
			Wrote("user_updated actor= subject=$alice data.change=reset_used data.by=$root data.ended=1", "authn_password_change subject=$alice", "session_expired subject=$alice")
		h.Browser(home).Post("/login", "username", "alice", "password", byLink).To("/").Wrote("authn_login_success", "session_created")
		root.Get(person(h, "alice")).Is(200, "Password set by the link; 1 session ended").Wrote()
	})
}

// TestNobodyOfThisID holds one answer for every id that is nobody's.
func TestNobodyOfThisID(t *testing.T) {
	house.Both(t, func(h *house.House) {
		root := admin(h, "root", office)
		for _, id := range []string{"u_aaaaaaaaaaaaaaaaaaaaaaaaaa", "1", "root", "4242424242424242", "%3Cscript%3E"} {
			root.Get("/people/"+id).Is(404, "There is no such page").Not("<script>alert", "4242424242424242").Wrote("authz_fail reason=not_found actor=$root subject= target=*")
			for _, deed := range []string{"role", "lock", "unlock", "reset"} {
				fields := []string{}
				if deed == "role" {
					fields = []string{"role", "auditor"}
				}
				root.Post("/people/"+id+"/"+deed, fields...).Is(404).Wrote("authz_fail reason=not_found actor=$root subject= target=*")
			}
		}
	})
}

// TestNoCards holds that administrators and auditors hold no cards, those from
// before least of all, and that a holder gets theirs back.
func TestNoCards(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, root := h.Person("alice", home), admin(h, "root", office)
		card := addCard(alice, visa)
		give := func(role string) {
			t.Helper()
			root.Post(person(h, "alice")+"/role", "role", role).To(person(h, "alice")).Wrote("authz_change subject=$alice data.to=" + role)
		}
		for _, role := range []string{"auditor", "admin"} {
			give(role)
			refused := func(a *house.Answer, target string) {
				t.Helper()
				a.Is(http.StatusNotFound, "There is no such page").Not("4242", "Add a card").Wrote("authz_fail reason=role actor=$alice subject=$alice target=" + target)
			}
			id := "card:" + strings.TrimPrefix(card, "/view_credit_card/")
			refused(alice.Get(cardForm), "route:"+cardForm)
			refused(alice.Post(cardForm, cardFields(mastercard)...), "route:"+cardForm)
			refused(alice.Get(card), id)
			refused(alice.Post(card+"/reveal"), id)
			refused(alice.Post(card+"/delete"), id)
			alice.Get("/").Is(200, "<h1>").Not("4242", "Add a card", ">Cards</a>").Wrote()
		}
		give("holder")
		alice.Get("/").Is(200, "4242", ">Cards</a>").Wrote()
		alice.Get(card).Is(200, "4242").Wrote("sensitive_read")
	})
}

// TestChecklist holds what an administrator is told about the installation, and
// that each line turns itself off.
func TestChecklist(t *testing.T) {
	house.Both(t, func(h *house.House) {
		root := admin(h, "root", office)
		b := root.Get("/")
		b.Is(200, "Before others rely on it", "Four things are left", "I have backed them up", "--url https://", "directly", "--witness", "Add a second factor").Wrote()
		root.Post("/checklist/keys").To("/").Wrote("sys_config_changed actor=$root target=setting:keys-backed-up data.from=no data.to=yes")
		root.Post("/checklist/keys").To("/").Wrote()
		root.Get("/").Is(200, "Three things are left").Not("I have backed them up").Wrote()
		outside(h, h.Reader().Engine(), `INSERT INTO credential (id, account, kind, body, created) VALUES ('f_1', '`+h.ID("root")+`', 'totp', 'x', 1)`)
		root.Get("/").Is(200, "Two things are left").Not("Add a second factor").Wrote()
		root.Header.Set("X-Forwarded-For", "198.51.100.9")
		root.Get("/").Is(200, "Three things are left", "--trusted-proxies "+office, "is not believed").Wrote()
		outside(h, h.Reader().Engine(), `UPDATE setting SET value = 'other keys' WHERE name = 'keys-backed-up'`)
		root.Get("/").Is(200, "I have backed them up").Wrote()
	})
}

// TestChecklistDone holds the list of an installation that lacks nothing else.
func TestChecklistDone(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.URL, s.TrustedProxies = "https://cards.example.org", office })
	root := admin(h, "root", office)
	root.Header.Set("X-Forwarded-For", "198.51.100.9")
	root.Header.Set("X-Forwarded-Proto", "https")
	root.Get("/").Is(200, "Three things are left", "The proxy at "+office+" is believed", "sealed on its way").Not("--trusted-proxies", "--url").Wrote()
}

// TestLinkLife holds the hour that is promised.
func TestLinkLife(t *testing.T) {
	if account.LinkLife != time.Hour {
		t.Errorf("a link lives for %v, want an hour", account.LinkLife)
	}
}

// TestAdministratorsConfirmByPasskey holds that an administrator who holds a
// passkey and nothing else can prove themselves with it before they act.
func TestAdministratorsConfirmByPasskey(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		root := admin(h, "root", office)
		key := root.AddPasskey()
		h.Pass(session.StepUp)
		to := "/confirm?next=" + url.QueryEscape(person(h, "alice"))
		root.Post(person(h, "alice")+"/role", "role", "auditor").To(to).Wrote()
		root.Get(to).Is(200, "acting for others", `data-sign-kind="authn_stepup_success"`).Wrote()
		root.Approve(key, "authn_stepup_success", "account:")
		root.Post(person(h, "alice")+"/role", "role", "auditor").Is(303).Wrote("authz_change actor=$root subject=$alice")
	})
}
