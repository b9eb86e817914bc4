package app_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/factor"
)

// TestLoginTimeTellsNothing is enumeration by time. A name that nobody has and a
// wrong password are tried in turn, and so are the right and a wrong password of
// a name that is locked: how long the answers take must not tell them apart. The
// hash is a short one, so that it hides less of the rest than the real one does.
func TestLoginTimeTellsNothing(t *testing.T) {
	house.Both(t, func(h *house.House) {
		h.Person("alice", home)
		h.Person("carol", home)
		for range 10 {
			loginTook(h, office, "carol", "guess", 401)
		}
		h.Rest()
		next := addresses()
		alike(t, "unknown name", "wrong password",
			func() time.Duration { return loginTook(h, next(), "elice", "a wrong one", 401) },
			func() time.Duration { return loginTook(h, next(), "alice", "a wrong one", 401) })
		alike(t, "right password of a locked name", "a wrong one",
			func() time.Duration { return loginTook(h, office, "carol", house.Password, 429) },
			func() time.Duration { return loginTook(h, office, "carol", "a wrong one", 429) })
		h.Rest()
	}, func(s *house.Setup) {
		s.Limits, s.Hash = "login=off,request=off,strangers=off", factor.Settings{Memory: 4 << 10, Time: 1, Threads: 1}
	})
}

// addresses gives an address that was not tried from, each time it is called.
func addresses() (next func() string) {
	n := 0
	return func() string {
		n++
		return fmt.Sprintf("203.0.%d.%d", n/250, n%250+1)
	}
}

// loginTook tries to sign in, and says how long the answer took.
func loginTook(h *house.House, address, name, password string, status int) time.Duration {
	h.Helper()
	h.Pass(time.Second) // flood control, which sums strangers up, is another's test
	b := h.Browser(address)
	began := time.Now()
	a := b.Send(house.Request{Method: "POST", Path: "/login", Body: h.Form("username", name, "password", password)})
	took := time.Since(began)
	if a.Status != status {
		h.Fatalf("POST /login as %s = %d, want %d", name, a.Status, status)
	}
	return took
}

// alike demands that two things take the same time. Both are done in turn, in
// random order, so that what else the machine does falls on both; only what shows
// three times over, each time beyond chance and beyond a twentieth, is a
// difference.
func alike(t *testing.T, a, b string, first, second func() time.Duration) {
	t.Helper()
	said := ""
	for range 3 {
		one, two := inTurn(first, second)
		apart, by := differ(one, two)
		if !apart {
			return
		}
		said = fmt.Sprintf("%s takes %v and %s %v: apart by %v", a, quantiles(one), b, quantiles(two), by)
	}
	t.Error(said)
}

func inTurn(first, second func() time.Duration) (one, two []time.Duration) {
	for n := range 125 {
		var x, y time.Duration
		if rand.IntN(2) == 0 {
			x, y = first(), second()
		} else {
			y, x = second(), first()
		}
		if n >= 5 { // the first ones warm up
			one, two = append(one, x), append(two, y)
		}
	}
	return one, two
}

// differ compares two samples by the farthest of their quantiles. Had the two
// names no meaning, each pair might as well have come the other way round: it is
// a difference where that gives one as large in less than two cases of a thousand,
// and where it is no trifle.
func differ(one, two []time.Duration) (apart bool, by time.Duration) {
	by = farthest(one, two)
	if by < quantiles(one)[0]/20 {
		return false, by
	}
	const rounds = 2000
	as := 0
	for range rounds {
		x, y := slices.Clone(one), slices.Clone(two)
		for i := range x {
			if rand.IntN(2) == 0 {
				x[i], y[i] = y[i], x[i]
			}
		}
		if farthest(x, y) >= by {
			as++
		}
	}
	return as < rounds*2/1000, by
}

func farthest(one, two []time.Duration) (by time.Duration) {
	a, b := quantiles(one), quantiles(two)
	for i := range a {
		by = max(by, (a[i] - b[i]).Abs())
	}
	return by
}

// quantiles are a tenth, a quarter and half from the fastest: what is slower
// tells more of the machine than of the work.
func quantiles(of []time.Duration) [3]time.Duration {
	s := slices.Sorted(slices.Values(of))
	return [3]time.Duration{s[len(s)/10], s[len(s)/4], s[len(s)/2]}
}

// TestDifferIsNotBlunt holds the measure itself: it sees a tenth more, amid noise
// and now and then a long pause, and nothing where there is nothing.
func TestDifferIsNotBlunt(t *testing.T) {
	sample := func(more time.Duration) func() time.Duration {
		return func() time.Duration {
			d := 6*time.Millisecond + more + time.Duration(rand.ExpFloat64()*float64(500*time.Microsecond))
			if rand.IntN(20) == 0 {
				d += time.Duration(rand.IntN(50)) * time.Millisecond
			}
			return d
		}
	}
	seen, imagined := 0, 0
	for range 20 {
		if apart, _ := differ(inTurn(sample(0), sample(600*time.Microsecond))); apart {
			seen++
		}
		if apart, _ := differ(inTurn(sample(0), sample(0))); apart {
			imagined++
		}
	}
	if seen < 19 || imagined > 1 {
		t.Errorf("of 20 differences %d are seen, and of 20 that are none %d", seen, imagined)
	}
}
