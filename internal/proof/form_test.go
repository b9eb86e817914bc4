package proof

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden are the lines that the vocabulary promises, one for each event.
func golden(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../event/testdata/*.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d golden lines, %v", len(files), err)
	}
	lines := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		lines[filepath.Base(f)] = bytes.TrimSuffix(b, []byte("\n"))
	}
	return lines
}

// TestForm accepts every line that Coffer writes, and of each none that was
// spelt in another way.
func TestForm(t *testing.T) {
	for name, line := range golden(t) {
		if broken := form(line); broken != "" {
			t.Errorf("%s %s", name, broken)
		}
		text := string(line)
		for what, bad := range map[string]struct {
			line string
			want breach
		}{
			"a space":            {strings.Replace(text, `,"level"`, `, "level"`, 1), hasSpace},
			"a space at the end": {text + " ", noForm},
			"a control byte":     {strings.Replace(text, `"INFO`, "\"\x1bINFO", 1), "holds a character that no line may hold (U+001B)"},
			"a spelling":         {strings.Replace(text, `"appid":"c`, `"appid":"\u0063`, 1), hasEscape},
			"a member more":      {strings.Replace(text, `"schema":1}`, `"schema":1,"x":1}`, 1), noForm},
			"a member twice":     {strings.Replace(text, `"level":`, `"level":"INFO","level":`, 1), noForm},
			"a member less":      {strings.Replace(text, `"appid":"coffer",`, ``, 1), noForm},
			"members swapped":    {strings.Replace(text, `"appid":"coffer","node"`, `"node":"coffer","appid"`, 1), noForm},
			"an object more":     {text + "{}", noForm},
			"an end that lacks":  {strings.TrimSuffix(text, "}"), noForm},
			"an open text":       {strings.TrimSuffix(text, "}") + `"`, noForm},
		} {
			if bad.line == text {
				continue // there is no such place in this line
			}
			if got := form([]byte(bad.line)); got != bad.want {
				t.Errorf("%s with %s: %q, want %q", name, what, got, bad.want)
			}
		}
	}
}

// TestFormLater takes a line of a later schema for what it is: not known, and
// not somebody's forgery.
func TestFormLater(t *testing.T) {
	for name, line := range golden(t) {
		later := strings.Replace(string(line), `"schema":1}`, `"more":"x","schema":2}`, 1)
		if broken := form([]byte(later)); broken != "" {
			t.Errorf("%s of another schema %s", name, broken)
		}
	}
}
