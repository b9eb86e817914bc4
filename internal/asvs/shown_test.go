package asvs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is where the tree begins, seen from this package.
const root = "../.."

// found is where tests are defined: a Go test's name, or a browser test's title,
// with the directories or files that have it.
type found map[string][]string

var (
	goTest     = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	scriptTest = regexp.MustCompile(`(?m)^\s*test\(\s*['"\x60]([^'"\x60]+)['"\x60]`)
)

// proofs looks through the tree for tests.
func proofs(t *testing.T) found {
	t.Helper()
	all := found{}
	for _, top := range []string{"cmd", "internal", "bench", "test"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			file, _ := filepath.Rel(root, path)
			switch text := ""; {
			case strings.HasSuffix(path, "_test.go"):
				text = source(t, path)
				for _, m := range goTest.FindAllStringSubmatch(text, -1) {
					all[m[1]] = append(all[m[1]], filepath.ToSlash(filepath.Dir(file)))
				}
			case strings.HasSuffix(path, ".test.mjs"):
				text = source(t, path)
				for _, m := range scriptTest.FindAllStringSubmatch(text, -1) {
					all[m[1]] = append(all[m[1]], filepath.ToSlash(file))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// named is a Go test as the table names it: its package's last word, a dot, the test.
var named = regexp.MustCompile(`^([\w-]+)\.((?:Test|Fuzz|Benchmark)\w+)$`)

// find is what the document says for a name of the table's last column: a Go
// test, a browser test by its title, else a file.
func (f found) find(t *testing.T, id, name string) string {
	t.Helper()
	if m := named.FindStringSubmatch(name); m != nil {
		for _, dir := range f[m[2]] {
			if strings.HasSuffix(dir, "/"+m[1]) {
				return "`" + name + "`"
			}
		}
		t.Errorf("%s is shown by %s, which is in %v", id, name, f[m[2]])
		return ""
	}
	if where := f[name]; len(where) > 0 && strings.HasSuffix(where[0], ".mjs") {
		return "“" + name + "” in [" + where[0] + "](../" + where[0] + ")"
	}
	if _, err := os.Stat(filepath.Join(root, name)); err != nil {
		t.Errorf("%s is shown by %q, which is neither a test (as room.TestName) nor a file of this tree", id, name)
	}
	return "[" + name + "](../" + name + ")"
}
