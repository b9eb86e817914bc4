package app_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/event"
)

// flooded is a house under a flood of strangers, and what they were refused.
type flooded struct {
	*house.House
	alice   *house.Browser
	next    atomic.Int64
	refused [len(refusals)]atomic.Int64
	slowest time.Duration // of a signed-in person's answers meanwhile
}

// refusals are what a flood provokes; the order is that of send.
var refusals = [...]string{"authn_login_fail", "authz_fail", "malicious_csp_violation", "excess_rate_limit_exceeded"}

// The flood comes in five minutes, of ten loud seconds each.
const floodMinutes, floodSeconds = 5, 10

// TestFloodOfStrangers holds what a flood from many addresses may do: it takes
// bounded room, each refusal is a line or counted in one, who is behind it shows,
// and signed-in people go on and keep their history.
func TestFloodOfStrangers(t *testing.T) {
	many := 50_000
	if n, err := strconv.Atoi(os.Getenv("FLOOD")); err == nil {
		many = n
	}
	house.Both(t, func(h *house.House) {
		quiet(h)
		f := &flooded{House: h, alice: h.Person("alice", home)}
		card := addCard(f.alice, visa)
		f.alice.Get(card).Is(200).Wrote("sensitive_read subject=$alice")
		from, disk, memory, began := len(h.Lines(0)), f.disk(), heap(), time.Now()
		reads := 1
		for range floodMinutes {
			for range floodSeconds {
				f.second(many/floodMinutes/floodSeconds, card)
				reads++
				h.Pass(time.Second)
			}
			h.Pass(time.Minute - floodSeconds*time.Second)
			h.Tick(time.Minute)
		}
		took := time.Since(began)
		grown, lines := heap()-memory, h.Rest()
		f.account(lines)
		f.history(reads)
		f.bounds(many, len(h.Lines(0))-from, f.disk()-disk, grown)
		t.Logf("%d requests in %v: %v refused of %v, %d lines, %.1f MiB of disk, %.1f MiB of heap, slowest answer to alice %v",
			many, took.Round(time.Millisecond), f.counts(), refusals, len(lines), mib(f.disk()-disk), mib(grown), f.slowest.Round(time.Millisecond))
	}, func(s *house.Setup) { s.Limits = "login=5/min" })
}

// quiet keeps the operator's lines of a flood out of the memory that is measured.
func quiet(h *house.House) {
	before := slog.Default() // what the house takes them down with
	slog.SetDefault(slog.New(slog.DiscardHandler))
	h.Cleanup(func() { slog.SetDefault(before) })
}

// account holds that each refusal is a line or counted in one, and that the sums
// show what goes on and hold nothing that a stranger wrote.
func (f *flooded) account(lines []event.Line) {
	f.Helper()
	found := map[string]int{}
	var loudest event.EventsAggregated // of the sums over all addresses of failed sign-ins
	for _, l := range lines {
		if l.Subject != "" && l.Event != "log_events_aggregated" {
			continue // alice's own
		}
		e, err := l.Decode()
		if err != nil {
			f.Fatal(err)
		}
		switch e := e.(type) {
		case event.EventsAggregated:
			found[e.Event] += e.Count
			if e.Event == refusals[0] && e.Address == "" && e.Count > loudest.Count {
				loudest = e
			}
			f.innocent(l, e)
		case event.PolicyViolated:
			found[l.Event] += 1 + e.More
		default:
			found[l.Event]++
		}
	}
	for i, name := range refusals {
		if want := int(f.refused[i].Load()); found[name] != want || want == 0 {
			f.Errorf("the log has %d of %s in lines and sums, %d were refused", found[name], name, want)
		}
	}
	f.telling(loudest)
}

// innocent fails if a sum names anything but an address, a typed name's HMAC or
// a target.
func (f *flooded) innocent(l event.Line, e event.EventsAggregated) {
	f.Helper()
	raw, err := json.Marshal(e)
	if err != nil || bytes.Contains(raw, []byte("feigned")) || l.UserAgent != "" || len(e.Common) > 5 {
		f.Errorf("a sum is %s, %v", raw, err)
	}
	for _, c := range e.Common {
		if !commonValue.MatchString(c.Value) {
			f.Errorf("a sum names %q", c.Value)
		}
	}
}

// telling holds what the sum of a minute says about sign-ins: about how many
// names and addresses, and the name that is tried again and again.
func (f *flooded) telling(e event.EventsAggregated) {
	f.Helper()
	// A third of them tried the one name.
	if about(e.Addresses, e.Count) || about(e.Typed, e.Count*2/3) || len(e.Common) == 0 {
		f.Errorf("the sum is %+v, want about as many addresses as failures, and two names for three", e)
		return
	}
	if c := e.Common[0]; about(c.Count, e.Count/3) || len(c.Value) != 64 {
		f.Errorf("the commonest is %+v of %d, want the one name", c, e.Count)
	}
}

// about reports that got is more than a tenth away from want.
func about(got, want int) (off bool) { return max(got-want, want-got) > want/10 }

// history holds that a signed-in person's lines are all there and at hand.
func (f *flooded) history(reads int) {
	f.Helper()
	n := 0
	for _, l := range f.Lines(0) {
		if l.Subject == f.ID("alice") && l.Event == "sensitive_read" {
			n++
		}
	}
	if n != reads {
		f.Errorf("alice's card was read %d times, and the log has %d", reads, n)
	}
	began := time.Now()
	f.alice.Get("/activity").Is(200, "•••• 4242 viewed").Wrote()
	if took := time.Since(began); took > 2*time.Second {
		f.Errorf("alice's history takes %v after the flood", took)
	}
}

// bounds holds that what the flood takes follows from the time it lasts, not
// from how much comes: 200 lines in a second, about a hundred sums in a minute.
func (f *flooded) bounds(many, lines int, disk, memory int64) {
	f.Helper()
	most := floodMinutes*(floodSeconds*(200+1)+100+len(refusals)) + 10
	if lines > most {
		f.Errorf("%d requests wrote %d lines, want at most %d", many, lines, most)
	}
	if room := int64(most)*4<<10 + 16<<20; disk > room {
		f.Errorf("%d requests take %d bytes of disk, want at most %d", many, disk, room)
	}
	if memory > 64<<20 {
		f.Errorf("%d requests take %d bytes of memory, want at most 64 MiB", many, memory)
	}
}

// commonValue is an address, a typed name's HMAC or a target.
var commonValue = regexp.MustCompile(`^([0-9a-f]{64}|[0-9a-f:]+|[0-9.]+|[a-z]+:[a-zA-Z0-9_/{}-]+)$`)
