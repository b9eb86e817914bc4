package web

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed assets/dist
var dist embed.FS

// built are the page assets inside the binary. A bare clone has none: pages
// then come without looks, and the build says how to make them.
var built = load(dist, "assets/dist")

// types is a closed list: a file of another kind is not served.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// asset is one file as it is sent.
type asset struct {
	kind   string
	plain  []byte
	zipped []byte // nil where gzip gains nothing
}

// assets are the files by address below /static/, and the newest address of each name.
type assets struct {
	files map[string]asset
	names map[string]string
	icons map[string]string
}

// load reads dist, where each file lies in a directory named by its own hash.
func load(f fs.FS, root string) assets {
	a := assets{files: map[string]asset{}, names: map[string]string{}, icons: map[string]string{}}
	paths, _ := fs.Glob(f, root+"/*/*") // the only error is a bad pattern
	for _, p := range paths {
		kind, ok := types[path.Ext(p)]
		if !ok {
			continue
		}
		plain, err := fs.ReadFile(f, p)
		if err != nil {
			continue
		}
		zipped, _ := fs.ReadFile(f, p+".gz") // absent means: send it as it is
		at := strings.TrimPrefix(p, root+"/")
		a.files[at] = asset{kind, plain, zipped}
		a.names[path.Base(p)] = "/static/" + at
	}
	if b, err := fs.ReadFile(f, root+"/icons.json"); err == nil {
		_ = json.Unmarshal(b, &a.icons) // a broken set shows as missing icons, which a test sees
	}
	return a
}

// Asset is the address of a page asset, which changes with its content.
func Asset(name string) string {
	if at, ok := built.names[name]; ok {
		return at
	}
	return "/static/unbuilt/" + name
}

// Built reports whether the binary holds its page assets.
func Built() bool { return len(built.names) > 0 }

// Static answers GET /static/. An address names its content, so a browser may
// keep it for ever; what is not there is told by notFound.
func Static(notFound http.Handler) http.Handler { return static(built, notFound) }

func static(a assets, notFound http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, ok := a.files[strings.TrimPrefix(r.URL.Path, "/static/")]
		if e, found := engravingAt(r.URL.Path); found {
			file, ok = asset{kind: types[".svg"], plain: e.picture()}, true
		}
		if !ok {
			notFound.ServeHTTP(w, r)
			return
		}
		body, h := file.plain, w.Header()
		h.Set("Content-Type", file.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		if file.zipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if takesGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = file.zipped
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // a visitor who hung up needs no answer
		}
	})
}

// takesGzip reports whether the header names gzip without refusing it by q=0.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, param, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, found := strings.CutPrefix(strings.ReplaceAll(param, " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !found || (err == nil && weight > 0)
		}
	}
	return false
}
