package factor

import (
	"bufio"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// lists are the lists that were built in: the placeholder always, the real one
// where the page assets were built.
func lists(t testing.TB) map[string][]string {
	t.Helper()
	names, err := fs.Glob(common, "common/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, name := range names {
		f, err := common.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for in := bufio.NewScanner(f); in.Scan(); {
			all[name] = append(all[name], in.Text())
		}
		f.Close()
	}
	return all
}

func TestListsCanBeSearched(t *testing.T) {
	all := lists(t)
	if len(all["common/placeholder.txt"]) < 50 {
		t.Errorf("the placeholder has %d lines, want at least 50", len(all["common/placeholder.txt"]))
	}
	for name, lines := range all {
		if !slices.IsSorted(lines) {
			t.Errorf("%s is not sorted by bytes", name)
		}
		for _, l := range lines {
			if l == "" || len(l) >= longest || l != strings.ToLower(norm.NFC.String(l)) {
				t.Errorf("%s holds %q, want lower case, NFC, 1 to %d bytes", name, l, longest-1)
			}
		}
	}
}

func TestEveryLineIsFoundAndNothingElse(t *testing.T) {
	all := lists(t)
	lines := all["common/passwords.txt"]
	if lines == nil {
		lines = all["common/placeholder.txt"]
	}
	for _, l := range lines {
		if !isCommon(l) || !isCommon(strings.ToUpper(l)) && strings.ToLower(strings.ToUpper(l)) == l {
			t.Errorf("isCommon(%q) = false, want true in either case", l)
		}
		for _, other := range []string{l + "\n", l + "~~~", "\n" + l, l[:len(l)-1] + "\x01"} {
			if isCommon(other) {
				t.Errorf("isCommon(%q) = true, want false", other)
			}
		}
	}
	if isCommon("") || isCommon(strings.Repeat("a", 10_000)) {
		t.Error("isCommon of nothing or of too much = true, want false")
	}
}

// The search must agree with a plain look through the list, wherever the lines
// begin and however long they are.
func TestSearchAgreesWithLooking(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var lines []string
		for range rng.IntN(40) {
			lines = append(lines, strings.Repeat(string(rune('a'+rng.IntN(3))), 1+rng.IntN(longest-2))+fmt.Sprint(rng.IntN(9)))
		}
		slices.Sort(lines)
		lines = slices.Compact(lines)
		for _, end := range []string{"\n", ""} {
			text := strings.Join(lines, "\n") + end
			in := strings.NewReader(text)
			for _, l := range append(lines, "", "a", "zzz", "b5", "0") {
				want := l != "" && slices.Contains(lines, l)
				if got := search(in, int64(len(text)), l); got != want && l != "" {
					t.Fatalf("search(%q in %q) = %v, want %v", l, text, got, want)
				}
			}
		}
	}
}

func BenchmarkIsCommon(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		isCommon("correct horse battery staple")
	}
}
