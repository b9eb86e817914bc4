package app_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"coffer/internal/apptest/house"
)

// reportOf is where a line is reported.
func reportOf(seq uint64) string { return fmt.Sprintf("/activity/%d/report", seq) }

// TestReport is the whole way of "This wasn't me": the other sessions end, no
// number is shown, a new password lifts that, and the line stays marked.
func TestReport(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		thief := h.Browser(far)
		thief.Agent = iphone
		in := thief.Post("/login", "username", "alice", "password", house.Password).To("/").
			Wrote("authn_login_success data.unfamiliar=both", "session_created")
		seq, his := in[0].Seq, in[0].Session
		alice.Get("/activity").Is(200, badge, `action="`+reportOf(seq)+`"`, "This wasn’t me").Wrote()

		alice.Post(reportOf(seq)).To(security+"#password").Wrote(
			fmt.Sprintf("user_reported level=CRITICAL actor=$alice subject=$alice target=line:%d data.event=authn_login_success data.ended=1", seq),
			"session_expired reason=ended actor=$alice subject=$alice session="+his)
		thief.Get("/activity").To("/login?next=%2Factivity").Wrote("session_use_after_expire reason=ended subject=$alice session=" + his)
		alice.Get("/activity").Is(200, "Reported by you", "You reported line").Not(`action="`+reportOf(seq)+`"`, badge).Wrote()
		alice.Get(security).Is(200, "You reported something", "Set a new password").Wrote()
		alice.Post(path+"/reveal").Is(403, "<h1>Number not shown</h1>", security+"#password").Not("4242 4242").
			Wrote("authz_fail reason=reported level=WARNING actor=$alice subject=$alice target=card:" + strings.TrimPrefix(path, "/view_credit_card/"))
		alice.Get(path).Is(200, "4242").Wrote("sensitive_read data.part=masked")
		alice.Post(reportOf(seq)).To(security + "#password").Wrote() // pressed twice: nothing was left to do

		thief.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_success", "session_created")
		thief.Post(path+"/reveal").Is(403, "Number not shown").Not("4242 4242").Wrote("authz_fail reason=reported")
		alice.Post(reportOf(seq)).To(security+"#password").Wrote("user_reported data.ended=1", "session_expired reason=ended") // he had come back

		alice.Post(newPassword, "current_password", house.Password, "new_password", fresh).To(security).Wrote("authn_password_change", "session_renewed")
		alice.Get(security).Is(200).Not("You reported something").Wrote()
		alice.Post(path+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read data.part=number")
		alice.Get("/activity").Is(200, "Reported by you").Wrote()
	})
}

// TestReportNotTheirs holds that a line of another's, one that is not there and
// one that is none get the same answer, and nothing happens.
func TestReportNotTheirs(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice, mallory := h.Person("alice", home), h.Person("mallory", far)
		path := addCard(alice, visa)
		hers := h.Lines(0)[6].Seq // alice's sign-up
		mallory.Get(path).Is(404).Wrote("malicious_direct_reference subject=$alice")
		tried := h.Lines(0)[len(h.Lines(0))-1].Seq
		var pages []string
		for _, line := range []string{fmt.Sprint(hers), fmt.Sprint(tried), "0", "999999", "007", "-1", "x", "99999999999999999999", "1%27"} {
			a := mallory.Post("/activity/"+line+"/report").Is(404, "There is no such page")
			a.Wrote("authz_fail reason=not_found actor=$mallory subject= target=*")
			pages = append(pages, bare(a.Body))
		}
		for _, p := range pages[1:] {
			if d := differs(pages[0], p); d != "" {
				t.Errorf("another's line and none are told apart: %s", d)
			}
		}
		if n := count(h, "reported"); n != 0 {
			t.Errorf("reported lines = %d, want none", n)
		}
		alice.Get("/activity").Is(200, "Someone else asked for this card", "Report<", `action="`+reportOf(tried)+`"`).Wrote()
		alice.Post(path+"/reveal").Is(200, "4242 4242 4242 4242").Wrote("sensitive_read")
		alice.Post(reportOf(tried)).To(security + "#password").Wrote(fmt.Sprintf("user_reported target=line:%d data.event=malicious_direct_reference data.ended=0", tried))
	})
}

// TestReportRace holds that of many at once one writes, and that no number
// leaves after it.
func TestReportRace(t *testing.T) {
	house.Both(t, func(h *house.House) {
		alice := h.Person("alice", home)
		path := addCard(alice, visa)
		seq := h.Lines(0)[5].Seq
		var all sync.WaitGroup
		for range 16 {
			b := alice.Again()
			all.Go(func() { b.Send(house.Request{Method: "POST", Path: reportOf(seq)}).To(security + "#password") })
		}
		all.Wait()
		h.Wrote("user_reported data.ended=0")
		alice.Post(path + "/reveal").Is(403).Wrote("authz_fail reason=reported")
	})
}

// TestNews holds what the first page after a sign-in says of the time between,
// that it says so until it is put away, and that all is quiet where all was well.
func TestNews(t *testing.T) {
	house.Both(t, func(h *house.House) {
		const news = "While you were away"
		alice := h.Person("alice", home)
		alice.Get("/").Is(200).Not(news).Wrote()
		if alice.Cookie("coffer_news") != "" {
			t.Error("a page with nothing to tell leaves its cookie")
		}
		signIn := func(events ...string) {
			t.Helper()
			alice.Post("/logout").To("/login").Wrote("session_logout")
			alice.Post("/login", "username", "alice", "password", house.Password).To("/").Wrote(events...)
		}
		signIn("authn_login_success", "session_created")
		alice.Get("/").Is(200).Not(news).Wrote()

		for range 3 {
			guess(h, far, "alice").Is(401).Wrote("authn_login_fail")
		}
		h.Pass(time.Minute)
		thief := h.Browser(office)
		thief.Agent = iphone
		thief.Post("/login", "username", "alice", "password", house.Password).To("/").
			Wrote("authn_login_successafterfail data.unfamiliar=both", "session_created")
		thief.Get("/").Is(200, news).Wrote() // he sees it too, which cannot be helped: he is in
		thief.Post(newPassword, "current_password", "guess", "new_password", fresh).Is(422).Wrote("authn_password_change_fail")
		signIn("authn_login_success", "session_created")
		for range 2 {
			alice.Get("/").Is(200, news, "Three sign-ins were refused", far, "Safari on iPhone", office, "or with this kind of browser before",
				"Password not changed", `action="/seen"`).Wrote()
		}
		alice.Post("/seen").To("/").Wrote()
		alice.Get("/").Is(200).Not(news).Wrote()
		signIn("authn_login_success", "session_created")
		alice.Get("/").Is(200).Not(news).Wrote()
	})
}
