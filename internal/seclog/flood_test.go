package seclog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/seclog"
	"coffer/internal/seclog/seal"
)

// noise is a log under flood control, with a clock that the test moves.
type noise struct {
	*testing.T
	log    *seclog.Log
	sealer *seal.Sealer
	now    time.Time
	read   int
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func loud(t *testing.T, f seclog.Flood) *noise {
	t.Helper()
	read, write := apptest.Open(t, apptest.Migrated(t, db.SQLite))
	maker := event.Maker{Node: "test", Version: "0.0.0"}
	n := &noise{T: t, now: noon}
	n.sealer = seal.New(read, write, maker, 0, func(err error) { t.Errorf("fatal: %v", err) })
	n.log = seclog.New(seclog.Config{Writer: write, Maker: maker, Now: func() time.Time { return n.now }, Flood: f})
	return n
}

// knock lets somebody at that address fail to sign in so many times.
func (n *noise) knock(ip string, times int) {
	n.Helper()
	for i := range times {
		e := event.LoginFailed{Typed: fmt.Sprintf("%032x", i%7), Reason: "unknown_name"}
		if err := n.log.Record(visitor(ip), e); err != nil {
			n.Fatalf("Record() = %v", err)
		}
	}
}

// written counts by address the single lines since the last look, and gives the sums.
func (n *noise) written() (singles map[string]int, sums []event.EventsAggregated) {
	n.Helper()
	lines, err := n.sealer.Lines(n.Context(), uint64(n.read), 5000)
	if err != nil {
		n.Fatal(err)
	}
	n.read += len(lines)
	singles = map[string]int{}
	for _, raw := range lines {
		line, err := event.Parse(raw.Text)
		if err != nil {
			n.Fatal(err)
		}
		e, err := line.Decode()
		if err != nil {
			n.Fatal(err)
		}
		if sum, ok := e.(event.EventsAggregated); ok {
			sums = append(sums, sum)
			continue
		}
		singles[line.SourceIP]++
	}
	slices.SortFunc(sums, func(a, b event.EventsAggregated) int { return strings.Compare(a.Address, b.Address) })
	return singles, sums
}

func (n *noise) sumUp() error { return n.log.SumUp(event.System(n.Context(), "flood")) }

// TestOneIsLoud holds that an address which is over its own quota takes nothing
// from the others' share of the second.
func TestOneIsLoud(t *testing.T) {
	n := loud(t, seclog.Flood{PerMinute: 5, PerSecond: 8})
	n.knock("192.0.2.1", 500)
	n.knock("192.0.2.2", 1)
	n.knock("192.0.2.3", 1)
	n.knock("192.0.2.4", 1)
	n.knock("192.0.2.5", 1) // the ninth of this second
	if err := n.sumUp(); err != nil {
		t.Fatal(err)
	}
	singles, sums := n.written()
	for ip, want := range map[string]int{"192.0.2.1": 5, "192.0.2.2": 1, "192.0.2.3": 1, "192.0.2.4": 1, "192.0.2.5": 0} {
		if singles[ip] != want {
			t.Errorf("single lines from %s = %d, want %d", ip, singles[ip], want)
		}
	}
	if len(sums) != 2 || sums[0].Address != "" || sums[0].Count != 1 || sums[1].Address != "192.0.2.1" || sums[1].Count != 495 {
		t.Errorf("sums = %+v, want 1 without an address and 495 of 192.0.2.1", sums)
	}
}

// byNet groups as a test needs it: what stands before the last colon.
func byNet(address string) string {
	if i := strings.LastIndex(address, ":"); i >= 0 {
		return address[:i] + ":/64"
	}
	return address
}

// TestNeighbours holds that a group of addresses has one quota and one sum,
// which names the group, and that the lines name the address.
func TestNeighbours(t *testing.T) {
	n := loud(t, seclog.Flood{PerMinute: 20, PerSecond: 200, Group: byNet})
	for i := range 50 {
		n.knock(fmt.Sprintf("2001:db8::%x", i+1), 1)
	}
	n.knock("2001:db8:0:1::1", 1)
	n.knock("192.0.2.1", 22)
	if err := n.sumUp(); err != nil {
		t.Fatal(err)
	}
	singles, sums := n.written()
	for i := range 50 {
		ip, want := fmt.Sprintf("2001:db8::%x", i+1), 0
		if i < 20 {
			want = 1
		}
		if singles[ip] != want {
			t.Errorf("single lines from %s = %d, want %d", ip, singles[ip], want)
		}
	}
	if singles["2001:db8:0:1::1"] != 1 || singles["192.0.2.1"] != 20 {
		t.Errorf("single lines = %v, want 1 from the other network and 20 from 192.0.2.1", singles)
	}
	if len(sums) != 2 || sums[0].Address != "192.0.2.1" || sums[0].Count != 2 || sums[0].Addresses != 1 {
		t.Fatalf("sums = %+v, want two, the first of 192.0.2.1", sums)
	}
	if s := sums[1]; s.Address != "2001:db8::/64" || s.Count != 30 || s.Addresses != 30 || len(s.Common) != 5 {
		t.Errorf("the network's sum = %+v, want 30 from 30 addresses, five of them named", s)
	}
}

// TestSumsOutlastAFailure holds that sums which could not be written are whole
// in the next: what came meanwhile is added, and their time reaches back.
func TestSumsOutlastAFailure(t *testing.T) {
	n := loud(t, seclog.Flood{PerMinute: 1})
	n.knock("192.0.2.1", 4)
	n.knock("192.0.2.2", 3)
	n.now = n.now.Add(time.Minute)
	full := errors.New("no room")
	n.log.Shut(full)
	if err := n.sumUp(); !errors.Is(err, full) {
		t.Fatalf("SumUp(shut) = %v, want its reason", err)
	}
	n.log.Shut(nil)
	n.knock("192.0.2.1", 11)
	n.now = n.now.Add(time.Minute)
	if err := n.sumUp(); err != nil {
		t.Fatal(err)
	}
	_, sums := n.written()
	if len(sums) != 2 {
		t.Fatalf("sums = %+v, want two", sums)
	}
	// Names 1 to 3 of the first round, 1 to 6 and 0 of the second, whose first try is a line.
	if s := sums[0]; s.Count != 3+10 || s.Typed != 7 || s.Addresses != 1 {
		t.Errorf("the sum of both rounds = %+v, want 13 on 7 names", s)
	}
	if s := sums[1]; s.Count != 2 || s.Typed != 2 || s.Addresses != 1 || len(s.Common) != 2 {
		t.Errorf("the sum of the first round = %+v, want 2 on 2 names, both named", s)
	}
	for _, s := range sums {
		if s.From != event.Stamp(noon) || s.To != event.Stamp(noon.Add(2*time.Minute)) {
			t.Errorf("window = %s to %s, want both minutes", s.From, s.To)
		}
	}
}

// TestSumsStayBounded holds that a log which cannot write for long keeps no
// more sums than one minute may have, and loses no count.
func TestSumsStayBounded(t *testing.T) {
	n := loud(t, seclog.Flood{PerMinute: 1})
	full := errors.New("no room")
	for round := range 3 {
		for i := range 150 {
			n.knock(fmt.Sprintf("10.0.%d.%d", round, i), 2)
		}
		n.log.Shut(full)
		if err := n.sumUp(); !errors.Is(err, full) {
			t.Fatalf("SumUp(shut) = %v, want its reason", err)
		}
		n.log.Shut(nil)
		n.now = n.now.Add(time.Minute)
	}
	if err := n.sumUp(); err != nil {
		t.Fatal(err)
	}
	_, sums := n.written()
	total := 0
	for _, s := range sums {
		total += s.Count
	}
	if len(sums) > 101 || total != 3*150 {
		t.Errorf("%d sums of %d events, want at most 101 of 450", len(sums), total)
	}
}
