package app_test

import (
	"slices"
	"sync"
	"testing"

	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
)

// at makes n requests at once and gives their statuses, in order of size.
func at(n int, ask func(i int) *house.Answer) []int {
	statuses := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { statuses[i] = ask(i).Status })
	}
	all.Wait()
	slices.Sort(statuses)
	return statuses
}

// tally counts the events since the last look.
func tally(h *house.House) map[string]int {
	h.Helper()
	counts := map[string]int{}
	for _, name := range apptest.Names(h.Rest()) {
		counts[name]++
	}
	return counts
}

// TestAtOnce holds that what only one may have, one has: a name, an owner's
// key, a number, the next token; and that the log says the same.
func TestAtOnce(t *testing.T) {
	house.Both(t, func(h *house.House) {
		const n = 8
		want := func(what string, got map[string]int, event string, times int) {
			t.Helper()
			if got[event] != times {
				t.Errorf("%s: %s came %d times, want %d, in %v", what, event, got[event], times, got)
			}
		}
		form := func(path string, fields ...string) house.Request {
			return house.Request{Method: "POST", Path: path, Body: h.Form(fields...)}
		}
		statuses := at(n, func(int) *house.Answer {
			return h.Browser(home).Send(form("/signup", "username", "alice", "password", house.Password))
		})
		if !slices.Equal(statuses, []int{303, 422, 422, 422, 422, 422, 422, 422}) {
			t.Errorf("one name at once = %v, want one 303", statuses)
		}
		events := tally(h)
		want("one name", events, "user_created", 1)
		want("one name", events, "authn_signup_fail", n-1)

		bob := h.Person("bob", home)
		at(n, func(i int) *house.Answer { return bob.Again().Send(form(cardForm, cardFields(numbered(i))...)).Is(303) })
		events = tally(h)
		want("first cards", events, "crypt_key_created", 1)
		want("first cards", events, "sensitive_create", n)

		at(n, func(int) *house.Answer { return bob.Again().Send(form(cardForm, cardFields(visa)...)).Is(303) })
		events = tally(h)
		want("one number", events, "sensitive_create", 1)
		want("one number", events, "sensitive_update", n-1)

		statuses = at(n, func(int) *house.Answer { return bob.Again().Send(form("/confirm", "password", house.Password)) })
		if !slices.Equal(statuses, []int{303, 401, 401, 401, 401, 401, 401, 401}) {
			t.Errorf("one token at once = %v, want one 303", statuses)
		}
		events = tally(h)
		want("one token", events, "session_renewed", 1)
		want("one token", events, "authn_stepup_fail", n-1)
	})
}
