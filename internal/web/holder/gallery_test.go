package holder

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"coffer/internal/fault"
	"coffer/internal/secret"
	"coffer/internal/web"
)

// hostile is what a visitor may have typed, wherever a page shows text.
const hostile = `"><script>alert(1)</script><img src=x onerror=y>'` + "\u202e"

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func hostileRows() []web.Row {
	return []web.Row{
		{Seq: 48216, To: "/activity/48216", At: noon, Says: hostile, Device: hostile, Address: hostile, Session: hostile, Note: hostile, Mark: web.Refused},
		{Seq: 4, To: "/activity/4", At: noon, Says: hostile, Note: hostile, Mark: web.Unfamiliar, Report: "/activity/4/report", ReportAs: hostile},
		{Seq: 3, To: "/activity/3", At: noon, Says: "x", Mark: web.Reported},
		{Seq: 2, At: noon.Add(-48 * time.Hour), Says: "x", Mark: web.Grave},
		{Seq: 1, At: noon.Add(-72 * time.Hour), Note: "y", Mark: web.Unusual},
	}
}

func hostileFaults() web.Faults {
	var all web.Faults
	for _, name := range []string{"username", "password", "card_number", "cardholder_name", "expiry", "label", "current_password", "new_password"} {
		all = append(all, fault.Field{Name: name, Rule: "r", Text: hostile})
	}
	return all
}

// gallery is every page, bare and with all there is to show.
func gallery() map[string]templ.Component {
	full := web.Shell{Person: hostile, Version: hostile}
	out := web.Shell{Version: hostile}
	face := web.Face{ID: "c_1", Label: hostile, Brand: hostile, Last4: hostile, Holder: hostile, Expiry: hostile}
	soon, expired := face, face
	soon.Soon, soon.ID, expired.Expired, expired.ID = true, "c_2", true, "c_3"
	line := web.Explain([]byte(`{"seq":1,"useragent":"\"><script>alert(1)</script>","data":{"x":"<img src=x onerror=y>"},"schema":1}`))
	oneCard := CardView{Shell: full, Face: face, Added: noon, Shown: noon, ShownFrom: hostile, Ends: hostile, History: hostileRows(), More: true, Done: hostile}
	shown := oneCard
	shown.Number, shown.Line, shown.Known = secret.New("4242424242424242"), 48216, true
	event := EventView{
		Shell: full, Row: hostileRows()[0], Level: hostile, Line: line, Place: Place{Size: 48217, At: noon, Origin: hostile, Keys: hostile},
		Groups: []Group{{hostile, []Fact{{hostile, hostile, hostile, hostile}, {Name: "x", Text: "y"}}}, {"z", nil}},
	}
	signIn := SignIn{ID: "9c1185a5c5e9fc54", Device: hostile, Address: hostile, Since: noon, Used: noon}
	security := SecurityView{Shell: full, Set: noon, Changed: true, SteppedUp: true, This: signIn, Others: []SignIn{signIn, signIn}, Done: hostile}
	refused := security
	refused.Refusal, refused.SteppedUp = hostile, false
	faulty := refused
	faulty.Faults = hostileFaults()
	lockedSecurity, mistyped := security, security
	lockedSecurity.CardsLocked, mistyped.Mistyped = true, hostile
	problem := web.Problem{Status: 503, Title: hostile, Text: hostile, RequestID: hostile, At: noon, Retry: noon.Add(time.Minute), Form: "/login", Written: []string{hostile, "b"}}
	all := map[string]templ.Component{
		"welcome bare": WelcomeView{}.Page(), "welcome": WelcomeView{Shell: out, Line: line}.Page(),
		"welcome own": WelcomeView{Shell: out, Line: line, Own: true, Did: hostile}.Page(),
		"signup bare": SignupView{}.Page(), "signup": SignupView{Shell: out, Username: hostile, Faults: hostileFaults()}.Page(),
		"login bare": LoginView{}.Page(), "login": LoginView{Shell: out, Username: hostile, Next: hostile, Refusal: hostile, Why: hostile}.Page(),
		"login faults": LoginView{Shell: out, Refusal: hostile, Faults: hostileFaults()}.Page(),
		"confirm bare": ConfirmView{}.Page(), "confirm": ConfirmView{Shell: full, Next: hostile, Refusal: hostile}.Page(),
		"confirm faults": ConfirmView{Shell: full, Faults: hostileFaults()}.Page(),
		"cards bare":     CardsView{}.Page(),
		"cards": CardsView{Shell: full, Lately: hostileRows(), Done: hostile, Cards: []Tile{
			{Face: face, Added: noon}, {Face: soon, Shown: noon, ShownFrom: hostile, Until: hostile}, {Face: expired},
		}}.Page(),
		"new card bare": NewCardView{}.Page(),
		"new card":      NewCardView{Shell: full, Holder: hostile, Expiry: hostile, Label: hostile, Faults: hostileFaults(), Refusal: hostile}.Page(),
		"card bare":     CardView{}.Page(), "card": oneCard.Page(), "card shown": shown.Page(),
		"activity asked": ActivityView{Shell: full, Short: true, Filter: Filter{Kind: "cards", Days: hostile, Address: hostile, Word: hostile, Unfamiliar: true}}.Page(),
		"activity faults": ActivityView{Shell: full, Filter: Filter{Days: hostile, Faults: web.Faults{
			{Name: "days", Text: hostile}, {Name: "address", Text: hostile}, {Name: "q", Text: hostile}, {Name: "kind", Text: hostile}, {Name: "unfamiliar", Text: hostile},
		}}}.Page(),
		"cards news":  CardsView{Shell: full, News: News{Failed: 3, Last: hostileRows()[0], Rows: hostileRows(), More: 2, Since: noon}}.Page(),
		"locked bare": LockedView{}.Page(), "locked": LockedView{Shell: full, Back: "/view_credit_card/c_1", Why: hostile}.Page(),
		"security locked": lockedSecurity.Page(), "security mistyped": mistyped.Page(),
		"activity bare": ActivityView{}.Page(), "activity end": ActivityView{Shell: full, Newer: "/activity"}.Page(),
		"activity":      ActivityView{Shell: full, Days: web.ByDay(hostileRows()), Older: "/activity?before=1", Newer: "/activity"}.Page(),
		"security bare": SecurityView{}.Page(), "security": security.Page(), "security refused": refused.Page(), "security faults": faulty.Page(),
		"reset bare": ResetView{}.Page(), "reset": ResetView{Shell: out, Username: hostile, Factors: true, Faults: hostileFaults()}.Page(),
		"told": CardsView{Shell: web.Shell{Person: hostile, Removal: &web.Removal{}}}.Page(), "told when": SecurityView{Shell: web.Shell{Person: hostile, Removal: &web.Removal{Due: noon}}}.Page(),
		"event bare": EventView{}.Page(), "event": event.Page(),
		"problem bare": web.ErrorPage(web.Shell{}, web.Problem{}), "problem": web.ErrorPage(full, problem),
		"problem stranger": web.ErrorPage(out, web.Problem{Status: 401, Title: "x", RequestID: "r_1"}),
	}
	maps.Copy(all, factorGallery())
	return all
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
	scripts = regexp.MustCompile(`<script[^>]*>`)
	values  = regexp.MustCompile(`"[^"]*"`)
	ids     = regexp.MustCompile(` id="([^"]*)"`)
	inputs  = regexp.MustCompile(`<input [^>]*>`)
	handler = regexp.MustCompile(`(?i)\son[a-z]+\s*=`)
	outside = regexp.MustCompile(`(?i)(?:src|href|action)="(?:https?:)?//`)
)

// What holds for every page, because the content policy and WCAG demand it.
func TestGallery(t *testing.T) {
	for name, page := range gallery() {
		t.Run(name, func(t *testing.T) {
			html := render(t, page)
			if !strings.HasPrefix(html, "<!doctype html>") || !strings.HasSuffix(html, "</html>") {
				t.Error("the page is not whole")
			}
			for _, want := range []string{"<h1", "<main ", "<title>", `<html lang="en"`} {
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
			for _, s := range scripts.FindAllString(html, -1) {
				if !strings.Contains(s, ` src="/static/`) {
					t.Errorf("a script that is no file of ours: %s", s)
				}
			}
			if m := outside.FindString(html); m != "" {
				t.Errorf("the page leads to another site: %s", m)
			}
			checkIDs(t, html)
			checkFields(t, html)
		})
	}
}

// checkIDs demands that ids are unique and that what refers to one finds it.
func checkIDs(t *testing.T, html string) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(html, -1) {
		if seen[m[1]] {
			t.Errorf("id %q stands twice", m[1])
		}
		seen[m[1]] = true
	}
	refers := regexp.MustCompile(` (?:for|aria-labelledby|aria-describedby|data-peek|data-copy|data-strength|href)="(#?)([^"]*)"`)
	for _, m := range refers.FindAllStringSubmatch(html, -1) {
		if strings.HasPrefix(strings.TrimSpace(m[0]), "href") && m[1] == "" {
			continue
		}
		for _, id := range strings.Fields(m[2]) {
			if !seen[id] {
				t.Errorf("%s leads nowhere", m[0])
			}
		}
	}
}

// checkFields demands a label for each field, and no secret in any.
func checkFields(t *testing.T, html string) {
	t.Helper()
	id := regexp.MustCompile(` id="([^"]*)"`)
	for _, in := range inputs.FindAllString(html, -1) {
		if strings.Contains(in, `type="hidden"`) || strings.Contains(in, `aria-hidden="true"`) {
			continue
		}
		m := id.FindStringSubmatch(in)
		if m == nil || !strings.Contains(html, `<label for="`+m[1]+`"`) {
			t.Errorf("no label for %s", in)
		}
		if !strings.Contains(in, " autocomplete=") || !strings.Contains(in, " type=") {
			t.Errorf("no type or autocomplete on %s", in)
		}
		if secretField := strings.Contains(in, `type="password"`) || strings.Contains(in, `cc-number`); secretField && !strings.Contains(in, `value=""`) {
			t.Errorf("a secret comes back in %s", in)
		}
	}
}

func TestShownNumber(t *testing.T) {
	pages := gallery()
	if html := render(t, pages["card shown"]); !strings.Contains(html, "4242 4242 4242 4242") || !strings.Contains(html, "#48216") ||
		!strings.Contains(html, `<noscript><meta http-equiv="refresh" content="30; url=/view_credit_card/c_1"></noscript>`) {
		t.Error("a shown number lacks the number, the line that was written first, or its end without script")
	}
	if html := render(t, pages["card"]); strings.Contains(html, "refresh") || strings.Contains(html, "data-hide") {
		t.Error("a masked card counts down")
	}
}

// The field names and the form's targets are the contract with tools and tests.
func TestFormsKeepTheContract(t *testing.T) {
	pages := gallery()
	for page, wants := range map[string][]string{
		"signup":   {`action="/signup"`, `name="username"`, `name="password"`, `autocomplete="new-password"`},
		"login":    {`action="/login"`, `name="username"`, `name="password"`, `name="next"`, `autocomplete="current-password"`},
		"confirm":  {`action="/confirm"`, `name="password"`, `name="next"`},
		"security": {`action="/settings/password"`, `name="current_password"`, `name="new_password"`, `autocomplete="current-password"`, `autocomplete="new-password"`, `action="/settings/sessions/9c1185a5c5e9fc54/end"`, `action="/settings/sessions/end_others"`, `action="/settings/delete"`, `name="username"`, `href="/settings/export"`},
		"new card": {`action="/create_credit_card"`, `name="card_number"`, `name="cardholder_name"`, `name="expiry"`, `name="label"`, `autocomplete="cc-number"`, `inputmode="numeric"`},
		"card":     {`action="/view_credit_card/c_1/reveal"`, `action="/view_credit_card/c_1/delete"`, `action="/logout"`},
	} {
		html := render(t, pages[page])
		for _, want := range wants {
			if !strings.Contains(html, want) {
				t.Errorf("%s lacks %s", page, want)
			}
		}
		for _, tag := range regexp.MustCompile(`<form [^>]*>`).FindAllString(html, -1) {
			if !strings.Contains(tag, `method="post"`) {
				t.Errorf("%s does not post", tag)
			}
		}
	}
}

// A page that is looked at thousands of times a second has to stay small.
func TestCardPageIsSmall(t *testing.T) {
	rows := make([]web.Row, 5)
	for i := range rows {
		rows[i] = web.Row{Seq: 48216, At: noon, Says: "Looked at, masked", Device: "Firefox on Linux", Address: "203.0.113.9", Session: "b41e07aab41e07aa"}
	}
	html := render(t, CardView{Shell: web.Shell{Person: "alice", Version: "1.0.0"}, Face: web.Face{ID: "c_1", Brand: "visa", Last4: "4242"}, History: rows}.Page())
	if len(html) > 12<<10 {
		t.Errorf("the card page has %d bytes, want at most 12 KiB", len(html))
	}
}

func BenchmarkCardPage(b *testing.B) {
	view := CardView{Shell: web.Shell{Person: "alice", Version: "1.0.0"}, Face: web.Face{ID: "c_1", Brand: "visa", Last4: "4242"}, History: hostileRows()}
	var out strings.Builder
	for b.Loop() {
		out.Reset()
		if err := view.Page().Render(b.Context(), &out); err != nil {
			b.Fatal(err)
		}
	}
}
