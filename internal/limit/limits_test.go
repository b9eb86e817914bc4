package limit

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"coffer/internal/event"
	"coffer/internal/fault"
)

func at(t testing.TB, setting string) (*Limits, *time.Time) {
	t.Helper()
	table, err := Parse(setting)
	if err != nil {
		t.Fatal(err)
	}
	now := start
	l := New(table)
	l.Now = func() time.Time { return now }
	return l, &now
}

// count is how many of n an address may have at once.
func count(l *Limits, n Name, address string, times int) (allowed int) {
	a, _ := netip.ParseAddr(address) // the zero Addr is what has no address
	for range times {
		if ok, _ := l.AllowAddress(n, a); ok {
			allowed++
		}
	}
	return allowed
}

func TestEachLimitAllowsWhatItSays(t *testing.T) {
	for n, want := range map[Name]int{Request: 200, SignUp: 30, LogIn: 20, NotFound: 20} {
		l, _ := at(t, "")
		if got := count(l, n, "192.0.2.1", 300); got != want {
			t.Errorf("%s allowed %d at once, want %d", n, got, want)
		}
	}
	l, _ := at(t, "")
	got := 0
	for range 30 {
		if ok, _ := l.Allow(Reveal, "u_1"); ok {
			got++
		}
	}
	if got != 10 {
		t.Errorf("reveal allowed %d at once, want 10", got)
	}
	if ok, _ := l.Allow(Reveal, "u_2"); !ok {
		t.Error("Allow(reveal) of another owner was refused, want allowed")
	}
}

func TestRequestsRefillFiftyASecond(t *testing.T) {
	l, now := at(t, "")
	count(l, Request, "192.0.2.1", 200)
	*now = now.Add(time.Second)
	if got := count(l, Request, "192.0.2.1", 300); got != 50 {
		t.Errorf("a second after the burst, %d were allowed, want 50", got)
	}
}

func TestOffAllowsAll(t *testing.T) {
	l, _ := at(t, "login=off")
	if got := count(l, LogIn, "192.0.2.1", 1000); got != 1000 {
		t.Errorf("login=off allowed %d of 1000", got)
	}
	if ok, _ := l.Allow(LogIn, "u_1"); !ok {
		t.Error("Allow with the limit off was refused")
	}
}

func TestAddressesOfOneVisitorShare(t *testing.T) {
	for _, c := range []struct {
		one, other string
		share      bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"::", "0.0.0.0", false},
		{"not an address", "", true},
		{"not an address", "0.0.0.0", false},
		{"::1", "127.0.0.1", false},
	} {
		l, _ := at(t, "signup=1/h")
		count(l, SignUp, c.one, 1)
		if got := count(l, SignUp, c.other, 1) == 0; got != c.share {
			t.Errorf("%q and %q share a limit: %v, want %v", c.one, c.other, got, c.share)
		}
	}
}

func TestGroup(t *testing.T) {
	for give, want := range map[string]string{
		"192.0.2.1":          "192.0.2.1/32",
		"::ffff:192.0.2.1":   "192.0.2.1/32",
		"2001:db8:0:1::5":    "2001:db8:0:1::/64",
		"fe80::1:2:3:4%eth0": "fe80::/64",
	} {
		if got := Group(netip.MustParseAddr(give)).String(); got != want {
			t.Errorf("Group(%s) = %s, want %s", give, got, want)
		}
	}
}

func TestRefusedSaysWhatWasAllowedAndWhen(t *testing.T) {
	l, _ := at(t, "signup=5/h")
	f := l.Refused(SignUp, "u_1", 1500*time.Millisecond)
	want := []event.Event{event.RateLimited{Limit: "signup", Allowed: "5/h", Account: "u_1"}}
	if f.Kind != fault.TooMany || f.Retry != 2*time.Second || !reflect.DeepEqual(f.Events, want) || f.Recorded {
		t.Errorf("Refused(…) = %+v, want TooMany, 2s and %v", f, want)
	}
}

func TestAllowAddressDoesNotAllocate(t *testing.T) {
	l, _ := at(t, "")
	count(l, Request, "192.0.2.1", 1)
	for _, address := range []string{"192.0.2.1", "2001:db8::1"} {
		count(l, Request, address, 1)
		a := netip.MustParseAddr(address)
		if n := testing.AllocsPerRun(100, func() { l.AllowAddress(Request, a) }); n != 0 {
			t.Errorf("AllowAddress(%s) allocates %v times, want 0", a, n)
		}
	}
}

func TestGroupText(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7",
		"::ffff:192.0.2.7":     "192.0.2.7",
		"2001:db8::1":          "2001:db8::/64",
		"2001:db8::ffff:2:3:4": "2001:db8::/64",
		"2001:db8:0:1::1":      "2001:db8:0:1::/64",
		"fe80::1%eth0":         "fe80::/64",
		"":                     "",
		"nowhere":              "nowhere",
	} {
		if got := GroupText(address); got != want {
			t.Errorf("GroupText(%q) = %q, want %q", address, got, want)
		}
	}
}
