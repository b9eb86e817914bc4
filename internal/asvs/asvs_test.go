// Package asvs holds the table from which docs/asvs.md is made, and the test that
// keeps both honest. It is no part of the program.
package asvs

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template"
)

//go:generate go test -run ^TestASVS$ . -update

var update = flag.Bool("update", false, "write docs/asvs.md")

const asvsDocument = "../../docs/asvs.md"

// The words of the column state. What is planned is not met, and says so in the
// document; when it is built, the row becomes met by naming what shows it.
const (
	met     = "met"
	notMet  = "not"
	planned = "planned"
	absent  = "n.a."
)

// requirement is one of the standard that applies to a program such as this.
type requirement struct{ ID, Level, Applies, Chapter string }

// answer is a row of the table: what Coffer says to a requirement.
type answer struct {
	requirement
	State string
	Asks  string // what it wants, in our words
	Says  string // how it is met, or why it is not
	Shown []string
}

// Met reports that the document may say so.
func (a answer) Met() bool { return a.State == met }

// TestASVS holds docs/asvs.md to its table: each requirement of levels 1 and 2
// has one answer, of level 3 those that are met; what is met names the tests or
// files that show it, and these are there.
func TestASVS(t *testing.T) {
	all := requirements(t)
	rows := answers(t, all)
	places := proofs(t)
	for i, a := range rows {
		checkAnswer(t, a)
		for j, name := range a.Shown {
			rows[i].Shown[j] = places.find(t, a.ID, name)
		}
	}
	for _, r := range all {
		if !slices.ContainsFunc(rows, func(a answer) bool { return a.ID == r.ID }) && r.Level != "L3" {
			t.Errorf("%s, %s, has no row in asvs.tsv", r.ID, r.Level)
		}
	}
	want := renderASVS(t, all, rows)
	if *update {
		if err := os.WriteFile(asvsDocument, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(asvsDocument); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/asvs.md is not what asvs.tsv says (%v): run go generate ./internal/asvs", err)
	}
}

// requirements are those that apply, in the standard's order.
func requirements(t *testing.T) (all []requirement) {
	t.Helper()
	for _, c := range cells(t, "applicable.tsv", "id level applies chapter") {
		all = append(all, requirement{c[0], c[1], c[2], c[3]})
	}
	return all
}

// answers reads the table, whose rows stand in the order of the requirements.
func answers(t *testing.T, all []requirement) (rows []answer) {
	t.Helper()
	next := 0
	for _, c := range cells(t, "asvs.tsv", "id state asks says shown") {
		at := slices.IndexFunc(all, func(r requirement) bool { return r.ID == c[0] })
		if at < next {
			t.Errorf("%s stands twice, out of order, or is none that applies", c[0])
			continue
		}
		next = at + 1
		a := answer{requirement: all[at], State: c[1], Asks: c[2], Says: c[3]}
		if c[4] != "" {
			a.Shown = strings.Split(c[4], "; ")
		}
		rows = append(rows, a)
	}
	return rows
}

func checkAnswer(t *testing.T, a answer) {
	t.Helper()
	switch {
	case a.Asks == "" || a.Says == "":
		t.Errorf("%s lacks what it asks, or what we say", a.ID)
	case a.State == met && len(a.Shown) == 0:
		t.Errorf("%s is met, and nothing shows it", a.ID)
	case a.State == absent && a.Applies != "cond":
		t.Errorf("%s applies without condition: it is met or not", a.ID)
	case !slices.Contains([]string{met, notMet, planned, absent}, a.State):
		t.Errorf("%s has the state %q", a.ID, a.State)
	case a.Level == "L3" && a.State != met && a.State != planned:
		t.Errorf("%s is of level 3 and not met: it needs no row", a.ID)
	}
}

// cells are a table's rows, below a header that must be this.
func cells(t *testing.T, file, header string) (rows [][]string) {
	t.Helper()
	text := strings.TrimSuffix(source(t, file), "\n")
	for i, line := range strings.Split(text, "\n") {
		row := strings.Split(line, "\t")
		if i == 0 && strings.Join(row, " ") != header || len(row) != len(strings.Fields(header)) {
			t.Fatalf("%s:%d has %d columns, want %s", file, i+1, len(row), header)
		}
		rows = append(rows, row)
	}
	return rows[1:]
}

// level is how a level does.
type level struct {
	Name                          string
	Applicable, Met, NotMet, None int
}

func renderASVS(t *testing.T, all []requirement, rows []answer) []byte {
	t.Helper()
	page, err := template.New("asvs.md.tmpl").Funcs(template.FuncMap{"number": func(l string) string { return strings.TrimPrefix(l, "L") }}).
		ParseFiles("asvs.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	type chapter struct {
		Title string
		Rows  []answer
	}
	var chapters []chapter
	for _, a := range rows {
		title := a.ID[:strings.Index(a.ID, ".")] + " " + a.Chapter
		if len(chapters) == 0 || chapters[len(chapters)-1].Title != title {
			chapters = append(chapters, chapter{Title: title})
		}
		if a.Met() || a.Level != "L3" {
			c := &chapters[len(chapters)-1]
			c.Rows = append(c.Rows, a)
		}
	}
	var b bytes.Buffer
	if err := page.Execute(&b, map[string]any{"Levels": levels(all, rows), "Chapters": chapters}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func levels(all []requirement, rows []answer) (counts []level) {
	for _, name := range []string{"L1", "L2", "L3"} {
		l := level{Name: name}
		for _, r := range all {
			if r.Level == name {
				l.Applicable++
			}
		}
		for _, a := range rows {
			switch {
			case a.Level == name && a.State == met:
				l.Met++
			case a.Level == name && a.State == absent:
				l.None++
			}
		}
		l.NotMet = l.Applicable - l.Met - l.None
		counts = append(counts, l)
	}
	return counts
}

func source(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
