package app_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
)

const (
	security    = "/settings/security"
	newPassword = "/settings/password"
	endOthers   = "/settings/sessions/end_others"
	fresh       = "heron-canary-41-kettle"
)

// endings are the addresses of the page's buttons that end one session.
var endings = regexp.MustCompile(`action="(/settings/sessions/[0-9a-f]{16}/end)"`)

// ends are the sessions that the person's page offers to end.
func ends(a *house.Answer) (paths []string) {
	for _, m := range endings.FindAllStringSubmatch(a.Body, -1) {
		paths = append(paths, m[1])
	}
	return paths
}

// signIn is one more browser of the person, and the path that ends its session.
func signIn(h *house.House, name, password, address, agent string) (b *house.Browser, end string) {
	h.Helper()
	b = h.Browser(address)
	b.Agent = agent
	lines := b.Post("/login", "username", name, "password", password).To("/").Wrote("authn_login_success", "session_created")
	return b, "/settings/sessions/" + lines[1].Session + "/end"
}

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1"
)

// TestSessionsAreListed holds what the page says of each session: device,
// address, times, and which one it is.
func TestSessionsAreListed(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		alice.Get(security).Is(200, "<h1>Security</h1>", "nowhere else", "This one", home, `aria-current="page">Security</a>`).
			Not("End all others", "End session").Wrote()
		h.Pass(time.Hour / 4)
		_, phone := signIn(h, "alice", house.Password, office, iphone)
		h.Person("bob", far)
		page := alice.Get(security).Is(200, "Two sessions are open", "Safari on iPhone", office, "End all others",
			`datetime="2026-03-02T08:00:00Z"`, `datetime="2026-03-02T08:15:00Z"`).Not(far)
		page.Wrote()
		if got := ends(page); len(got) != 1 || got[0] != phone {
			t.Errorf("the page ends %v, want %s alone", got, phone)
		}
		h.Pass(session.Idle) // the phone's is over, though no sweep came by
		alice.Get("/").Is(200, "Create account").Wrote()
		again, _ := signIn(h, "alice", house.Password, home, firefox)
		again.Get(security).Is(200, "nowhere else", "Firefox on Linux").Not(office).Wrote()
	})
}

// TestEndSession holds that an ended session is over at once, for its own
// browser and for the list, and that ending it twice adds nothing.
func TestEndSession(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		other, end := signIn(h, "alice", house.Password, office, iphone)
		third, _ := signIn(h, "alice", house.Password, far, firefox)
		other.Get("/").Is(200, "alice").Wrote() // its session is in memory where sessions are
		hash := strings.Split(end, "/")[3]
		alice.Post(end).To(security).
			Wrote("session_expired level=INFO reason=ended actor=$alice subject=$alice session=" + hash + " data.target=session:" + hash + " source_ip=" + home)
		alice.Post(end).To(security).Wrote() // a button pressed twice
		alice.Get(security).Is(200, "Two sessions are open").Not(end, office).Wrote()
		other.Get("/activity").To("/login?next=%2Factivity").
			Wrote("session_use_after_expire reason=ended actor= subject=$alice session=" + hash)
		third.Get("/").Is(200, "alice").Wrote()

		alice.Post("/settings/sessions/" + sessionOf(h, "alice") + "/end").To("/login"). // their own: that is signing out
													Wrote("session_logout actor=$alice session=$session-of-alice")
		if alice.Cookie("coffer") != "" {
			t.Error("whoever ended their own session keeps its cookie")
		}
	})
}

// sessionOf is the hash of a person's first session.
func sessionOf(h *house.House, name string) string { return h.ID("session-of-" + name) }

// TestEndNotTheirs holds one answer for another's session and for none, and
// that neither ends anything.
func TestEndNotTheirs(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, mallory := h.Person("alice", home), h.Person("mallory", far)
		hers := sessionOf(h, "alice")
		var pages []string
		for _, id := range []string{hers, "0123456789abcdef", "1", strings.ToUpper(hers), hers + "0", "%27OR1=1--", "../" + hers, "s_x"} {
			path := "/settings/sessions/" + strings.ReplaceAll(id, "/", "%2F") + "/end"
			a := mallory.Post(path).Is(404, "There is no such page").Not("ended", "not_found")
			a.Wrote("authz_fail reason=not_found actor=$mallory subject= data.target=*")
			pages = append(pages, bare(a.Body))
		}
		for _, p := range pages[1:] {
			if d := differs(pages[0], p); d != "" {
				t.Errorf("another's session and none are told apart: %s", d)
			}
		}
		alice.Get("/").Is(200, "alice").Wrote()
		alice.Post(endOthers).To(security).Wrote() // nothing to end: nothing to write
		mallory.Get("/").Is(200, "mallory").Wrote()
	})
}

// TestEndOthers holds that all others are over at once, each by its own event.
func TestEndOthers(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, bob := h.Person("alice", home), h.Person("bob", far)
		one, end1 := signIn(h, "alice", house.Password, office, iphone)
		h.Pass(time.Second)
		two, end2 := signIn(h, "alice", house.Password, office, firefox)
		ended := "session_expired reason=ended actor=$alice subject=$alice session="
		alice.Post(endOthers).To(security).Wrote(ended+strings.Split(end1, "/")[3], ended+strings.Split(end2, "/")[3])
		for _, b := range []*house.Browser{one, two} {
			b.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=ended subject=$alice")
		}
		alice.Get(security).Is(200, "nowhere else").Wrote()
		bob.Get("/").Is(200, "bob").Wrote()
		alice.Get("/activity").Is(200, "Session ended on request").Wrote()
	})
}

// TestTokenFamily holds that the oldest token of a session that was renewed
// twice ends it, and with it the newest.
func TestTokenFamily(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		first := alice.Again()
		alice.Post("/confirm", "password", house.Password).To("/").Wrote("authn_stepup_success", "session_renewed")
		second := alice.Again()
		alice.Post("/confirm", "password", house.Password).To("/").Wrote("authn_stepup_success", "session_renewed")
		_, _ = signIn(h, "alice", house.Password, office, firefox) // another session, which goes on
		h.Pass(session.Grace)
		alice.Get("/").Is(200, "alice").Wrote()
		first.Get("/").Is(200, "Create account").
			Wrote("authn_token_reuse level=CRITICAL actor= subject=$alice session=$session-of-alice")
		for _, b := range []*house.Browser{alice, second} {
			b.Get("/").Is(200, "Create account").Wrote()
		}
		if n := live(h); n != 1 {
			t.Errorf("live sessions = %d, want the other one alone", n)
		}
	})
}

// live is how many sessions have not ended.
func live(h *house.House) (n int) {
	h.Helper()
	if err := h.Reader().QueryRow(h.Context(), `SELECT COUNT(*) FROM session WHERE ended IS NULL`).Scan(&n); err != nil {
		h.Fatal(err)
	}
	return n
}
