package seclog_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coffer/internal/event"
	"coffer/internal/seclog"
)

// TestManyAreCounted holds that a sum over more addresses and names than it can
// hold knows about how many they were, and names the loudest though it came last.
func TestManyAreCounted(t *testing.T) {
	n := loud(t, seclog.Flood{PerMinute: 20, PerSecond: 1})
	n.knock("192.0.2.1", 1) // the second is full
	const many = 20_000
	for i := range many {
		n.try(network(i), fmt.Sprintf("%032x", i))
	}
	for i := range 500 { // 2.4 % of all, on one name
		n.try(network(many+i), strings.Repeat("f", 32))
	}
	for range 300 {
		n.try("192.0.2.2", fmt.Sprintf("%032x", 7))
	}
	if err := n.sumUp(); err != nil {
		t.Fatal(err)
	}
	_, sums := n.written()
	if len(sums) != 1 || sums[0].Count != many+800 {
		t.Fatalf("sums = %+v, want one of %d", sums, many+800)
	}
	s := sums[0]
	if off := s.Addresses - (many + 501); max(off, -off) > many/20 {
		t.Errorf("addresses = %d, want about %d", s.Addresses, many+501)
	}
	if off := s.Typed - (many + 1); max(off, -off) > many/20 {
		t.Errorf("typed = %d, want about %d", s.Typed, many+1)
	}
	if len(s.Common) < 3 {
		t.Fatalf("common = %+v, want the three that are loud", s.Common)
	}
	const slack = (many + 800) / 500 // what may be lost to make room
	for i, want := range []event.Tally{{Value: strings.Repeat("f", 32), Count: 500}, {Value: "192.0.2.2", Count: 300}, {Value: fmt.Sprintf("%032x", 7), Count: 301}} {
		at := slices.IndexFunc(s.Common, func(c event.Tally) bool { return c.Value == want.Value })
		if at < 0 || s.Common[at].Count > want.Count || s.Common[at].Count < want.Count-slack-1 {
			t.Errorf("common = %+v, want %s in it with %d at most and hardly less (%d)", s.Common, want.Value, want.Count, i)
		}
	}
}

// try lets somebody at that address fail to sign in under a name.
func (n *noise) try(ip, typed string) {
	n.Helper()
	if err := n.log.Record(visitor(ip), event.LoginFailed{Typed: typed, Reason: "unknown_name"}); err != nil {
		n.Fatalf("Record() = %v", err)
	}
}

// network is an address in an IPv6 network of its own.
func network(i int) string { return fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff) }

// TestFloodsMemory holds that what strangers send takes bounded memory: ever
// other networks and names, and a hundred that fill a sum each.
func TestFloodsMemory(t *testing.T) {
	for _, c := range []struct {
		name string
		from func(i int) string
		f    seclog.Flood
		sums int
	}{
		{"each from another network", network, seclog.Flood{PerMinute: 20, PerSecond: 200}, 1},
		{"from a hundred networks", func(i int) string { return network(i % 100) }, seclog.Flood{PerMinute: 1}, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := loud(t, c.f)
			before := heap()
			many := floods()
			for i := range many {
				n.try(c.from(i), fmt.Sprintf("%064x", i))
			}
			grown := heap() - before
			if grown > 64<<20 {
				t.Errorf("%d failures take %d bytes of memory, want under 64 MiB", many, grown)
			}
			if err := n.sumUp(); err != nil {
				t.Fatal(err)
			}
			singles, sums := n.written()
			if len(sums) != c.sums {
				t.Errorf("%d sums, want %d", len(sums), c.sums)
			}
			total := 0
			for _, n := range singles {
				total += n
			}
			for _, s := range sums {
				total += s.Count
			}
			if total != many {
				t.Errorf("%d of %d failures are in the log", total, many)
			}
			t.Logf("%d failures: %.1f MiB, %d sums", many, float64(grown)/(1<<20), len(sums))
		})
	}
}

// floods is how many failures a flood has: a million where FLOOD says so.
func floods() int {
	if n, err := strconv.Atoi(os.Getenv("FLOOD")); err == nil {
		return n
	}
	return 50_000
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one found out about
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestReportsForMore holds that a report which stands for others of its post is
// counted with them.
func TestReportsForMore(t *testing.T) {
	n := loud(t, seclog.Flood{PerMinute: 1})
	for range 3 {
		err := n.log.Record(visitor("192.0.2.1"), event.PolicyViolated{Directive: "img-src", Blocked: `x","more":9,"typed":"feigned"`, More: 448})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := n.sumUp(); err != nil {
		t.Fatal(err)
	}
	if _, sums := n.written(); len(sums) != 1 || sums[0].Count != 2*449 || sums[0].Typed != 0 {
		t.Errorf("sums = %+v, want 898 reports and no name", sums)
	}
}
