package app_test

import (
	"net/http"
	"strings"
	"testing"

	"coffer/internal/apptest/house"
	"coffer/internal/factor"
)

const (
	home   = "192.0.2.1"
	office = "192.0.2.2"
	far    = "198.51.100.77"
)

// forged is what the demo's log took for two lines.
const forged = "x\n{\"seq\":1,\"event\":\"authn_login_success\"}"

func TestSignUp(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Browser(home)
		b.Get("/signup").Is(200, `name="username"`, `name="password"`).Wrote()
		lines := b.Post("/signup", "username", "Alice", "password", house.Password).To("/").
			Wrote("user_created data.role=holder reason= source_ip="+home+" request_method=POST request_uri=/signup",
				"session_created data.method=signup session=*")
		h.Name("alice", lines[0].Subject)
		for _, l := range lines {
			if l.Actor != h.ID("alice") || l.Subject != l.Actor || !strings.HasPrefix(l.Actor, "u_") {
				t.Errorf("%s has actor %q and subject %q, want the new id in both", l.Event, l.Actor, l.Subject)
			}
		}
		b.Get("/").Is(200, "Alice", "Nothing in the vault yet").Wrote()
		b.Get("/signup").To("/").Wrote()
		b.Get("/login").To("/").Wrote()
		b.Post("/signup", "username", "other", "password", house.Password).To("/").Wrote()

		for _, name := range []string{"Alice", "alice", "ALICE"} {
			h.Browser(office).Post("/signup", "username", name, "password", house.Password).
				Is(422, "taken", `value="`+name+`"`).
				Wrote("authn_signup_fail reason=name_taken actor= subject=$alice target=account:$alice session=")
		}
	})
}

// TestSignUpRefused holds one event for a form, however many faults it has, and
// that nothing of it comes back unescaped.
func TestSignUpRefused(t *testing.T) {
	h := house.Open(t, "sqlite")
	long := strings.Repeat("a", 65)
	for _, c := range []struct{ name, username, password, fields string }{
		{"short name", "al", house.Password, "username:too_short"},
		{"long name", long, house.Password, "username:too_long"},
		{"no name", "", house.Password, "username:required"},
		{"markup", `<script>alert(1)</script>`, house.Password, "username:characters"},
		{"line", forged, house.Password, "username:characters"},
		{"nul", "ali\x00ce", house.Password, "username:characters"},
		{"right to left", "ali\u202ece", house.Password, "username:characters"},
		{"not UTF-8", "ali\xff\xfece", house.Password, "username:characters"},
		{"space", " alice ", house.Password, "username:characters"},
		{"another script", "аlice", house.Password, "username:characters"},
		{"short password", "alice", "7letter", "password:too_short"},
		{"no password", "alice", "", "password:required"},
		{"common password", "alice", "password1", "password:common"},
		{"name in password", "zebrafinch", "zebrafinch77!", "password:like_name"},
		{"long password", "alice", strings.Repeat("pä", 3000), "password:too_long"},
		{"both", "al", "short", "username:too_short,password:too_short"},
		{"nothing", "", "", "username:required,password:required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := h.Browser(home).Post("/signup", "username", c.username, "password", c.password).
				Is(422, "<form", `name="password"`).Not("<script>alert", "\u202e", "\x00").
				Wrote("input_validation_fail actor= subject= reason= target=route:/signup request_uri=/signup")
			if got := fieldRules(lines[0].Data); got != c.fields {
				t.Errorf("fields = %s, want %s", got, c.fields)
			}
			if strings.Contains(string(lines[0].Data), "alice") || c.username == forged && strings.Contains(string(lines[0].Data), "seq") {
				t.Errorf("data = %s, want nothing of what was typed", lines[0].Data)
			}
		})
	}
	if n := count(h, "account"); n != 0 {
		t.Errorf("accounts = %d, want none: every form was refused", n)
	}
}

func TestLogIn(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		b := h.Browser(office)
		b.Get("/login").Is(200, `name="username"`).Wrote()
		b.Post("/login", "username", "ALICE", "password", house.Password, "next", "").To("/").
			Wrote("authn_login_success actor=$alice subject=$alice data.method=password session=* target=account:$alice",
				"session_created actor=$alice subject=$alice data.method=password")

		wrong := h.Browser(far)
		for n := range 3 {
			wrong.Post("/login", "username", "alice", "password", house.Password+"!").
				Is(http.StatusUnauthorized, "Name or password is not right.", `value="alice"`).
				Wrote("authn_login_fail reason=wrong_password actor= subject=$alice target=account:$alice data.attempt=" + string('1'+rune(n)) + " source_ip=" + far)
		}
		wrong.Post("/login", "username", "alice", "password", house.Password).To("/").
			Wrote("authn_login_successafterfail actor=$alice subject=$alice data.failures=3", "session_created")
		h.Browser(far).Post("/login", "username", "alice", "password", house.Password).To("/").
			Wrote("authn_login_success", "session_created")
	})
}

// TestUnknownName holds that what was typed as a name is in the log as a
// pseudonym only, and that the visitor cannot tell it from a wrong password.
func TestUnknownName(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		for _, typed := range []string{forged, "my-secret-typed-here", "a\x00b", "\u202eecila", "\xff\xfe\xfd", strings.Repeat("n", 5000), ""} {
			lines := h.Browser(far).Post("/login", "username", typed, "password", house.Password+"!").
				Is(http.StatusUnauthorized, "Name or password is not right.").Not("\u202e", "\x00", "<script>alert").
				Wrote("authn_login_fail reason=unknown_name actor= subject= target=account:unknown data.typed=*")
			raw := member(lines[0].Data, "typed")
			if len(raw) != 64 || strings.Trim(raw, "0123456789abcdef") != "" {
				t.Errorf("typed = %q, want a SHA-256 HMAC in hex", raw)
			}
		}
		same := func(name string) string {
			return member(h.Browser(office).Post("/login", "username", name, "password", "x").Is(401, "not right").
				Wrote("authn_login_fail reason=unknown_name")[0].Data, "typed")
		}
		if a, b, c := same("Nobody"), same("nobody"), same("nobody2"); a != b || a == c {
			t.Errorf("pseudonyms = %s, %s, %s, want the first two alike and no more", a, b, c)
		}
		known := h.Browser(office).Post("/login", "username", "alice", "password", "x").Is(401)
		known.Wrote("authn_login_fail reason=wrong_password")
		unknown := h.Browser(office).Post("/login", "username", "elice", "password", "x").Is(401)
		unknown.Wrote("authn_login_fail reason=unknown_name")
		if got := strings.ReplaceAll(unknown.Body, "elice", "alice"); got != known.Body {
			t.Errorf("the pages for a wrong password and an unknown name differ")
		}
	})
}

func TestLogOut(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		stolen := b.Again()
		b.Post("/logout").To("/login").
			Wrote("session_logout actor=$alice subject=$alice session=$session-of-alice target=session:$session-of-alice")
		if b.Cookie("coffer") != "" {
			t.Error("the cookie is still there after /logout")
		}
		b.Post("/logout").To("/login").Wrote("authz_fail reason=signed_out actor= target=route:/logout")
		stolen.Get("/").Is(200, "Create account").Wrote() // an open page: nothing was refused
		if stolen.Cookie("coffer") != "" {
			t.Error("a dead cookie stays in the browser")
		}
	})
}

// TestConfirm holds the step-up: its page, its refusal, what it renews, and
// that it leads back to a page.
func TestConfirm(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		b.Get("/confirm?next=/view_credit_card/c_1").Is(200, `name="password"`, `value="/view_credit_card/c_1"`).Wrote()
		before := b.Cookie("coffer")
		b.Post("/confirm", "password", house.Password+"?", "next", "/").Is(401, "That password is not right.").
			Wrote("authn_stepup_fail actor=$alice subject=$alice session=$session-of-alice data.method=password")
		if b.Cookie("coffer") != before {
			t.Error("a refused confirmation changed the token")
		}
		b.Post("/confirm", "password", house.Password, "next", "/activity").To("/activity").
			Wrote("authn_stepup_success actor=$alice subject=$alice session=$session-of-alice",
				"session_renewed actor=$alice session=$session-of-alice")
		if b.Cookie("coffer") == before {
			t.Error("a passed confirmation kept the token")
		}
		b.Post("/confirm", "password", house.Password, "next", "https://evil.example/").To("/").
			Wrote("authn_stepup_success", "session_renewed")
		h.Browser(far).Post("/confirm", "password", house.Password).To("/login?next=%2Fconfirm").
			Wrote("authz_fail reason=signed_out actor= target=route:/confirm")
	})
}

// TestStoredPassword holds how a password is kept when nothing else is asked
// for: argon2id at the cost that OWASP names, and not the text.
func TestStoredPassword(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Hash = factor.Settings{} })
	h.Person("alice", home)
	var body string
	if err := h.Reader().QueryRow(t.Context(), `SELECT body FROM credential`).Scan(&body); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(body, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("a password is stored as %.40s…, want argon2id with 19 MiB, two passes, one thread", body)
	}
}
