package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

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
	r, err := drive(addr, 3, 100*time.Millisecond, ask("/", "a page"))
	if err != nil || r.rate <= 0 || r.p99 <= 0 {
		t.Errorf("drive(a good page) = %+v, %v, want a rate and a p99", r, err)
	}
	if r, err := drive(addr, 3, 100*time.Millisecond, ask("/gone", "a page")); err == nil {
		t.Errorf("drive(404) = %+v, want an error", r)
	}
	if r, err := drive(addr, 1, 100*time.Millisecond, ask("/", "another page")); err == nil {
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
	r, err := rawInserts(filepath.Join(t.TempDir(), "raw.db"), 50*time.Millisecond)
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
		atMost("small", "MB", 10, 35),
	})
	for _, want := range []string{"fast", "0.60   yes", "0.40   no", "small", "2 of 3 targets met"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("table = %s\nwant %q in it", out.String(), want)
		}
	}
}

func TestBenchmarkOutputIsRead(t *testing.T) {
	out := "goos: linux\nBenchmarkCommit/writers=1-2 \t 5000\t 300000 ns/op\t 3333 commits/s\t 0.5 p99-ms\n" +
		"BenchmarkCommit/writers=64-2 \t 90000\t 25000.5 ns/op\t 39998 commits/s\t 12.5 p99-ms\nPASS\n"
	want := [][]string{{"1", "3333", "0.5"}, {"64", "39998", "12.5"}}
	found := benchmarkLine.FindAllStringSubmatch(out, -1)
	if len(found) != len(want) {
		t.Fatalf("found %q, want %d lines", found, len(want))
	}
	for i := range want {
		if !slices.Equal(found[i][1:], want[i]) {
			t.Errorf("line %d = %q, want %q", i, found[i][1:], want[i])
		}
	}
}
