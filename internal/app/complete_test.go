package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coffer/internal/app"
	"coffer/internal/apptest"
	"coffer/internal/apptest/house"
	"coffer/internal/card"
	"coffer/internal/deliver"
	"coffer/internal/query"
	"coffer/internal/seclog"
	"coffer/internal/seclog/file"
	"coffer/internal/seclog/seal"
	"coffer/internal/web"
)

// TestStatements holds that every SQL text of every room is good on both
// engines. Those put together out of parts stand on their rooms' lists.
func TestStatements(t *testing.T) {
	all := slices.Concat(app.Statements(), card.Statements(), query.Statements(), file.Statements(), seal.Statements(), seclog.Statements(), deliver.Statements())
	for name, p := range packages(t) {
		if slices.Contains(outsideFloors, name) || name == "internal/db" {
			continue // db's own set the engines up, each its own
		}
		for _, f := range p.GoFiles {
			all = append(all, literals(t, filepath.Join(p.Dir, f))...)
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) < 50 {
		t.Errorf("statements = %d, want those of all rooms", len(all))
	}
	apptest.Prepare(t, all...)
}

// literals are a file's whole SQL texts.
func literals(t *testing.T, path string) (sql []string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if _, parts := n.(*ast.BinaryExpr); parts {
			return false
		}
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text := strings.Trim(lit.Value, "`\"")
		for _, verb := range []string{"SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "} {
			if strings.HasPrefix(text, verb) {
				sql = append(sql, text)
			}
		}
		return true
	})
	return sql
}

// TestFormsAreRoutes holds that every form and link of the pages leads to a
// route of the table, and that every field it sends is one of the route's.
func TestFormsAreRoutes(t *testing.T) {
	h := house.Open(t, "sqlite")
	b := h.Person("alice", home)
	path := addCard(b, visa)
	h.Browser(far).Post("/login", "username", "alice", "password", house.Password).To("/").Wrote("authn_login_success", "session_created")
	pages := []*house.Answer{h.Browser(home).Get("/"), h.Browser(home).Get("/login"), h.Browser(home).Get("/signup")}
	for _, p := range []string{"/", "/activity", cardForm, "/confirm", "/settings/security", "/nothing"} {
		pages = append(pages, b.Get(p))
	}
	pages = append(pages, b.Get(path))
	h.Wrote("sensitive_read")
	routes := h.Handler().(*web.Server).Routes()
	for _, page := range pages {
		for _, form := range strings.Split(page.Body, "<form ")[1:] {
			form, _, _ = strings.Cut(form, "</form>")
			action := between(form, `action="`, `"`)
			if strings.Contains(form, `method="get"`) { // it only asks: its fields are the address's
				if routeOf(routes, "GET", action) == nil {
					t.Errorf("a form asks %q, which is no route", action)
				}
				continue
			}
			route := routeOf(routes, "POST", action)
			if route == nil {
				t.Errorf("a form leads to %q, which is no route", action)
				continue
			}
			for _, input := range strings.Split(form, ` name="`)[1:] {
				if name, _, _ := strings.Cut(input, `"`); name != "" && !route.JSON && !slices.Contains(route.Fields, name) {
					t.Errorf("the form of %s sends %s, which the route refuses", action, name)
				}
			}
		}
		for _, link := range strings.Split(page.Body, `href="/`)[1:] {
			to, _, _ := strings.Cut(link, `"`)
			to, _, _ = strings.Cut("/"+to, "?")
			to, _, _ = strings.Cut(to, "#")
			if routeOf(routes, "GET", to) == nil {
				t.Errorf("a link leads to %q, which is no route", to)
			}
			if web.Built() && strings.HasPrefix(to, "/static/") {
				b.Get(to).Is(200).Has("Cache-Control", "public, max-age=31536000, immutable").Has("Set-Cookie", "").Wrote()
			}
		}
	}
}

func routeOf(routes []web.Route, method, path string) *web.Route {
	for _, r := range routes {
		if r.Method() == method && fits(strings.Split(r.Path(), "/"), strings.Split(path, "/")) {
			return &r
		}
	}
	return nil
}

func fits(pattern, path []string) (fit bool) {
	return slices.EqualFunc(pattern, path, func(want, got string) bool {
		return want == got || strings.HasPrefix(want, "{") && got != ""
	})
}
