package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

var short = window{10 * time.Millisecond, 100 * time.Millisecond}

func TestDriveCountsRightAnswersOnly(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte("<html>a page</html>"))
	}))
	t.Cleanup(page.Close)
	addr := page.Listener.Addr().String()
	ask := func(path, mark string) request {
		return func(int, int) ([]byte, int, string) { return get(addr, path, ""), http.StatusOK, mark }
	}
	r, err := drive(addr, 3, short, ask("/", "a page"))
	if err != nil || r.rate <= 0 || r.p99 <= 0 {
		t.Errorf("drive(a good page) = %+v, %v, want a rate and a p99", r, err)
	}
	if r, err := drive(addr, 3, short, ask("/gone", "a page")); err == nil {
		t.Errorf("drive(404) = %+v, want an error", r)
	}
	if r, err := drive(addr, 1, short, ask("/", "another page")); err == nil {
		t.Errorf("drive(wrong mark) = %+v, want an error", r)
	}
}

func TestBareServerAnswersAfterItsWrite(t *testing.T) {
	t.Chdir(t.TempDir())
	db, err := bareDatabase("bare.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	log, err := openLines("bare.log")
	if err != nil {
		t.Fatal(err)
	}
	s := &bareServer{db: db, page: barePage, log: log}
	for name, h := range map[string]http.HandlerFunc{modeLine: s.line, modeInsert: s.insert} {
		r := httptest.NewRequest("GET", "/card/7", nil)
		r.SetPathValue("id", "7")
		w := httptest.NewRecorder()
		h(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Card ending 4242") {
			t.Errorf("%s = %d %.80q, want 200 and the card", name, w.Code, w.Body)
		}
	}
	var rows int
	if err := db.QueryRow("SELECT count(*) FROM event").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("events = %d, %v, want 1", rows, err)
	}
	if info, err := log.file.Stat(); err != nil || info.Size() != int64(len(bareLine("7"))) {
		t.Errorf("the log has %v, %v, want one line of %d bytes", info.Size(), err, len(bareLine("7")))
	}
}

func TestRawInserts(t *testing.T) {
	r, err := rawInserts(t.TempDir(), "", short)
	if err != nil || r.rate <= 0 {
		t.Errorf("rawInserts = %+v, %v, want a rate", r, err)
	}
}

func TestSummarizeTakesTheNearestRank(t *testing.T) {
	var took []time.Duration
	for i := range 200 {
		took = append(took, time.Duration(200-i)*time.Millisecond)
	}
	if got, want := summarize(took, 2*time.Second), (result{rate: 100, p99: 199}); got != want {
		t.Errorf("summarize = %+v, want %+v", got, want)
	}
	if got := summarize(nil, time.Second); got != (result{}) {
		t.Errorf("summarize(nothing) = %+v, want nothing", got)
	}
}

func TestCardNumbersFitTheirLastDigit(t *testing.T) {
	for n := range int64(500) {
		number := cardNumber(n * 982_451_653)
		sum := 0
		for i := range number { // from the right, every second digit doubled (ISO/IEC 7812-1, annex B)
			d := int(number[len(number)-1-i] - '0')
			if i%2 == 1 {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		if len(number) != 16 || number[0] != '4' || sum%10 != 0 {
			t.Fatalf("cardNumber = %s, want 16 digits from 4 whose Luhn sum is a multiple of 10", number)
		}
	}
}

func TestTableJudges(t *testing.T) {
	at := func(rates ...float64) (all []result) {
		for _, rate := range rates {
			all = append(all, result{rate: rate})
		}
		return all
	}
	var out strings.Builder
	print(&out, []figure{
		compare("fast", at(60, 10, 70), at(100, 100, 100), "ref", 0.5),
		compare("slow", at(40, 40, 99), at(100, 100, 100), "ref", 0.5),
		compare("shown only", at(40), at(100), "ref", 0),
		atMost("small", "MB", 10, 35), atMost("at the limit", "MB", 35, 35),
		atLeast("many", "lines/s", 35, 35).with("%d lines", 7), atLeast("few", "lines/s", 34, 35),
		{name: "absent", measured: "no PostgreSQL here"},
	})
	for _, want := range []string{"fast", "0.60   ok", "0.40   short", "7 lines", "no PostgreSQL here", "3 of 6 targets met"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("table = %s\nwant %q in it", out.String(), want)
		}
	}
}

func TestPlanIsSmallWhereAsked(t *testing.T) {
	env := func(set ...string) func(string) string {
		return func(name string) string {
			if slices.Contains(set, name) {
				return "1"
			}
			return ""
		}
	}
	usual, quick, large := planOf(env()), planOf(env("BENCH_QUICK")), planOf(env("BENCH_LARGE"))
	if usual.events != 200_000 || usual.lines != 1_000_000 || usual.rounds != 3 {
		t.Errorf("usual plan = %+v", usual)
	}
	if quick.rounds != 1 || quick.events >= usual.events || quick.window.during >= usual.window.during {
		t.Errorf("quick plan = %+v, want less than %+v", quick, usual)
	}
	if large.events != 10_000_000 || large.lines != 10_000_000 || large.window != usual.window {
		t.Errorf("large plan = %+v", large)
	}
}

func TestCPUOf(t *testing.T) {
	used, known := cpuOf("4242 (a (strange) name) S 1 2 3 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 8 0 1000 0 0")
	if !known || used != 2*time.Second {
		t.Errorf("cpuOf = %v, %v, want 2s", used, known)
	}
	for _, text := range []string{"", "4242 (short) S 1 2", "4242 (x) S 1 2 3 0 -1 4194560 100 0 0 0 many 50 0 0"} {
		if used, known := cpuOf(text); known {
			t.Errorf("cpuOf(%q) = %v, want that it is not known", text, used)
		}
	}
}

func TestUsualIsUndisturbed(t *testing.T) {
	times := 0
	each, err := usual(100*time.Millisecond, func() error {
		if times++; times == 100 {
			time.Sleep(50 * time.Millisecond)
		}
		return nil
	})
	if err != nil || each > 100*time.Microsecond {
		t.Errorf("usual = %v, %v, want what nothing takes", each, err)
	}
}
