package app_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest/house"
	"coffer/internal/session"
	"coffer/internal/web"
)

// forbidden are packages that no part of the program imports, with the reason.
var forbidden = map[string]string{
	"os/exec":        "no command of the system is run",
	"plugin":         "no code is loaded while running",
	"unsafe":         "memory stays Go's to guard",
	"C":              "memory stays Go's to guard",
	"text/template":  "pages are compiled, and escaped by context",
	"html/template":  "pages are compiled, and escaped by context",
	"encoding/gob":   "what is decoded has a fixed type",
	"encoding/xml":   "no XML is read",
	"crypto/md5":     "a hash that is broken",
	"crypto/des":     "a cipher that is broken",
	"crypto/rc4":     "a cipher that is broken",
	"math/rand":      "chance that can be foretold",
	"net/http/pprof": "no door for developers",
	"net/http/cgi":   "no command of the system is run",
	"expvar":         "no door for developers",
	"net/http/fcgi":  "no command of the system is run",
}

// spread are the files whose chance is nobody's secret: when to try again, and
// what fills a file that keeps room free.
var spread = []string{"internal/app/space.go", "internal/db/serial.go", "internal/deliver/pace.go", "internal/witness/pace.go"}

// TestAbsent holds what the program does without: what is not there cannot be
// turned against it.
func TestAbsent(t *testing.T) {
	for name, p := range packages(t) {
		if slices.Contains(outsideFloors, name) {
			continue
		}
		for _, i := range p.Imports {
			if why := forbidden[i]; why != "" {
				t.Errorf("%s imports %s: %s", name, i, why)
			}
		}
		for _, f := range p.GoFiles {
			text := string(source(t, p.Dir+"/"+f))
			if strings.Contains(text, `"math/rand/v2"`) && !slices.Contains(spread, name+"/"+f) {
				t.Errorf("%s/%s takes chance that can be foretold", name, f)
			}
			constantPatterns(t, p.Dir+"/"+f)
		}
	}
}

// constantPatterns holds that no text from outside becomes a regular expression.
func constantPatterns(t *testing.T, file string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		fn, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if room, ok := fn.X.(*ast.Ident); ok && room.Name == "regexp" {
			if _, constant := call.Args[0].(*ast.BasicLit); !constant {
				t.Errorf("%s makes a regular expression out of something", file)
			}
		}
		return true
	})
}

// sinks are what turns text into markup or code in a browser, and what keeps it.
var sinks = regexp.MustCompile(`\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|DOMParser|srcdoc|sessionStorage|indexedDB|document\.(write|cookie)|eval\s*\(|new Function|__proto__|paste['"])`)

// TestScriptsAreTame holds that the pages' scripts put text into pages as text,
// run nothing that they were given, and keep nothing but the choice of colours.
func TestScriptsAreTame(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../web/assets/js", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".js") {
			return err
		}
		seen++
		text := string(source(t, path))
		if found := sinks.FindString(text); found != "" {
			t.Errorf("%s has %s", path, found)
		}
		if strings.Contains(text, "localStorage") && !strings.Contains(filepath.Base(path), "theme") {
			t.Errorf("%s keeps something in the browser", path)
		}
		return nil
	})
	if err != nil || seen < 9 {
		t.Errorf("looked through %d scripts, %v, want all of them", seen, err)
	}
}

// TestPagesRestAsSessions holds that pages leave the screen when the server would
// not know their session any more, and not before.
func TestPagesRestAsSessions(t *testing.T) {
	text := string(source(t, "../web/assets/js/leave.js"))
	if want := fmt.Sprintf("const idle = %d * 60 * 1000 ", session.Idle/time.Minute); !strings.Contains(text, want) {
		t.Errorf("leave.js lacks %q", want)
	}
}

// TestNoAccountAtFirst holds that nobody can sign in to a new installation:
// whoever runs it makes the first account, and no password comes with it.
func TestNoAccountAtFirst(t *testing.T) {
	house.Both(t, func(h *house.House) {
		for _, table := range []string{"account", "credential", "session"} {
			if n := count(h, table); n != 0 {
				t.Errorf("a new installation has %d rows in %s, want none", n, table)
			}
		}
		for _, name := range []string{"admin", "root", "coffer", "test", "demo"} {
			h.Browser(far).Post("/login", "username", name, "password", name).Is(401).Wrote("authn_login_fail reason=unknown_name")
		}
	})
}

// TestSignOutEverywhere holds that each page for signed-in people has the button
// that ends the session.
func TestSignOutEverywhere(t *testing.T) {
	h := house.Open(t, "sqlite")
	alice := h.Person("alice", home)
	path := addCard(alice, visa)
	for _, r := range h.Handler().(*web.Server).Routes() {
		at := strings.NewReplacer("{id}", strings.TrimPrefix(path, "/view_credit_card/"), "{seq}", "6").Replace(r.Path())
		if personal := r.Guard == web.SignedIn || r.Guard == web.SteppedUp || r.Path() == "/"; r.Method() != "GET" || !personal {
			continue
		}
		a := alice.Get(at)
		h.Rest() // a card's page is an event, and the others are none
		if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			a.Is(200, `action="/logout"`)
		}
	}
}
