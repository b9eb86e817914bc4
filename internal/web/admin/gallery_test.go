package admin

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"coffer/internal/account"
	"coffer/internal/web"
)

// hostile is what a visitor may have typed, wherever a page shows text.
const hostile = `"><script>alert(1)</script><img src=x onerror=y>'` + "\u202e"

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// gallery is every page, bare and with all there is to show.
func gallery() map[string]templ.Component {
	shell := web.Shell{Person: hostile, Version: hostile, Role: account.Admin}
	one := account.Person{ID: "u_1", Username: hostile, Role: account.Holder, Password: true, LastSeen: noon}
	gone := account.Person{ID: "u_2", Username: hostile, Role: hostile, Since: noon}
	rows := []web.Row{{Seq: 7, At: noon, Says: hostile, Device: hostile, Address: hostile, Note: hostile, Mark: web.Unusual}}
	full := PersonView{
		Shell: shell, Who: account.Standing{Person: one, Sessions: 2, Locks: 1}, Lines: rows, Done: hostile, Refusal: hostile,
		Link: "http://localhost:8880/reset/x", Until: noon,
	}
	full.Who.SecondFactor, full.Removal = true, Removal{Next: linkStep, Wanted: true, Due: noon}
	asked, begun, waits := full, full, full
	asked.Removal, begun.Removal, waits.Removal = Removal{Next: agreeStep, Wanted: true}, Removal{Next: askStep}, Removal{Wanted: true, Due: noon}
	disabled, own := full, full
	disabled.Who, own.Own = account.Standing{Person: gone}, true
	items := []Item{
		{Key: "keys", Title: hostile, State: hostile, Do: hostile, Says: hostile},
		{Key: "factor", State: hostile, To: web.Link{To: "/settings/security", Text: hostile}},
		{Key: "https", Title: hostile, Do: hostile},
		{Key: "proxy", Title: hostile, State: hostile, Done: true},
	}
	return map[string]templ.Component{
		"list bare": ListView{}.Page(), "list none": ListView{Shell: shell, Query: hostile}.Page(),
		"list":        ListView{Shell: shell, Query: hostile, Later: true, Next: "/people?after=x&q=y", People: []account.Person{one, gone, {ID: "u_3"}}}.Page(),
		"person bare": PersonView{}.Page(), "person": full.Page(), "person disabled": disabled.Page(), "person own": own.Page(),
		"person asked": asked.Page(), "person begun": begun.Page(), "person waits": waits.Page(),
		"checklist bare": ChecklistView{}.Page(), "checklist": ChecklistView{Shell: shell, Items: items}.Page(),
		"auditor bare": AuditorView{}.Page(), "auditor": AuditorView{Shell: web.Shell{Person: hostile, Role: account.Auditor}, URL: hostile}.Page(),
	}
}

func render(t *testing.T, page templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := page.Render(t.Context(), &b); err != nil {
		t.Fatalf("Render = %v, want no error", err)
	}
	return b.String()
}

var (
	tags    = regexp.MustCompile(`<[a-zA-Z][^>]*>`)
	values  = regexp.MustCompile(`"[^"]*"`)
	ids     = regexp.MustCompile(` id="([^"]*)"`)
	refers  = regexp.MustCompile(` (?:for|aria-labelledby|aria-describedby|data-copy)="([^"]*)"`)
	handler = regexp.MustCompile(`(?i)\son[a-z]+\s*=`)
)

// What holds for every page, because the content policy and WCAG demand it.
func TestGallery(t *testing.T) {
	for name, page := range gallery() {
		t.Run(name, func(t *testing.T) {
			html := render(t, page)
			for _, want := range []string{"<h1", "<main ", "<title>", "</html>"} {
				if n := strings.Count(html, want); n != 1 {
					t.Errorf("%s stands %d times, want once", want, n)
				}
			}
			if strings.Contains(html, "<script>alert") || strings.Contains(html, "<img src=x") {
				t.Error("a visitor's text became markup")
			}
			for _, tag := range tags.FindAllString(html, -1) {
				if bare := values.ReplaceAllString(tag, ""); strings.Contains(bare, " style=") || handler.MatchString(bare) {
					t.Errorf("inline style or script in %s", tag)
				}
			}
			seen := map[string]bool{}
			for _, m := range ids.FindAllStringSubmatch(html, -1) {
				if seen[m[1]] {
					t.Errorf("id %q stands twice", m[1])
				}
				seen[m[1]] = true
			}
			for _, m := range refers.FindAllStringSubmatch(html, -1) {
				if !seen[m[1]] {
					t.Errorf("%s leads nowhere", m[0])
				}
			}
		})
	}
}

// The field names and the forms' targets are the contract with tools and tests.
func TestFormsKeepTheContract(t *testing.T) {
	pages := gallery()
	for page, wants := range map[string][]string{
		"list":            {`action="/people"`, `name="q"`, `href="/people/u_1"`},
		"person":          {`action="/people/u_1/role"`, `name="role"`, `action="/people/u_1/lock"`, `action="/people/u_1/unlock"`, `action="/people/u_1/reset"`},
		"person disabled": {`action="/people/u_2/unlock"`},
		"person begun":    {`action="/people/u_1/factors"`, `name="step" value="ask"`},
		"person asked":    {`name="step" value="agree"`, `name="step" value="cancel"`},
		"checklist":       {`action="/checklist/keys"`, `href="/settings/security"`},
	} {
		html := render(t, pages[page])
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s lacks %s", page, want)
			}
		}
	}
	for page, nots := range map[string][]string{
		"person own": {"/role\"", "/lock\""}, "person disabled": {"/lock\"", "/reset\""},
	} {
		html := render(t, pages[page])
		for _, not := range nots {
			if strings.Contains(html, "action=\"/people/") && strings.Contains(html, not) {
				t.Errorf("%s offers %s", page, not)
			}
		}
	}
}
