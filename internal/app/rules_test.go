package app_test

import (
	"strings"
	"testing"

	"coffer/internal/apptest/house"
	"coffer/internal/web"
)

// TestRulesNameEachField holds that docs/rules.md says of each field of each form
// what it may hold.
func TestRulesNameEachField(t *testing.T) {
	h := house.Open(t, "sqlite")
	page := string(source(t, "../../docs/rules.md"))
	_, table, _ := strings.Cut(page, "\n## Fields\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, r := range h.Handler().(*web.Server).Routes() {
		for _, f := range r.Fields {
			row := false
			for line := range strings.Lines(table) {
				first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
				row = row || strings.HasPrefix(line, "| ") && strings.Contains(first, "`"+f+"`")
			}
			if !row {
				t.Errorf("docs/rules.md says nothing of %s, a field of %s", f, r.Pattern)
			}
		}
	}
}
