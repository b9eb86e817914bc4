package web

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var sources = os.DirFS(".")

func TestEngraveIsTheCards(t *testing.T) {
	first := engrave("c_1")
	if again := engrave("c_1"); again != first {
		t.Errorf("engrave again = %v, want %v", again, first)
	}
	seen := map[engraving]int{}
	for i := range 200 {
		seen[engrave("c_"+strconv.Itoa(i))]++
	}
	if len(seen) < 150 {
		t.Errorf("200 ids give %d engravings, want most of them different", len(seen))
	}
	if got := engrave("").face; got != 0 {
		t.Errorf("face of the plain card = %d, want 0", got)
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
