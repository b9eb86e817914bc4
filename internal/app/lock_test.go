package app_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/app"
	"coffer/internal/apptest/house"
	"coffer/internal/fault"
)

// guess is a wrong password posted from an address by a browser with no cookie.
func guess(h *house.House, address, name string) *house.Answer {
	h.Helper()
	return h.Browser(address).Post("/login", "username", name, "password", "guess")
}

// TestBruteForce holds what ten wrong passwords in a row bring, edge by edge,
// and that the right one is worth nothing between them.
func TestBruteForce(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		for range 9 {
			guess(h, far, "alice").Is(401, "Name or password is not right.").Has("Retry-After", "").Wrote("authn_login_fail reason=wrong_password")
		}
		const who = " actor= subject=$alice target=account:$alice source_ip=" + far
		guess(h, far, "alice").Is(401, "Name or password is not right.").Wrote(
			"authn_login_fail reason=wrong_password data.attempt=10"+who,
			"authn_login_fail_max data.client=address data.failures=10"+who,
			"authn_login_lock reason=maxretries data.client=address data.address="+far+" data.seconds=1800"+who)
		b := h.Browser(far)
		for range 3 {
			b.Post("/login", "username", "alice", "password", house.Password).
				Is(429, "came from here", "data-wait=", "30:00").Has("Retry-After", "1800").Not("Name or password").
				Wrote("authn_login_fail reason=locked" + who)
		}
		if b.Cookie("coffer") != "" || b.Cookie("coffer_device") != "" {
			t.Error("a locked login gave the browser a session or made it known")
		}
		h.Pass(29*time.Minute + 59*time.Second)
		guess(h, far, "alice").Is(429, "0:01").Has("Retry-After", "1").Wrote("authn_login_fail reason=locked" + who)
		h.Pass(time.Second)
		b.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote(
			"authn_login_unlock reason=expired data.client=address data.address="+far+who,
			"authn_login_successafterfail data.failures=10 actor=$alice", "session_created")
		b.Get("/activity").Is(200, "Sign-in locked for 30 minutes, from "+far, "Sign-in unlocked: its time was over", "10 wrong passwords in a row").Wrote()
	})
}

// TestTheSweepUnlocks holds the end of a lock that nobody comes to meet.
func TestTheSweepUnlocks(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		lock(h, far, "alice", "wrong_password")
		h.Tick(time.Minute)
		h.Wrote()
		h.Pass(30 * time.Minute)
		h.Tick(time.Minute)
		lines := h.Rest()
		if n := len(lines); n < 1 || lines[n-1].Event != "authn_login_unlock" && lines[0].Event != "authn_login_unlock" {
			t.Fatalf("the sweep wrote %d lines, want the unlock", n)
		}
		for _, l := range lines {
			if l.Event == "authn_login_unlock" && (l.Actor != "system:locks" || l.Subject != h.ID("alice") || l.Reason != "expired") {
				t.Errorf("unlock = %+v, want it by system:locks", l)
			}
		}
	})
}

// lock makes ten wrong tries, and states what they wrote.
func lock(h *house.House, address, name, reason string) {
	h.Helper()
	for range 9 {
		guess(h, address, name).Is(401).Wrote("authn_login_fail reason=" + reason)
	}
	guess(h, address, name).Is(401).Wrote("authn_login_fail reason="+reason, "authn_login_fail_max", "authn_login_lock reason=maxretries")
}

// TestStrangerCannotLockTheOwnerOut is the attack on a person rather than on a
// password: from the owner's own address, and from a hundred others.
func TestStrangerCannotLockTheOwnerOut(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		alice.Post("/logout").To("/login").Wrote("session_logout")
		if alice.Cookie("coffer_device") == "" {
			t.Fatal("signing out took the device's cookie away")
		}
		lock(h, home, "alice", "wrong_password")
		for i := range 8 {
			lock(h, fmt.Sprint("203.0.113.", i), "alice", "wrong_password")
		}
		for range 9 {
			guess(h, "203.0.113.50", "alice").Is(401).Wrote("authn_login_fail reason=wrong_password")
		}
		guess(h, "203.0.113.51", "alice").Is(401).Wrote("authn_login_fail data.attempt=100",
			"authn_login_fail_max data.client=strangers data.failures=100 subject=$alice",
			"authn_login_lock reason=strangers data.client=strangers data.seconds= subject=$alice actor=")
		h.Pass(time.Hour)
		h.Tick(time.Minute)
		h.Rest()
		h.Browser(office).Post("/login", "username", "alice", "password", house.Password).
			Is(429, "devices that were never signed in with it").Not("data-wait=").Has("Retry-After", "1800").
			Wrote("authn_login_fail reason=locked subject=$alice actor=")
		alice.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote(
			"authn_login_successafterfail actor=$alice data.failures=100", "session_created",
			"authn_login_unlock reason=owner actor=$alice subject=$alice data.client=strangers")
		h.Browser(office).Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_success", "session_created")
	})
}

// TestLocksTellNothing is enumeration by lock: a name that somebody has and one
// that nobody has are locked by the same try, with the same answers.
func TestLocksTellNothing(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		answers := func(name string) (all []string) {
			for i := range 13 {
				a := h.Browser(far).Send(house.Request{Method: "POST", Path: "/login", Body: h.Form("username", name, "password", "guess")})
				body := strings.ReplaceAll(a.Body, name, "NAME")
				if _, rest, found := strings.Cut(body, `id="request">`); found {
					id, _, _ := strings.Cut(rest, "<")
					body = strings.ReplaceAll(body, id, "ID")
				}
				cookies := len(a.Header.Values("Set-Cookie"))
				all = append(all, fmt.Sprint(i, a.Status, a.Header.Get("Retry-After"), cookies, a.Header.Get("Content-Type"), body))
			}
			return all
		}
		known := answers("alice")
		h.Next(15)
		h.Pass(time.Minute) // the address's own limit
		unknown := answers("elice")
		h.Next(15)
		for i := range known {
			if strip(known[i]) != strip(unknown[i]) {
				t.Errorf("answer %d differs:\n%s\n%s", i, known[i], unknown[i])
			}
		}
	})
}

// strip takes the times out of a page.
func strip(page string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(page, "<time") {
		_, rest, found := strings.Cut(part, "</time>")
		if !found {
			rest = part
		}
		b.WriteString(rest)
	}
	before, rest, found := strings.Cut(b.String(), `data-wait="`)
	if !found {
		return before
	}
	_, rest, _ = strings.Cut(rest, `"`)
	return before + rest
}

// TestSpray is one password tried for many names from one address and from
// many: nobody is locked, the names are counted, and the rows stay few.
func TestSpray(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		for i := range 300 {
			h.Browser(fmt.Sprintf("2001:db8:%x::1", i)).
				Send(house.Request{Method: "POST", Path: "/login", Body: h.Form("username", fmt.Sprint("spray-", i), "password", "spring-26")}).Is(401)
			if i%100 == 99 {
				h.Pass(time.Second)
			}
		}
		for _, l := range h.Rest() {
			if l.Event != "authn_login_fail" || l.Reason != "unknown_name" {
				t.Errorf("a spray wrote %s %s", l.Event, l.Reason)
			}
		}
		if n := count(h, "throttle"); n != 600 {
			t.Errorf("300 names take %d rows, want two each", n)
		}
		h.Pass(24 * time.Hour)
		h.Tick(time.Minute)
		h.Rest()
		if n := count(h, "throttle"); n != 300 {
			t.Errorf("a day later they take %d rows, want one each", n)
		}
	})
}

// TestFailuresAtOnce holds that a race past the count is lost.
func TestFailuresAtOnce(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		statuses, mu := map[int]int{}, sync.Mutex{}
		var wg sync.WaitGroup
		for range 64 {
			b := h.Browser(far)
			wg.Go(func() {
				a := b.Send(house.Request{Method: "POST", Path: "/login", Body: "username=alice&password=guess"})
				mu.Lock()
				defer mu.Unlock()
				statuses[a.Status]++
			})
		}
		wg.Wait()
		if statuses[401] != 10 || statuses[429] != 54 {
			t.Errorf("statuses = %v, want ten guesses and 54 that met the lock", statuses)
		}
		names := map[string]int{}
		for _, l := range h.Rest() {
			names[l.Event+" "+l.Reason]++
		}
		if names["authn_login_fail wrong_password"] != 10 || names["authn_login_fail locked"] != 54 || names["authn_login_lock maxretries"] != 1 {
			t.Errorf("events = %v, want ten failures, one lock and 54 locked", names)
		}
	}, func(s *house.Setup) { s.Limits = "login=off" })
}

// TestUnlock holds what an operator does for who is locked out, beside a
// running server.
func TestUnlock(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		lock(h, far, "alice", "wrong_password")
		n, err := desk(h).Unlock(context.Background(), "Alice")
		if err != nil || n != 1 {
			t.Fatalf("Unlock = %d, %v, want one lock", n, err)
		}
		h.Wrote("authn_login_unlock reason=operator actor=" + app.Origin().Actor + " subject=$alice target=account:$alice data.client=address data.address=" + far)
		if _, err := desk(h).Unlock(context.Background(), "alice"); !fault.Is(err, fault.Conflict) {
			t.Errorf("Unlock of what is not locked = %v, want Conflict", err)
		}
		h.Wrote()
		h.Browser(far).Post("/login", "username", "alice", "password", house.Password).To("/").
			Wrote("authn_login_successafterfail", "session_created")
	})
}

// TestConfirmLocks holds that a session in which the password is guessed takes
// none for a while, and that the person gets in elsewhere.
func TestConfirmLocks(t *testing.T) {
	house.Both(t, func(h *house.House) {
		b := h.Person("alice", home)
		stolen := b.Again()
		for i := range 9 {
			stolen.Address = fmt.Sprint("203.0.113.", i)
			stolen.Post("/confirm", "password", "guess").Is(401).Wrote("authn_stepup_fail reason=")
		}
		stolen.Post("/confirm", "password", "guess").Is(401).Wrote("authn_stepup_fail reason=",
			"authn_login_fail_max data.client=session subject=$alice", "authn_login_lock reason=maxretries data.client=session subject=$alice")
		stolen.Post("/confirm", "password", house.Password).Is(429, "none is taken in this session", "30:00").Has("Retry-After", "1800").
			Wrote("authn_stepup_fail reason=locked actor=$alice session=$session-of-alice")
		b.Post("/logout").To("/login").Wrote("session_logout")
		b.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_success", "session_created")
		b.Post("/confirm", "password", house.Password, "next", "/").To("/").Wrote("authn_stepup_success", "session_renewed")
	})
}

// TestDeviceCookie holds its shape: set at sign-up and sign-in, for a year, kept
// at sign-out, to this host alone on HTTPS.
func TestDeviceCookie(t *testing.T) {
	for url, name := range map[string]string{house.URL: "coffer_device", "https://coffer.test": "__Host-coffer_device"} {
		h := house.Open(t, "sqlite", func(s *house.Setup) { s.URL = url })
		b := h.Browser(home)
		set := func(a *house.Answer) string {
			for _, c := range a.Header.Values("Set-Cookie") {
				if strings.HasPrefix(c, name+"=") {
					return c
				}
			}
			return ""
		}
		first := b.Post("/signup", "username", "alice", "password", house.Password)
		first.To("/").Wrote("user_created", "session_created")
		want := "; Path=/; Max-Age=31536000; HttpOnly; "
		if url != house.URL {
			want += "Secure; "
		}
		c := set(first)
		if !strings.HasSuffix(c, want+"SameSite=Lax") {
			t.Errorf("sign-up sets %q, want it to end %q", c, want)
		}
		before := b.Cookie(name)
		out := b.Post("/logout")
		out.Wrote("session_logout")
		wrong := b.Post("/login", "username", "alice", "password", "guess")
		wrong.Is(401).Wrote("authn_login_fail")
		if set(out) != "" || set(wrong) != "" || b.Cookie(name) != before {
			t.Error("the cookie changed at sign-out or at a refusal")
		}
		h.Pass(48 * time.Hour)
		again := b.Post("/login", "username", "alice", "password", house.Password)
		again.To("/").Wrote("log_rotated", "authn_login_successafterfail", "session_created")
		id, _, _ := strings.Cut(before, ".")
		if now := b.Cookie(name); set(again) == "" || now == before || !strings.HasPrefix(now, id+".") {
			t.Errorf("sign-in left the cookie %q, want the same device, renewed", now)
		}
	}
}
