package query_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/query"
	"coffer/internal/seclog"
)

// crowd is a log of many lines about a few people, with what each line says.
type crowd struct {
	*house
	now   time.Time
	lines []event.Line
}

var (
	crowdIDs = []string{"u_aaaaaaaaaaaaaaaaaaaaaaaaaa", "u_bbbbbbbbbbbbbbbbbbbbbbbbbb", "u_cccccccccccccccccccccccccc"}
	crowdIPs = []string{"10.1.2.3", "10.200.0.1", "203.0.113.9", "2001:db8::7", "2001:db8:1::9", ""}
)

func pick[T any](rnd *rand.Rand, from []T) T { return from[rnd.IntN(len(from))] }

// something is a random event.
func something(rnd *rand.Rand) event.Event {
	who, card := pick(rnd, crowdIDs), pick(rnd, []string{"c_1", "c_2", "c_3", "c_4"})
	switch rnd.IntN(12) {
	case 0:
		return event.LoginFailed{Account: who, Reason: pick(rnd, []string{"wrong_password", "unknown_name"})}
	case 1:
		return event.LoginSucceeded{Account: who, Session: "hash " + who[2:4], Method: "password"}
	case 2:
		return event.DirectReference{Owner: who, Card: card, Verb: "view"}
	case 3:
		return event.LogFileAltered{Segment: 3}
	case 4:
		return event.SessionExpired{Account: who, Reason: pick(rnd, []string{"idle", "absolute"})}
	case 5:
		return event.LogHeartbeat{}
	case 6:
		return event.AuthzFailed{Reason: "signed_out", Resource: "route:/"}
	case 7:
		return event.RateLimited{Limit: "request", Allowed: "50/s"}
	}
	return event.CardViewed{Owner: who, Card: card, Last4: "4242", Part: "masked"}
}

// newCrowd writes n commits of a few events each, a few seconds apart.
func newCrowd(t *testing.T, c db.Config, n int) *crowd {
	t.Helper()
	h := &crowd{house: build(t, c), now: moment}
	h.log = seclog.New(seclog.Config{Writer: h.write, Maker: event.Maker{Node: "n", Version: "test"}, Now: func() time.Time { return h.now }})
	h.more(rand.New(rand.NewPCG(7, 7)), n)
	h.house.lines.Now = func() time.Time { return h.now }
	return h
}

func (h *crowd) more(rnd *rand.Rand, n int) {
	h.t.Helper()
	for range n {
		o := event.Origin{
			Actor: pick(rnd, append([]string{"", "system:serve"}, crowdIDs...)), SourceIP: pick(rnd, crowdIPs),
			UserAgent: `a "quoted" \ agent`, RequestID: "r_" + strconv.Itoa(rnd.IntN(40)), Session: pick(rnd, []string{"", "s1", "s2"}),
		}
		var events []event.Event
		for range 1 + rnd.IntN(40) {
			events = append(events, something(rnd))
		}
		if err := h.log.Commit(event.With(context.Background(), o), func(*db.Tx) ([]event.Event, error) { return events, nil }); err != nil {
			h.t.Fatal(err)
		}
		h.now = h.now.Add(time.Duration(rnd.IntN(int(40 * time.Second))).Truncate(time.Microsecond))
	}
	if err := h.sealer.Drain(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	sealed, err := h.sealer.Lines(context.Background(), 0, 1<<20)
	if err != nil {
		h.t.Fatal(err)
	}
	h.lines = nil
	for _, s := range sealed {
		l, err := event.Parse(s.Text)
		if err != nil {
			h.t.Fatal(err)
		}
		h.lines = append(h.lines, l)
	}
}

// holds judges a line by a word, in the plainest way.
func (h *crowd) holds(w query.Word, l event.Line) bool {
	at, err := time.Parse(time.RFC3339Nano, l.Datetime)
	if err != nil {
		h.t.Fatal(err)
	}
	switch w.Field {
	case "":
		return strings.Contains(strings.ToLower(l.Description+"\n"+l.Event), strings.ToLower(w.Value))
	case "event":
		prefix, is := strings.CutSuffix(w.Value, "*")
		return l.Event == w.Value || is && strings.HasPrefix(l.Event, prefix)
	case "level":
		weight := map[string]int{"INFO": 1, "WARNING": 2, "CRITICAL": 3}
		lowest, is := strings.CutPrefix(w.Value, ">=")
		return l.Level == w.Value || is && weight[l.Level] >= weight[lowest]
	case "ip":
		a, err := netip.ParseAddr(l.SourceIP)
		if p, isNet := netip.ParsePrefix(w.Value); isNet == nil {
			return err == nil && p.Contains(a)
		}
		return l.SourceIP == w.Value
	case "seq":
		from, to, isRange := strings.Cut(w.Value, "..")
		if !isRange {
			return strconv.FormatUint(l.Seq, 10) == w.Value
		}
		a, _ := strconv.ParseUint(from, 10, 64)
		b, err := strconv.ParseUint(to, 10, 64)
		return l.Seq >= a && (err != nil || l.Seq <= b)
	case "since":
		t, err := time.Parse(time.RFC3339Nano, w.Value)
		return err == nil && !at.Before(t)
	case "until":
		t, err := time.Parse(time.RFC3339Nano, w.Value)
		return err == nil && at.Before(t)
	}
	return w.Value == map[string]string{
		"outcome": l.Outcome, "reason": l.Reason, "actor": l.Actor, "subject": l.Subject, "session": l.Session,
		"target": l.Target(), "card": strings.TrimPrefix(l.Target(), "card:"), "request": l.RequestID, "node": l.Node,
	}[w.Field]
}

// brute is which lines match, by looking at each.
func (h *crowd) brute(f query.Filter) (want []uint64) {
	for _, l := range h.lines {
		groups, ok := map[string]bool{}, true
		for _, w := range f.Words {
			holds := h.holds(w, l)
			switch {
			case w.Not:
				ok = ok && !holds
			case w.Field == "":
				ok = ok && holds
			default:
				groups[w.Field] = groups[w.Field] || holds
			}
		}
		for _, holds := range groups {
			ok = ok && holds
		}
		if ok {
			want = append(want, l.Seq)
		}
	}
	return want
}

// question is a random query about the crowd.
func (h *crowd) question(rnd *rand.Rand) string {
	words := []func() string{
		func() string { return "event:" + pick(rnd, h.lines).Event },
		func() string { return "event:" + pick(rnd, []string{"authn_*", "log_*", "s*"}) },
		func() string { return "level:" + pick(rnd, []string{"INFO", "WARNING", "CRITICAL", ">=WARNING"}) },
		func() string { return "outcome:" + pick(rnd, []string{"success", "failure"}) },
		func() string { return "reason:" + pick(rnd, []string{"idle", "wrong_password", `""`}) },
		func() string { return fmt.Sprintf("actor:%q", pick(rnd, h.lines).Actor) },
		func() string { return fmt.Sprintf("subject:%q", pick(rnd, h.lines).Subject) },
		func() string {
			return "ip:" + pick(rnd, []string{"10.1.2.3", "10.0.0.0/8", "2001:db8::/32", "2001:db8::7", `""`})
		},
		func() string { return fmt.Sprintf("session:%q", pick(rnd, h.lines).Session) },
		func() string { return "card:" + pick(rnd, []string{"c_1", "c_2", "c_9"}) },
		func() string { return fmt.Sprintf("target:%q", pick(rnd, h.lines).Target()) },
		func() string { return "request:" + pick(rnd, h.lines).RequestID },
		func() string { return "node:n" },
		func() string { return pick(rnd, []string{"Sign-in", "VIEWED", "log_", "nowhere", `"log is"`}) },
		func() string { return fmt.Sprintf("seq:%d..", rnd.IntN(len(h.lines))) },
		func() string { return fmt.Sprintf("seq:%d..%d", rnd.IntN(400), 400+rnd.IntN(1000)) },
	}
	var q []string
	for range 1 + rnd.IntN(4) {
		word := pick(rnd, words)()
		if rnd.IntN(4) == 0 {
			word = "-" + word
		}
		q = append(q, word)
	}
	if rnd.IntN(3) == 0 {
		q = append(q, "since:"+pick(rnd, h.lines).Datetime)
	}
	if rnd.IntN(3) == 0 {
		q = append(q, "until:"+pick(rnd, h.lines).Datetime)
	}
	return strings.Join(q, " ")
}

// onCrowd runs fn on both engines.
func onCrowd(t *testing.T, commits int, fn func(t *testing.T, h *crowd)) {
	t.Helper()
	apptest.Engines(t, func(t *testing.T, c db.Config) { fn(t, newCrowd(t, c, commits)) })
}
