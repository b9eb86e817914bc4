package web

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// tree is a small asset directory: two files, one of them zipped, and one of a
// kind that is not served.
func tree() fs.FS {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"d/aaa/page.css": file("body{}"), "d/aaa/page.css.gz": file("zipped"),
		"d/bbb/font.woff2": file("wOF2"), "d/bbb/notes.txt": file("no"),
		"d/icons.json": file(`{"mark":"<svg></svg>"}`), "d/placeholder.txt": file("no"),
	}
}

func getStatic(h http.Handler, method, at, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, at, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestStatic(t *testing.T) {
	h := static(load(tree(), "d"), http.NotFoundHandler())
	tests := []struct {
		name, method, at, accept     string
		status                       int
		kind, encoding, vary, answer string
	}{
		{"plain", "GET", "/static/aaa/page.css", "", 200, "text/css; charset=utf-8", "", "Accept-Encoding", "body{}"},
		{"zipped", "GET", "/static/aaa/page.css", "br, gzip", 200, "text/css; charset=utf-8", "gzip", "Accept-Encoding", "zipped"},
		{"zip refused", "GET", "/static/aaa/page.css", "gzip;q=0", 200, "text/css; charset=utf-8", "", "Accept-Encoding", "body{}"},
		{"never zipped", "GET", "/static/bbb/font.woff2", "gzip", 200, "font/woff2", "", "", "wOF2"},
		{"head", "HEAD", "/static/aaa/page.css", "", 200, "text/css; charset=utf-8", "", "Accept-Encoding", ""},
		{"another hash", "GET", "/static/zzz/page.css", "", 404, "", "", "", ""},
		{"no hash", "GET", "/static/page.css", "", 404, "", "", "", ""},
		{"a directory", "GET", "/static/aaa/", "", 404, "", "", "", ""},
		{"the zip itself", "GET", "/static/aaa/page.css.gz", "", 404, "", "", "", ""},
		{"another kind", "GET", "/static/bbb/notes.txt", "", 404, "", "", "", ""},
		{"upwards", "GET", "/static/aaa/../placeholder.txt", "", 404, "", "", "", ""},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			w := getStatic(h, c.method, c.at, c.accept)
			if w.Code != c.status {
				t.Fatalf("%s %s = %d, want %d", c.method, c.at, w.Code, c.status)
			}
			if c.status != http.StatusOK {
				return
			}
			got := w.Result().Header
			for name, want := range map[string]string{
				"Content-Type": c.kind, "Content-Encoding": c.encoding, "Vary": c.vary,
				"Cache-Control": "public, max-age=31536000, immutable",
			} {
				if got.Get(name) != want {
					t.Errorf("%s of %s = %q, want %q", name, c.at, got.Get(name), want)
				}
			}
			if w.Body.String() != c.answer {
				t.Errorf("body of %s = %q, want %q", c.at, w.Body, c.answer)
			}
		})
	}
}

func TestTakesGzip(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br, gzip;q=0.5": true, "gzip; q=0": false,
		"gzip;q=0.0": false, "gzip;q=x": false, "x-gzip": false, "*": false,
	} {
		if got := takesGzip(accept); got != want {
			t.Errorf("takesGzip(%q) = %v, want %v", accept, got, want)
		}
	}
}

func TestAssetWithoutBuild(t *testing.T) {
	bare := load(fstest.MapFS{"d/placeholder.txt": {Data: []byte("no")}}, "d")
	if len(bare.files)+len(bare.names)+len(bare.icons) != 0 {
		t.Errorf("load of a bare clone = %v, want nothing", bare)
	}
}

// needBuild demands the assets: what follows judges the build, not the code.
func needBuild(t *testing.T) {
	t.Helper()
	if !Built() {
		t.Fatal("the page assets are not built: npm ci && npm run build")
	}
}

func TestBuiltAddressesNameTheirContent(t *testing.T) {
	needBuild(t)
	for at, a := range built.files {
		sum := sha256.Sum256(a.plain)
		if want := hex.EncodeToString(sum[:])[:12]; path.Dir(at) != want {
			t.Errorf("directory of %s, want %s", at, want)
		}
		if a.zipped == nil {
			continue
		}
		r, err := gzip.NewReader(strings.NewReader(string(a.zipped)))
		if err != nil {
			t.Fatalf("%s.gz: %v", at, err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != string(a.plain) {
			t.Errorf("%s.gz holds something else than %s (%v)", at, at, err)
		}
	}
}

func TestBuiltHasWhatPagesName(t *testing.T) {
	needBuild(t)
	for _, name := range []string{"coffer.css", "coffer.js", "theme.js", "icon.svg", "inter.woff2", "mono.woff2"} {
		if _, ok := built.names[name]; !ok {
			t.Errorf("the build lacks %s", name)
		}
	}
}

// The content policy allows our own files only, so a style sheet that names
// anything else would be broken in part.
func TestStyleSheetNamesOnlyOwnFiles(t *testing.T) {
	needBuild(t)
	at := strings.TrimPrefix(Asset("coffer.css"), "/static/")
	css := string(built.files[at].plain)
	for _, m := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(css, -1) {
		named := path.Join(path.Dir(at), strings.Trim(m[1], `"'`))
		if _, ok := built.files[named]; !ok {
			t.Errorf("coffer.css names %s, which is no file of ours", m[1])
		}
	}
	if strings.Contains(css, "@import") {
		t.Error("coffer.css imports another sheet")
	}
}

func TestEveryIconIsThere(t *testing.T) {
	needBuild(t)
	templates, err := fs.Glob(sources, "*.templ")
	if err != nil || len(templates) == 0 {
		t.Fatalf("Glob = %v, %v, want the templates", templates, err)
	}
	inner, err := fs.Glob(sources, "holder/*.templ")
	if err != nil {
		t.Fatal(err)
	}
	icon := regexp.MustCompile(`Icon\("([a-z-]+)"\)`)
	for _, name := range append(templates, inner...) {
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range icon.FindAllSubmatch(text, -1) {
			if built.icons[string(m[1])] == "" {
				t.Errorf("%s draws %s, which icons.mjs does not name", name, m[1])
			}
		}
	}
}
