package account_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"coffer/internal/account"
	"coffer/internal/apptest"
	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/secret"
)

func TestStatements(t *testing.T) { apptest.Prepare(t, account.Statements...) }

func TestSignUp(t *testing.T) {
	onBoth(t, "", func(h *house) {
		e, err := h.SignUp(h.visitor(), "Alice.B-1_", secret.New(canary))
		if err != nil {
			h.Fatal(err)
		}
		lines := h.log.Want("user_created", "session_created")
		id := e.Session.Account
		for _, l := range lines {
			if l.Subject != id || l.SourceIP != "192.0.2.1" || !strings.HasPrefix(id, "u_") {
				h.Errorf("line = %+v, want the new account %s as its subject", l, id)
			}
		}
		if lines[0].Actor != id || lines[1].Session != e.Session.Hash {
			h.Errorf("lines = %+v, want the new account as the actor and the session's hash", lines)
		}
		s := h.live(e.Token)
		if s.ID != e.Session.ID || s.Username != "Alice.B-1_" || s.Role != "holder" || s.Level != "full" || !s.SteppedUp(h.now) {
			h.Errorf("Identify = %+v, want a full session of the holder Alice.B-1_, stepped up", s)
		}
		if body := h.text(`SELECT body FROM credential`); !strings.HasPrefix(body, "$argon2id$v=19$m=64,t=1,p=1$") {
			h.Errorf("stored %q, want an argon2id hash under the settings", body)
		}
		h.stored(1, 1)
	})
}

func TestSignUpTellsEveryFault(t *testing.T) {
	onBoth(t, "", func(h *house) {
		for _, c := range []struct {
			name, password string
			want           []string
		}{
			{"", "", []string{"password:required", "username:required"}},
			{"al", "short", []string{"password:too_short", "username:too_short"}},
			{"al", canary, []string{"username:too_short"}},
			{strings.Repeat("a", 65), canary, []string{"username:too_long"}},
			{strings.Repeat("a", 1<<20), canary, []string{"username:too_long"}},
			{"alice b", canary, []string{"username:characters"}},
			{"alic\u00e9", canary, []string{"username:characters"}},
			{"\u0430lice", canary, []string{"username:characters"}}, // a Cyrillic letter
			{"alice\u202e", canary, []string{"username:characters"}},
			{"alice\x00", canary, []string{"username:characters"}},
			{"alice\xff", canary, []string{"username:characters"}},
			{"x\n{\"seq\":1,\"event\":\"authn_login_success\"}", canary, []string{"username:characters"}},
			{"alice", "password1", []string{"password:common"}},
			{"quindlet", "Quindlet1!", []string{"password:like_name"}},
			{"alice", strings.Repeat("y", 1025), []string{"password:too_long"}},
			{"alice", canary + "\n", []string{"password:characters"}},
		} {
			_, err := h.SignUp(h.visitor(), c.name, secret.New(c.password))
			f := h.refused(err, fault.Invalid, 0)
			if got := rules(f.Fields); !slices.Equal(got, c.want) {
				h.Errorf("SignUp(%.80q, …) breaks %v, want %v", c.name, got, c.want)
			}
			want := event.InputInvalid{Form: "/signup"}
			for _, field := range f.Fields {
				want.Fields = append(want.Fields, event.FieldRule{Field: field.Name, Rule: field.Rule})
			}
			h.carries(f, want)
		}
		h.wrote()
		h.stored(0, 0)
	})
}

func TestNameIsTaken(t *testing.T) {
	onBoth(t, "", func(h *house) {
		holder := h.alice().Session.Account
		for _, name := range []string{"Alice", "alice", "ALICE"} {
			_, err := h.SignUp(h.visitor(), name, secret.New(canary))
			f := h.refused(err, fault.Conflict, 422)
			h.carries(f, event.SignupFailed{Account: holder, Reason: "name_taken"})
			if got := rules(f.Fields); !slices.Equal(got, []string{"username:taken"}) {
				h.Errorf("SignUp(%s) breaks %v, want username:taken", name, got)
			}
		}
		h.wrote()
		h.stored(1, 1)
	})
}

func TestFiftyAskForOneName(t *testing.T) {
	onBoth(t, "signup=off", func(h *house) {
		var made, taken atomic.Int64
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				_, err := h.SignUp(h.from(fmt.Sprintf("192.0.2.%d", i)), "Alice", secret.New(canary))
				switch {
				case err == nil:
					made.Add(1)
				case fault.Is(err, fault.Conflict):
					taken.Add(1)
				default:
					h.Errorf("SignUp = %v, want Conflict", err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 || taken.Load() != 49 {
			h.Errorf("%d signed up and %d were refused, want 1 and 49", made.Load(), taken.Load())
		}
		h.stored(1, 1)
		h.log.Want("user_created", "session_created")
	})
}

func TestSignUpsAreLimited(t *testing.T) {
	onBoth(t, "signup=2/h", func(h *house) {
		signUp := func(ip, name, password string) error {
			_, err := h.SignUp(h.from(ip), name, secret.New(password))
			return err
		}
		for range 5 {
			h.refused(signUp("2001:db8::1", "alice", "short"), fault.Invalid, 0) // mistakes are free
		}
		for _, err := range []error{
			signUp("2001:db8::1", "alice", canary),
			h.refused(signUp("2001:db8::2", "alice", canary), fault.Conflict, 422).Unwrap(), // what tells of a name is not
			signUp("2001:db8:0:1::1", "bob", canary),                                        // another network
		} {
			if err != nil {
				h.Fatal(err)
			}
		}
		f := h.refused(signUp("2001:db8::3", "carol", canary), fault.TooMany, 0)
		h.carries(f, event.RateLimited{Limit: "signup", Allowed: "2/h"})
		if f.Retry.Minutes() != 30 {
			h.Errorf("Retry = %v, want 30m", f.Retry)
		}
		h.log.Want("user_created", "session_created", "user_created", "session_created")
		h.stored(2, 2)
		h.now = h.now.Add(f.Retry)
		if err := signUp("2001:db8::3", "carol", canary); err != nil {
			h.Errorf("SignUp after Retry = %v, want success", err)
		}
	})
}
