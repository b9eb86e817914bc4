package app_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/session"
)

const (
	verify  = "/login/verify"
	confirm = "/confirm"
	totp    = "/settings/totp"
)

// halfIn is a browser in which the person's password was given, and no more.
func halfIn(h *house.House, name, address string) *house.Browser {
	h.Helper()
	b := h.Browser(address)
	b.Post("/login", "username", name, "password", house.Password).To(verify).Wrote()
	return b
}

// TestAppIsAddedByItsCode holds that an app is there only after a right code of
// it, that a wrong one keeps its secret, and that it is asked for from then on.
func TestAppIsAddedByItsCode(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		app := alice.App()
		alice.Post(totp, "code", app.Wrong()).Is(422, "Authenticator app", "That is not the code").
			Wrote("authn_factor_fail level=WARNING reason=wrong actor=$alice subject=$alice data.step=enrol data.method=code")
		if again := alice.App(); again != app {
			t.Error("a wrong code changed the secret")
		}
		other, _ := signIn(h, "alice", house.Password, office, firefox) // no second factor yet
		lines := alice.Post(totp, "code", app.Code(30*time.Second)).To(security).
			Wrote("authn_factor_enrolled actor=$alice subject=$alice session=$session-of-alice data.signed=none")
		if target := lines[0].Target(); !strings.HasPrefix(target, "totp:f_") {
			t.Errorf("target = %s, want totp and its id", target)
		}
		alice.Get(totp).Is(200, "You have an app already").Not("otpauth").Wrote()
		other.Post("/settings/recovery_codes").To(confirm + "?next=%2Fsettings%2Fsecurity").Wrote() // what proved them there was less
		halfIn(h, "alice", far)
	})
}

// TestSecondStep holds the sign-in of two steps: what counts, what is refused,
// and that neither step can be skipped or done twice.
func TestSecondStep(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		app := alice.AddApp()
		h.Pass(time.Minute)
		b := halfIn(h, "alice", office)
		before := b.Cookie("coffer")
		b.Get("/").Is(200, "Create account").Not("alice").Wrote()
		b.Get("/create_credit_card").To(verify).
			Wrote("sequence_fail level=CRITICAL reason=second_factor actor= subject=$alice session= data.target=route:/create_credit_card")
		b.Post("/settings/sessions/end_others").To(verify).Wrote("sequence_fail")
		b.JSON("/confirm/passkey/begin", "{}").Is(401, `"next":"/login/verify"`).Has("Content-Type", "application/problem+json").Wrote("sequence_fail")
		b.Get(verify).Is(200, "<h1>Second step</h1>").Wrote()
		b.Post(verify, "code", app.Wrong()).Is(401, "<h1>Second step</h1>", "does not serve").
			Wrote("authn_factor_fail reason=wrong actor= subject=$alice data.step=login data.method=code source_ip=" + office)
		b.Post(verify, "code", app.Code(0)).To("/").
			Wrote("authn_login_successafterfail actor=$alice data.method=password+totp data.failures=1", "session_created data.method=password+totp")
		if b.Cookie("coffer") == before {
			t.Error("the second step kept the first one's token")
		}
		b.Get("/").Is(200, "alice").Wrote()
		b.Get(verify).To("/login").Wrote()
		h.Browser(far).Get(verify).To("/login").Wrote()

		old := h.Browser(office) // a request that was under way with the first step's token
		old.SetCookie("coffer", before)
		old.Get("/create_credit_card").To(verify).Wrote("sequence_fail")
		old.Post(verify, "code", app.Code(0)).Is(401).Wrote("authn_token_reuse level=CRITICAL reason=used subject=$alice actor= data.token=code")
		h.Pass(session.Grace)
		old.Get("/create_credit_card").To("/login?next=%2Fcreate_credit_card").Wrote("authn_token_reuse data.token=")
		b.Get("/").Is(200, "Create account").Wrote() // two held one session: it is over
	})
}

// TestNextSurvivesTheSecondStep holds that a sign-in of two steps leads where
// one of one step would.
func TestNextSurvivesTheSecondStep(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		app := alice.AddApp()
		h.Pass(time.Minute)
		b := h.Browser(office)
		b.Post("/login", "username", "alice", "password", house.Password, "next", "/activity").To(verify).Wrote()
		b.Post(verify, "code", app.Code(-30*time.Second)).To("/activity").Wrote("authn_login_success", "session_created")
	})
}

// TestCodesServeOnce holds of 200 that bring one code at the same time that one
// passes, and of two steps that the older is as good as used.
func TestCodesServeOnce(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		app := alice.AddApp()
		h.Pass(time.Minute)
		const many = 200
		b := halfIn(h, "alice", office)
		var all sync.WaitGroup
		codes := make([]int, many)
		code := app.Code(0)
		for i := range many {
			c := b.Again()
			all.Go(func() {
				codes[i] = c.Send(house.Request{Method: http.MethodPost, Path: verify, Body: "code=" + code}).Status
			})
		}
		all.Wait()
		count := map[int]int{}
		for _, c := range codes {
			count[c]++
		}
		if count[303] != 1 || count[401] != many-1 {
			t.Errorf("statuses = %v, want one 303 and the others 401", count)
		}
		passed, spent := 0, 0
		for _, l := range h.Lines(0) {
			if l.Event == "authn_login_success" {
				passed++
			}
			if l.Event == "authn_token_reuse" && l.Reason == "used" {
				spent++
			}
		}
		if passed != 1 || spent != many-1 {
			t.Errorf("%d came in and %d codes were used before, want 1 and %d", passed, spent, many-1)
		}
		h.Stated()
		late := halfIn(h, "alice", far)
		late.Post(verify, "code", app.Code(-30*time.Second)).Is(401).Wrote("authn_token_reuse reason=used")
	}, func(s *house.Setup) { s.Limits = "request=off" })
}

// TestWrongCodesLock holds that codes count with passwords towards one lock, and
// that giving the password anew does not clear the count.
func TestWrongCodesLock(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		app := alice.AddApp()
		h.Pass(time.Minute)
		for range 9 {
			b := halfIn(h, "alice", office)
			b.Post(verify, "code", app.Wrong()).Is(401).Wrote("authn_factor_fail")
		}
		b := halfIn(h, "alice", office)
		b.Post(verify, "code", app.Wrong()).Is(401).
			Wrote("authn_factor_fail", "authn_login_fail_max data.failures=10", "authn_login_lock data.client=address")
		b.Post(verify, "code", app.Code(0)).Is(429).Wrote("authn_factor_fail reason=locked")
		h.Browser(office).Post("/login", "username", "alice", "password", house.Password).Is(429).Wrote("authn_login_fail reason=locked")
		own := alice.Again()
		own.Post("/logout").To("/login").Wrote("session_logout")
		own.Post("/login", "username", "alice", "password", house.Password).To(verify).Wrote() // her device is not theirs
		own.Post(verify, "code", app.Code(0)).To("/").Wrote("authn_login_successafterfail data.failures=10", "session_created")
	}, func(s *house.Setup) { s.Limits = "login=off" })
}

// TestHalfwayEnds holds that a sign-in which stops at its second step is worth
// nothing after ten minutes, nor after another password.
func TestHalfwayEnds(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		app := alice.AddApp()
		b := halfIn(h, "alice", office)
		alice.Post(newPassword, "current_password", house.Password, "new_password", fresh).To(security).
			Wrote("authn_password_change data.signed=none", "session_renewed")
		b.Post(verify, "code", app.Code(30*time.Second)).To("/login").Wrote()
		c := h.Browser(far)
		c.Post("/login", "username", "alice", "password", fresh).To(verify).Wrote()
		h.Live(session.HalfLife)
		h.Tick(time.Minute)
		h.Wrote("authn_factor_fail reason=abandoned actor=system:sessions subject=$alice source_ip= data.address=" + far + " data.step=login")
		c.Get(verify).To("/login").Wrote()
		c.Get("/create_credit_card").To("/login?next=%2Fcreate_credit_card").Wrote("authz_fail reason=signed_out")
	})
}

// TestRecoveryCodes holds that each serves once, in place of the app or for a
// new password, and that a new set ends the old one.
func TestRecoveryCodes(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		alice.AddApp()
		codes := alice.Codes()
		h.Pass(time.Minute)
		b := halfIn(h, "alice", office)
		b.Post(verify, "code", strings.ToLower(strings.ReplaceAll(codes[0], "-", " "))).To("/").
			Wrote("authn_recovery_used level=WARNING actor=$alice data.left=9", "authn_login_success data.method=password+recovery", "session_created")
		c := halfIn(h, "alice", far)
		c.Post(verify, "code", codes[0]).Is(401).Wrote("authn_token_reuse data.token=recovery reason=used")
		c.Post(verify, "code", "AAAAAA-AAAAAA-AAAAAA-AAAAAA").Is(401).Wrote("authn_factor_fail data.method=recovery")
		again := alice.Codes()
		c.Post(verify, "code", codes[1]).Is(401).Wrote("authn_factor_fail data.method=recovery")
		c.Post(verify, "code", again[1]).To("/").Wrote("authn_recovery_used", "authn_login_successafterfail", "session_created")
	}, func(s *house.Setup) { s.Limits = "login=off" })
}

// TestRecover holds the way back for whoever lost the password, with a second
// factor and without, and that it tells nobody which names there are.
func TestRecover(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", far)
		codes, others := alice.Codes(), bob.Codes()
		app := alice.AddApp()
		h.Pass(time.Minute)
		b := h.Browser(office)
		refused := b.Post("/recover", "username", "alice", "code", other(codes[0]), "new_password", fresh).Is(401, "Recover your account", "is not right")
		refused.Wrote("authn_factor_fail reason=wrong actor= subject=$alice data.step=recover data.method=recovery")
		nobody := b.Post("/recover", "username", "nobody", "code", codes[0], "new_password", fresh).Is(401, "is not right")
		nobody.Wrote("authn_factor_fail subject= data.typed=*")
		if strings.ReplaceAll(nobody.Body, "nobody", "alice") != refused.Body {
			t.Error("the pages for a name that nobody has and for a wrong code differ")
		}
		b.Post("/recover", "username", "alice", "code", codes[0], "new_password", "short").Is(422, "8 characters or more").Wrote("input_validation_fail")
		b.Post("/recover", "username", "alice", "code", codes[0], "new_password", fresh).To(verify).
			Wrote("authn_recovery_used actor=$alice data.left=9", "authn_password_change actor=* data.ended=1", "session_expired reason=ended")
		b.Post(verify, "code", codes[1]).Is(401).Wrote("authn_factor_fail data.method=recovery") // one cannot be both
		b.Post(verify, "code", app.Code(0)).To("/").
			Wrote("authn_login_successafterfail data.method=recovery+totp", "session_created data.method=recovery+totp")
		alice.Get("/").Is(200, "Create account").Wrote()

		c := h.Browser(office)
		c.Post("/recover", "username", "bob", "code", others[0], "new_password", fresh).To("/").
			Wrote("authn_recovery_used", "authn_password_change data.ended=1", "session_expired", "authn_login_success data.method=recovery", "session_created data.method=recovery")
		c.Get("/").Is(200, "bob").Wrote()
		c.Get("/recover").To("/").Wrote()
	}, func(s *house.Setup) { s.Limits = "login=off" })
}

// TestConfirmAsksForTheStrongest holds that beside a second factor the password
// alone confirms nothing.
func TestConfirmAsksForTheStrongest(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		app := alice.AddApp()
		h.Pass(6 * time.Minute)
		alice.Post("/settings/recovery_codes").To(confirm + "?next=%2Fsettings%2Fsecurity").Wrote()
		alice.Get(confirm+"?next=%2Fsettings%2Fsecurity").Is(200, "Confirm it is you", `name="code"`).Not(`name="password"`).Wrote()
		alice.Post(confirm, "password", house.Password, "next", security).Is(401, "does not serve").
			Wrote("authn_stepup_fail actor=$alice data.method=code")
		alice.Post(confirm, "code", app.Wrong(), "next", security).Is(401).Wrote("authn_stepup_fail data.method=code")
		alice.Post(confirm, "code", app.Code(0), "next", security).To(security).
			Wrote("authn_stepup_success data.method=totp", "session_renewed")
		alice.Post(confirm, "code", app.Code(0), "next", security).Is(401).Wrote("authn_token_reuse reason=used data.token=code")
		alice.Codes()
		alice.Post("/settings/totp/remove").To(security).Wrote("authn_factor_removed level=WARNING data.signed=none data.target=*")
		alice.Post("/settings/totp/remove").To(security).Wrote() // a button pressed twice
	})
}

// TestPasskeySignIn holds that a passkey lets its person in by itself, and each
// answer once.
func TestPasskeySignIn(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		key := alice.AddPasskey()
		b := h.Browser(office)
		b.PasskeyIn(key).Is(200, `"next":"/"`).Wrote("authn_login_success actor=$alice data.method=passkey", "session_created data.method=passkey")
		b.Get("/").Is(200, "alice").Wrote()

		c := h.Browser(far)
		ask := c.JSON("/login/passkey/begin", "").Is(200)
		ask.Wrote()
		twin, answer := c.Again(), key.Sign(ask.Body)
		c.JSON("/login/passkey/finish", answer).Is(200).Wrote("authn_login_success", "session_created")
		twin.JSON("/login/passkey/finish", answer).Is(401).Has("Content-Type", "application/problem+json").
			Wrote("authn_token_reuse reason=used actor= subject=$alice data.token=passkey")
		h.Browser(far).JSON("/login/passkey/finish", answer).Is(401).Wrote("authn_factor_fail subject= data.method=passkey") // not asked
		old := h.Browser(far)
		ask = old.JSON("/login/passkey/begin", "").Is(200)
		ask.Wrote()
		h.Pass(6 * time.Minute)
		old.JSON("/login/passkey/finish", key.Sign(ask.Body)).Is(401).Wrote("authn_factor_fail reason=expired")
		h.Browser(far).PasskeyIn(h.NewPasskey("ec2")).Is(401).Wrote("authn_factor_fail subject=")
	})
}

// TestPasskeyAsSecondStep holds that after the password it must be one of that
// person's.
func TestPasskeyAsSecondStep(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", far)
		key, other := alice.AddPasskey(), bob.AddPasskey()
		b := halfIn(h, "alice", office)
		b.PasskeyIn(other).Is(401).Wrote("authn_factor_fail actor= subject=$alice data.method=passkey")
		b.PasskeyIn(key).Is(200, `"next":"/"`).
			Wrote("authn_login_success data.method=password+passkey", "session_created data.method=password+passkey")
		b.Get("/").Is(200, "alice").Wrote()
	})
}

// TestRevealIsSigned holds that whoever holds a passkey signs for each number
// that is shown, that the signature is of exactly that, and that it serves once.
func TestRevealIsSigned(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		one := cardOf(alice, "4242 4242 4242 4242")
		more := alice.Post(cardForm, cardFields("5555 5555 5555 4444")...).Is(303)
		more.Wrote("sensitive_create")
		two := strings.TrimPrefix(more.Header.Get("Location"), "/view_credit_card/")
		key := alice.AddPasskey()
		path := "/view_credit_card/" + one
		to := confirm + "?next=" + strings.ReplaceAll(path, "/", "%2F") + "&kind=sensitive_read&target=card%3A" + one
		alice.Post(path + "/reveal").To(to).Wrote() // though they signed up a moment ago
		alice.Approve(key, "sensitive_read", "card:"+two)
		alice.Post(path + "/reveal").To(to).Wrote() // that was for the other card
		alice.Approve(key, "sensitive_read", "card:"+one)
		lines := alice.Post(path+"/reveal").Is(200, "4242 4242 4242 4242").Has("Cache-Control", "no-store").
			Wrote("sensitive_read data.part=number data.target=card:" + one)
		holdsSignature(t, lines[0])
		alice.Post(path + "/reveal").To(to).Wrote() // once
		h.Pass(2 * time.Minute)
		alice.Post("/view_credit_card/" + two + "/reveal").To(strings.ReplaceAll(to, one, two)).Wrote() // too late
		alice.JSON("/confirm/passkey/begin", `{"kind":"sensitive_read","target":"card:c_`+strings.Repeat("a", 26)+`"}`).Is(404).Wrote("authz_fail reason=not_found")
		alice.JSON("/confirm/passkey/begin", `{"kind":"log_pruned","target":"x:y"}`).Is(422).Wrote("input_validation_fail")
	})
}

// TestRevealByTheNextFactor holds that a code does where the passkey is not at
// hand, that the password alone does not, and that the log says so.
func TestRevealByTheNextFactor(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		one := cardOf(alice, "4242 4242 4242 4242")
		app := alice.AddApp()
		key := alice.AddPasskey()
		_ = key
		h.Pass(time.Minute)
		alice.Post(confirm, "password", house.Password).Is(401).Wrote("authn_stepup_fail")
		alice.Post(confirm, "code", app.Code(0), "next", "/view_credit_card/"+one).To("/view_credit_card/"+one).
			Wrote("authn_stepup_success data.method=totp", "session_renewed")
		alice.Post("/view_credit_card/"+one+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.signed=none")
	})
}

// TestFactorsAreSignedFor holds that a second passkey and a removal carry the
// first one's signature.
func TestFactorsAreSignedFor(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		key := alice.AddPasskey()
		alice.JSON("/settings/passkeys/begin", "").Is(403, `"confirm":"/confirm?next=%2Fsettings%2Fsecurity\u0026kind=authn_factor_enrolled`).Wrote()
		alice.Approve(key, "authn_factor_enrolled", "passkey")
		ask := alice.JSON("/settings/passkeys/begin", "").Is(200)
		ask.Wrote()
		second := h.NewPasskey("rsa")
		lines := alice.JSON("/settings/passkeys/finish", second.Make(ask.Body)).Is(200).Wrote("authn_factor_enrolled data.algorithm=-257")
		holdsSignature(t, lines[0])
		id := strings.TrimPrefix(lines[0].Target(), "passkey:")
		alice.Get(security).Is(200, "Two passkeys").Wrote()
		alice.Post("/settings/passkeys/" + id + "/remove").Is(303).Wrote()
		alice.Approve(key, "authn_factor_removed", "passkey:"+id)
		lines = alice.Post("/settings/passkeys/" + id + "/remove").To(security).Wrote("authn_factor_removed data.target=passkey:" + id)
		holdsSignature(t, lines[0])
		h.Browser(far).PasskeyIn(second).Is(401).Wrote("authn_factor_fail")
	})
}

// holdsSignature fails unless the line's signature is over its own operation.
func holdsSignature(t *testing.T, l event.Line) {
	t.Helper()
	var data struct {
		Signed struct{ Credential, Nonce, Signature string } `json:"signed"`
	}
	var client struct{ Signed map[string]string }
	if err := json.Unmarshal(l.Data, &data); err != nil || data.Signed.Signature == "" {
		t.Fatalf("%s holds no signature: %s", l.Event, l.Data)
	}
	if err := json.Unmarshal(l.Data, &client); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(client.Signed["client_data"])
	want := challengeOf(event.Operation(data.Signed.Nonce, l.Event, l.Target(), l.Subject))
	if err != nil || !strings.Contains(string(raw), `"challenge":"`+want+`"`) {
		t.Errorf("client data = %s, %v, want the challenge %s", raw, err, want)
	}
}

// other is a code that differs from this one in its last letter.
func other(code string) string {
	last := "0"
	if strings.HasSuffix(code, last) {
		last = "1"
	}
	return code[:len(code)-1] + last
}

func challengeOf(operation string) string {
	sum := sha256.Sum256([]byte(operation))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// cardOf adds a card and gives its id.
func cardOf(b *house.Browser, number string) (id string) {
	return strings.TrimPrefix(addCard(b, number), "/view_credit_card/")
}

// TestSecondFactorIsDemanded holds that whoever must hold one is led to adding
// it, can do nothing else meanwhile, and goes on as soon as they hold it.
func TestSecondFactorIsDemanded(t *testing.T) {
	demand := func(s *house.Setup) { s.RequireSecondFactor = "holder" }
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			h := house.Open(t, e)
			alice := h.Person("alice", home)
			h.Stop()
			demand(&h.Setup)
			h.Start()
			h.Wrote("sys_startup", "sys_config_changed target=setting:require-second-factor data.from=none data.to=holder")
			for _, page := range []string{"/", "/create_credit_card", "/activity", security} {
				alice.Get(page).To("/settings/required").Wrote()
			}
			alice.Post(cardForm, cardFields("4242 4242 4242 4242")...).To("/settings/required").Wrote()
			alice.Get("/settings/required").Is(200, "<h1>Add a second factor</h1>", "/settings/totp").Wrote()
			alice.AddApp()
			alice.Get("/settings/required").To("/").Wrote()
			alice.Get("/create_credit_card").Is(200).Wrote()
		})
	}
}

// TestRemovedPasskeyApprovesNothing holds that what a passkey signed is worth
// nothing once it is removed: neither a number nor a line that no judge takes.
func TestRemovedPasskeyApprovesNothing(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		one := cardOf(alice, "4242 4242 4242 4242")
		key := alice.AddPasskey()
		id := passkeyOf(h, "alice")
		alice.Approve(key, "sensitive_read", "card:"+one)
		alice.Approve(key, "authn_factor_removed", "passkey:"+id)
		alice.Post("/settings/passkeys/" + id + "/remove").To(security).Wrote("authn_factor_removed")
		alice.Post("/view_credit_card/"+one+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.signed=none") // a touch a moment ago, and no factor left
	})
}

// passkeyOf is the id of a person's first passkey.
func passkeyOf(h *house.House, name string) (id string) {
	h.Helper()
	for _, l := range h.Lines(0) {
		if kind, found, _ := strings.Cut(l.Target(), ":"); l.Event == "authn_factor_enrolled" && kind == "passkey" && l.Subject == h.ID(name) {
			return found
		}
	}
	h.Fatal("no passkey was enrolled")
	return ""
}

// TestTwoCodesAreNotTwoFactors holds that whoever has nothing but recovery codes
// of an account with a second factor does not come in, by whatever way round.
func TestTwoCodesAreNotTwoFactors(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		codes, app := alice.Codes(), alice.AddApp()
		h.Pass(time.Minute)
		thief := h.Browser(far)
		thief.Post("/recover", "username", "alice", "code", codes[0], "new_password", fresh).To(verify).Wrote("authn_recovery_used", "authn_password_change", "session_expired")
		thief.Post(verify, "code", codes[1]).Is(401).Wrote("authn_factor_fail data.method=recovery")
		thief.Post("/login", "username", "alice", "password", fresh).To(verify).Wrote()
		thief.Get(verify).Is(200, "Second step").Not("recovery code</a>").Wrote()
		thief.Post(verify, "code", codes[1]).Is(401).Wrote("authn_factor_fail data.method=recovery")
		alice.Post("/login", "username", "alice", "password", fresh).To(verify).Wrote()
		alice.Post(verify, "code", app.Code(0)).To("/").Wrote("authn_login_successafterfail", "session_created")
		alice.Post("/logout").To("/login").Wrote("session_logout")
		alice.Post("/login", "username", "alice", "password", fresh).To(verify).Wrote()
		alice.Post(verify, "code", codes[1]).To("/").Wrote("authn_recovery_used", "authn_login_success", "session_created") // the app proved who they are since
	}, func(s *house.Setup) { s.Limits = "login=off" })
}

// TestRecoveryDespiteStrangers holds that strangers who turned the password off
// for unknown devices keep nobody from coming back with a recovery code, and
// that this turns it on again.
func TestRecoveryDespiteStrangers(t *testing.T) {
	house.Both(t, func(h *house.House) {
		codes := h.Person("alice", home).Codes()
		for i := range 3 {
			h.Browser("203.0.113."+strconv.Itoa(i+1)).Post("/login", "username", "alice", "password", "wrong-canary-12-kettle").Is(401)
			h.Rest()
		}
		b := h.Browser(far)
		b.Post("/login", "username", "alice", "password", house.Password).Is(429).Wrote("authn_login_fail reason=locked")
		b.Post("/recover", "username", "alice", "code", codes[0], "new_password", fresh).To("/").
			Wrote("authn_recovery_used", "authn_password_change", "session_expired", "authn_login_successafterfail", "session_created", "authn_login_unlock reason=owner data.client=strangers")
	}, func(s *house.Setup) { s.Limits = "strangers=3,login=off" })
}

// TestOldLinkSetsNothing holds that a new password, and a report, end the links
// that set one.
func TestOldLinkSetsNothing(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		link := linkFor(h, "alice", false)
		alice.Post(newPassword, "current_password", house.Password, "new_password", fresh).To(security).Wrote("authn_password_change", "session_renewed")
		h.Browser(far).Post(link, "new_password", byLink).Is(404).Wrote("authn_password_change_fail reason=link_expired")
		link = linkFor(h, "alice", false)
		lines := h.Lines(0)
		alice.Post("/activity/" + strconv.FormatUint(lines[len(lines)-1].Seq, 10) + "/report").Is(303).Wrote("user_reported data.event=user_updated")
		h.Browser(far).Post(link, "new_password", byLink).Is(404).Wrote("authn_password_change_fail reason=link_expired")
	})
}

// TestPasskeyOfSomebodyElse holds that an id which somebody has enrols nobody else.
func TestPasskeyOfSomebodyElse(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", far)
		key := alice.AddPasskey()
		ask := bob.JSON("/settings/passkeys/begin", "").Is(200)
		ask.Wrote()
		bob.JSON("/settings/passkeys/finish", key.Make(ask.Body)).Is(401).Wrote("authn_factor_fail actor=$bob subject=$bob data.step=enrol data.method=passkey")
	})
}

// TestCodesOfRecoveryServeOnce holds of many that bring one recovery code at the
// same time that one passes.
func TestCodesOfRecoveryServeOnce(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		codes := alice.Codes()
		alice.AddApp()
		h.Pass(time.Minute)
		b := halfIn(h, "alice", office)
		var all sync.WaitGroup
		var in atomic.Int64
		for range 20 {
			c := b.Again()
			all.Go(func() {
				if c.Send(house.Request{Method: http.MethodPost, Path: verify, Body: h.Form("code", codes[0])}).Status == 303 {
					in.Add(1)
				}
			})
		}
		all.Wait()
		used := 0
		for _, l := range h.Rest() {
			if l.Event == "authn_recovery_used" {
				used++
			}
		}
		if in.Load() != 1 || used != 1 {
			t.Errorf("%d came in with %d uses of one code, want one of each", in.Load(), used)
		}
	}, func(s *house.Setup) { s.Limits = "request=off" })
}

// TestExportIsAsked holds that only its own page asks for a person's data.
func TestExportIsAsked(t *testing.T) {
	h := house.Open(t, db.SQLite)
	alice := h.Person("alice", home)
	const path = "/settings/export"
	alice.Do(house.Request{Method: http.MethodHead, Path: path}).Is(http.StatusMethodNotAllowed).Wrote()
	for _, site := range []string{"cross-site", "same-site"} {
		alice.Do(house.Request{Method: http.MethodGet, Path: path, Site: site}).Is(http.StatusForbidden, "came from another site").Wrote("malicious_csrf")
	}
	alice.Do(house.Request{Method: http.MethodGet, Path: path, Site: "none"}).Is(http.StatusOK, `"username":"alice"`).Wrote("user_exported data.signed=none")
}

// TestPasskeyOfAnotherAddress holds that a passkey which was enrolled while the
// server had another address proves its person, and that the log does not claim
// a signature which its judge would not take.
func TestPasskeyOfAnotherAddress(t *testing.T) {
	h := house.Open(t, db.SQLite)
	alice := h.Person("alice", home)
	one := cardOf(alice, "4242 4242 4242 4242")
	key := alice.AddPasskey()
	h.Stop()
	h.Setup.URL = "http://coffer.test:8443"
	h.Start()
	h.Wrote("sys_startup")
	key.Visit()
	b := h.Browser(office)
	b.PasskeyIn(key).Is(200).Wrote("authn_login_success", "session_created")
	b.Approve(key, "sensitive_read", "card:"+one)
	b.Post("/view_credit_card/"+one+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.signed=none")
}
