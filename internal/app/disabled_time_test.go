package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/factor"
)

// TestDisabledInTheSameTime compares how long the refusals of a sign-in take,
// turn by turn: the right and a wrong password of a disabled account, and a wrong
// one of an account that is not. One hash more or less would be twice the time.
func TestDisabledInTheSameTime(t *testing.T) {
	h := house.Open(t, "sqlite", func(s *house.Setup) { s.Hash = factor.Settings{Memory: 19 << 10, Time: 2, Threads: 1} })
	h.Person("alice", home)
	h.Person("bob", home)
	root := admin(h, "root", home)
	root.Post(person(h, "alice") + "/lock").Is(303)
	h.Next(2)
	tries := [][2]string{{"alice", house.Password}, {"alice", "wrong"}, {"bob", "wrong"}}
	took := make([][]time.Duration, len(tries))
	const turns = 31
	for turn := range turns {
		for i, try := range tries {
			b := h.Browser(fmt.Sprintf("10.%d.0.%d", i, turn+1))
			began := time.Now()
			b.Post("/login", "username", try[0], "password", try[1]).Is(401, "Name or password is not right.")
			took[i] = append(took[i], time.Since(began))
			h.Next(1)
		}
	}
	var medians []time.Duration
	for _, all := range took {
		slices.Sort(all)
		medians = append(medians, all[turns/2])
	}
	if least, most := slices.Min(medians), slices.Max(medians); most > least*3/2 {
		t.Errorf("medians = %v, want them alike", medians)
	}
	t.Logf("medians = %v", medians)
}
