package app_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// floors is the house: imports point down, and never to the same floor. A
// change of the architecture is a change of a line here.
var floors = map[string]int{
	"cmd/coffer": 9, "cmd/coffer-verify": 9,
	"internal/app":        8,
	"internal/web/holder": 7, "internal/web/ledger": 7,
	"internal/web/admin": 7,
	"internal/web":       6,

	"internal/account": 5, "internal/card": 5, "internal/query": 5, "internal/deliver": 5, "internal/witness": 5,

	"internal/seclog": 4, "internal/seclog/file": 4, "internal/session": 4, "internal/limit": 4, "internal/factor": 4,
	"internal/seclog/seal": 3,
	"internal/db":          2, "internal/vault": 2,
	"internal/fault": 1, "internal/format": 1,
	"internal/event": 0, "internal/proof": 0, "internal/secret": 0, "internal/cache": 0,

	"internal/factor/breach": 3,
}

// outside are rooms that belong to no floor: what only tests use, what builds
// the pages' assets, and what measures.
var outsideFloors = []string{"internal/apptest", "internal/apptest/house", "internal/apptest/pgserve", "internal/apptest/notary", "internal/apptest/forge", "internal/apptest/forge/corpus", "bench"}

// exceptions are what a floor's remark forbids on top: the pages know no
// database and no vault, and the words nothing but the standard library.
var exceptions = map[string][]string{
	"internal/web":        {"internal/db", "internal/vault"},
	"internal/web/holder": {"internal/db", "internal/vault"},
	"internal/web/ledger": {"internal/db", "internal/vault"},
	"internal/web/admin":  {"internal/db", "internal/vault"},
}

// words stand on the standard library, and on what else is said here. The judge
// stands on the words alone: it does not import the judged.
var words = map[string][]string{
	"internal/event": nil, "internal/secret": nil, "internal/cache": nil,
	"internal/proof":    {"golang.org/x/mod/", "github.com/transparency-dev/formats/"},
	"cmd/coffer-verify": nil,
}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
}

const module = "coffer/"

func packages(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list = %v", err)
	}
	all := map[string]pkg{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatalf("go list: %v", err)
		}
		if name := strings.TrimPrefix(p.ImportPath, module); !strings.HasPrefix(name, "node_modules/") {
			all[name] = p
		}
	}
	return all
}

func TestFloors(t *testing.T) {
	all := packages(t)
	for name := range floors {
		if _, there := all[name]; !there {
			t.Errorf("%s stands on a floor and does not exist", name)
		}
	}
	for name, p := range all {
		if len(p.GoFiles) == 0 || slices.Contains(outsideFloors, name) {
			continue
		}
		floor, known := floors[name]
		if !known {
			t.Errorf("%s stands on no floor: give it a line in the table", name)
			continue
		}
		for _, i := range p.Imports {
			dep, ours := strings.CutPrefix(i, module)
			if !ours {
				may, word := words[name]
				if word && strings.Contains(strings.Split(i, "/")[0], ".") && !beginsWith(i, may) {
					t.Errorf("%s imports %s: the words stand on the standard library alone", name, i)
				}
				continue
			}
			if below, known := floors[dep]; !known || below >= floor {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports only point down", name, floor, dep, below)
			}
			if _, word := words[name]; word && floors[dep] > 0 {
				t.Errorf("%s imports %s: the judge does not import the judged", name, dep)
			}
			if slices.Contains(exceptions[name], dep) {
				t.Errorf("%s imports %s: pages reach the services, not what they stand on", name, dep)
			}
		}
	}
}

func beginsWith(path string, prefixes []string) (yes bool) {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(path, p) })
}

// TestWriter holds that nothing can change except through the log: only the log
// and the rooms inside it, and the wiring, so much as name the writer.
func TestWriter(t *testing.T) {
	may := []string{"internal/db", "internal/seclog", "internal/seclog/seal", "internal/seclog/file", "internal/app"}
	named := regexp.MustCompile(`\bdb\.(Writer|Open|Hooks)\b`)
	seen := map[string]bool{}
	for name, p := range packages(t) {
		if slices.Contains(outsideFloors, name) {
			continue
		}
		for _, f := range p.GoFiles {
			if !named.Match(source(t, p.Dir+"/"+f)) {
				continue
			}
			seen[name] = true
			if !slices.Contains(may, name) {
				t.Errorf("%s names the database's writer in %s", name, f)
			}
		}
	}
	for _, name := range may[1:] {
		if !seen[name] {
			t.Errorf("%s does not name the writer: take it off the list", name)
		}
	}
}

// TestHabits holds what the whole house does without.
func TestHabits(t *testing.T) {
	habits := map[string]*regexp.Regexp{
		"an init function":                 regexp.MustCompile(`(?m)^func init\(\)`),
		"a template's escaping turned off": regexp.MustCompile(`templ\.Raw\(|template\.HTML\(`),
		"a global logger of its own":       regexp.MustCompile(`\blog\.(Print|Fatal|Panic)`),
		"a print to standard output":       regexp.MustCompile(`\bfmt\.Print(ln|f)?\(`),
		"a word that says nothing":         regexp.MustCompile(`(?m)^package (util|utils|common|helpers?)$`),
	}
	for name, p := range packages(t) {
		if slices.Contains(outsideFloors, name) {
			continue
		}
		for _, f := range p.GoFiles {
			text := source(t, p.Dir+"/"+f)
			for habit, is := range habits {
				if is.Match(text) {
					t.Errorf("%s/%s has %s", name, f, habit)
				}
			}
		}
	}
}

func source(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
