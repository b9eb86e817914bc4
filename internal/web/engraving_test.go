package web

import (
	"encoding/xml"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var sources = os.DirFS(".")

func TestEngraveIsTheCards(t *testing.T) {
	first, colour := engrave("c_1")
	if again, colourAgain := engrave("c_1"); again != first || colourAgain != colour {
		t.Errorf("engrave again = %v, %d, want %v, %d", again, colourAgain, first, colour)
	}
	seen := map[engraving]int{}
	for i := range 200 {
		e, _ := engrave("c_" + strconv.Itoa(i))
		seen[e]++
	}
	if len(seen) < 150 {
		t.Errorf("200 ids give %d engravings, want most of them different", len(seen))
	}
	if _, got := engrave(""); got != 0 {
		t.Errorf("colour of the plain card = %d, want 0", got)
	}
}

// Every engraving has an address of its own, from which it can be drawn again;
// an address that names none is nobody's.
func TestEngravingsHaveAddresses(t *testing.T) {
	seen := map[string]bool{}
	for i := range waveCounts * steps * heights * turns {
		e := engraving{i % waveCounts, i / waveCounts % steps, i / waveCounts / steps % heights, i / waveCounts / steps / heights}
		if got, found := engravingAt(e.at()); !found || got != e {
			t.Errorf("engravingAt(%q) = %v, %v, want %v", e.at(), got, found, e)
		}
		seen[e.at()] = true
		var drawn struct {
			Rings []struct{} `xml:"g>path"`
			Turns []struct{} `xml:"use"`
		}
		if err := xml.Unmarshal(e.picture(), &drawn); err != nil || len(drawn.Rings) != 3 || len(drawn.Turns) != 2 {
			t.Fatalf("picture of %v has %d rings and %d turns (%v), want 3 and 2", e, len(drawn.Rings), len(drawn.Turns), err)
		}
	}
	if len(seen) != waveCounts*steps*heights*turns {
		t.Errorf("%d engravings have %d addresses", waveCounts*steps*heights*turns, len(seen))
	}
	for _, path := range []string{"", "8000.svg", "0300.svg", "0040.svg", "0008.svg", "0000.css", "000.svg", "00000.svg", "/000.svg", "0:00.svg"} {
		if e, found := engravingAt(engravings + path); found {
			t.Errorf("engravingAt(%q) = %v, want none", path, e)
		}
	}
}

// The picture comes like any other file, and a browser may keep it.
func TestEngravingIsServed(t *testing.T) {
	e, _ := engrave("c_1")
	w := httptest.NewRecorder()
	static(assets{}, http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", e.at(), nil))
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") ||
		!strings.Contains(w.Body.String(), "<svg ") {
		t.Errorf("GET %s = %d %v", e.at(), w.Code, w.Header())
	}
}

// A ring must close, and stay inside its picture.
func TestRingCloses(t *testing.T) {
	number := regexp.MustCompile(`-?\d+`)
	for waves := range waveCounts {
		for height := range heights {
			path := ring(waves, height)
			var n []int
			for _, s := range number.FindAllString(path, -1) {
				v, err := strconv.Atoi(s)
				if err != nil {
					t.Fatal(err)
				}
				n = append(n, v)
			}
			x, y := n[0], n[1]
			rest := n[4:] // the first curve has one handle more
			crests := 0
			for ; len(rest) >= 4; rest = rest[4:] {
				x, y, crests = x+rest[2], y+rest[3], crests+1
				if r := math.Hypot(float64(x), float64(y)); r > 110 {
					t.Fatalf("ring(%d, %d) reaches %.0f, want at most 110", waves, height, r)
				}
			}
			if x != n[0] || y != n[1] || !strings.HasSuffix(path, "z") {
				t.Errorf("ring(%d, %d) ends at %d,%d, want %d,%d", waves, height, x, y, n[0], n[1])
			}
			if want := 2 * (leastWaves + waves); crests != want {
				t.Errorf("ring(%d, %d) has %d curves, want %d", waves, height, crests, want)
			}
		}
	}
}

func BenchmarkEngrave(b *testing.B) {
	for b.Loop() {
		engrave("c_7f3k9q2mhx5w4cjzr6t1vbn8pa")
	}
}
