package query_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"coffer/internal/event"
	"coffer/internal/query"
)

func wish(t *testing.T, text string, now time.Time) query.Wish {
	t.Helper()
	asked, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	w, wrong := query.ReadWish(asked.Get, now)
	if len(wrong) > 0 {
		t.Fatalf("ReadWish(%s) = %v", text, wrong)
	}
	return w
}

// TestMineReach holds that a page that finds nothing ends by itself, says how far
// it looked, and that going on finds every line once, whatever the page's size.
func TestMineReach(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		h.did(alice, event.UserCreated{Account: alice, Role: "holder"})
		for range 21 {
			h.did(alice, slices.Repeat([]event.Event{viewed(one)}, 100)...)
		}
		h.did(alice, event.LoginSucceeded{Account: alice, Session: "s", Method: "password"})
		w := wish(t, "kind=signins", time.Now())
		first, err := h.lines.Mine(t.Context(), alice, w, 0, 50)
		if err != nil || len(first.Entries) != 1 || !first.Short || !first.More || first.Next == 0 {
			t.Fatalf("Mine() = %d entries, short %v, more %v, next %d, %v; want the newest alone, and that there may be more", len(first.Entries), first.Short, first.More, first.Next, err)
		}
		rest, err := h.lines.Mine(t.Context(), alice, w, first.Next, 50)
		if err != nil || len(rest.Entries) != 1 || rest.Entries[0].Event != "user_created" || rest.More || rest.Short {
			t.Errorf("Mine() from %d on = %+v, %v, want the first line and the end", first.Next, rest.Entries, err)
		}
		for _, size := range []int{1, 7, 1000} {
			var all []uint64
			for before := uint64(0); ; {
				m, err := h.lines.Mine(t.Context(), alice, query.Wish{}, before, size)
				if err != nil || len(m.Lines) != len(m.Entries) || len(m.Entries) > size {
					t.Fatalf("Mine() = %d entries with %d lines, %v", len(m.Entries), len(m.Lines), err)
				}
				for i, e := range m.Entries {
					if l, err := event.Parse(m.Lines[i]); err != nil || l.Seq != e.Seq {
						t.Fatalf("line %d stands beside entry %d, %v", l.Seq, e.Seq, err)
					}
					all = append(all, e.Seq)
				}
				if before = m.Next; !m.More || size == 1 && len(all) > 20 {
					break
				}
			}
			if !slices.IsSortedFunc(all, func(a, b uint64) int { return int(b) - int(a) }) || size > 1 && len(all) != 2102 {
				t.Errorf("pages of %d show %d lines, want 2102, each once, newest first", size, len(all))
			}
		}
		if m, err := h.lines.Mine(t.Context(), bob, query.Wish{}, 0, 50); err != nil || len(m.Entries) > 0 {
			t.Errorf("another's = %d, %v, want none", len(m.Entries), err)
		}
		if m, err := h.lines.Mine(t.Context(), "", query.Wish{}, 0, 50); err != nil || len(m.Entries) > 0 {
			t.Errorf("nobody's = %d, %v, want none", len(m.Entries), err)
		}
	})
}

// TestNews holds between which sign-ins news are looked for: an unfamiliar one
// is news, and no visit.
func TestNews(t *testing.T) {
	on(t, func(t *testing.T, h *house) {
		in := func(session, unfamiliar string) event.Event {
			return event.LoginSucceeded{Account: alice, Session: session, Method: "password", Unfamiliar: unfamiliar}
		}
		failed := event.LoginFailed{Account: alice, Reason: "wrong_password"}
		h.did(alice, event.UserCreated{Account: alice, Role: "holder"})
		h.did("", failed)
		h.did(alice, in("s1", ""))
		news := func(session string) query.News {
			t.Helper()
			n, err := h.lines.News(t.Context(), alice, session)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := news("s1"); n.Failed != 1 || len(n.Others) > 0 {
			t.Errorf("news of s1 = %+v, want the one failure", n)
		}
		h.did(alice, in("s2", ""))
		if n := news("s2"); !n.None() {
			t.Errorf("news of s2 = %+v, want none", n)
		}
		h.did("", failed, failed)
		h.did(alice, in("thief", "both"))
		h.did(alice, event.PasswordChangeFailed{Account: alice, Session: "thief", Reason: "wrong_password"}, viewed(one))
		for range 3 {
			h.did(alice, event.UserReported{Account: alice, Line: "1", Event: "x"})
		}
		h.did(alice, in("s3", ""))
		n := news("s3")
		if n.Failed != 2 || len(n.Others) != query.MostNews || n.More != 1 || n.Others[3].Event != "authn_password_change_fail" {
			t.Errorf("news of s3 = %d failures, %d others and %d more, want 2, 4 and the thief's sign-in beyond them", n.Failed, len(n.Others), n.More)
		}
		if n := news("nobody"); !n.None() {
			t.Errorf("news of no session = %+v, want none", n)
		}
	})
}
