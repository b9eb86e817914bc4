package web

import (
	"testing"
	"time"
)

func TestGroup(t *testing.T) {
	for _, c := range []struct{ brand, digits, want string }{
		{"visa", "4242424242424242", "4242 4242 4242 4242"},
		{"visa", "4222222222222", "4222 2222 2222 2"},
		{"amex", "378282246310005", "3782 822463 10005"},
		{"diners", "30569309025904", "3056 930902 5904"},
		{"maestro", "6759649826438453123", "6759 6498 2643 8453 123"},
		{"", "", ""},
		{"visa", "4", "4"},
	} {
		if got := Group(c.brand, c.digits); got != c.want {
			t.Errorf("Group(%q, %q) = %q, want %q", c.brand, c.digits, got, c.want)
		}
	}
}

// A mask has the shape of the number and shows its last four digits only.
func TestMasked(t *testing.T) {
	for _, c := range []struct{ brand, want string }{
		{"visa", "•••• •••• •••• 4242"}, {"amex", "•••• •••••• •4242"}, {"diners", "•••• •••••• 4242"}, {"", "•••• •••• •••• 4242"},
	} {
		if got := (Face{Brand: c.brand, Last4: "4242"}).Masked(); got != c.want {
			t.Errorf("Masked of %q = %q, want %q", c.brand, got, c.want)
		}
	}
}

func TestFaceName(t *testing.T) {
	for _, c := range []struct {
		face Face
		want string
	}{
		{Face{Label: "Everyday", Brand: "visa", Last4: "4242"}, "Everyday"},
		{Face{Brand: "amex", Last4: "0005"}, "American Express ending 0005"},
		{Face{Brand: "newbrand", Last4: "1"}, "newbrand ending 1"},
		{Face{Last4: "1"}, "Card ending 1"},
	} {
		if got := c.face.Name(); got != c.want {
			t.Errorf("Name of %+v = %q, want %q", c.face, got, c.want)
		}
	}
}

func TestDevice(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0":                                                           "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                  "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0":        "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":            "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36":                  "Chrome on Android",
		"curl/8.14.1": "curl", "": "an unknown device", "<script>": "an unknown device",
	} {
		if got := Device(agent); got != want {
			t.Errorf("Device(%q) = %q, want %q", agent, got, want)
		}
	}
}

func TestByDay(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	rows := []Row{{Seq: 4, At: at("2026-11-24T00:30:00+01:00")}, {Seq: 3, At: at("2026-11-23T22:00:00Z")}, {Seq: 2, At: at("2026-11-20T08:00:00Z")}}
	days := ByDay(rows)
	if len(days) != 2 || len(days[0].Rows) != 2 || len(days[1].Rows) != 1 {
		t.Fatalf("ByDay = %v, want two rows on the 23rd and one on the 20th", days)
	}
	if want := at("2026-11-23T00:00:00Z"); !days[0].Date.Equal(want) {
		t.Errorf("first day = %v, want %v", days[0].Date, want)
	}
	if got := ByDay(nil); got != nil {
		t.Errorf("ByDay(nil) = %v, want nothing", got)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "No cards", 1: "One card", 3: "Three cards", 12: "Twelve cards", 13: "13 cards"} {
		if got := Count(n, "card", "cards"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestProblemWait(t *testing.T) {
	now := time.Date(2026, 11, 24, 16, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		retry time.Time
		want  string
	}{
		{now.Add(24*time.Minute + 11*time.Second + time.Millisecond), "24:12"},
		{now.Add(5 * time.Second), "0:05"},
		{now, "0:00"},
		{now.Add(-time.Hour), "0:00"},
		{time.Time{}, "0:00"},
	} {
		if got := clock(Problem{At: now, Retry: c.retry}.wait()); got != c.want {
			t.Errorf("wait until %v = %s, want %s", c.retry, got, c.want)
		}
	}
}

// A link names where the form is; nobody is sent to a form they cannot use.
func TestProblemWays(t *testing.T) {
	for _, c := range []struct {
		p      Problem
		signed bool
		want   string
	}{
		{Problem{Status: 503, Form: "/create_credit_card"}, true, "/create_credit_card"},
		{Problem{Status: 404}, true, "/"},
		{Problem{Status: 404}, false, "/"},
		{Problem{Status: 401}, false, "/login"},
		{Problem{Status: 401, Form: "/login"}, false, "/login"},
	} {
		if got := c.p.ways(c.signed)[0].To; got != c.want {
			t.Errorf("first way of %+v = %s, want %s", c.p, got, c.want)
		}
	}
}
