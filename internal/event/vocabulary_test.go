package event

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var wireName = regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)+$`)

func TestKindsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range All {
		if !wireName.MatchString(k.Name) || len(k.Name) > 32 {
			t.Errorf("name %q: want lower-case words of at most 32 bytes, as syslog's MSGID", k.Name)
		}
		if seen[k.Name] {
			t.Errorf("%s is listed twice", k.Name)
		}
		seen[k.Name] = true
		if got, ok := Find(k.Name); !ok || got != k {
			t.Errorf("Find(%q) = %v, %v, want its kind", k.Name, got, ok)
		}
		if k.New().Kind() != k {
			t.Errorf("New() of %s makes a %T", k.Name, k.New())
		}
		if !slices.Contains([]Level{Info, Warning, Critical}, k.Level) || !slices.Contains([]Outcome{Success, Failure}, k.Outcome) {
			t.Errorf("%s has level %q and outcome %q", k.Name, k.Level, k.Outcome)
		}
		if k.Level == Info && k.Outcome == Failure {
			t.Errorf("%s is INFO and a failure: INFO is for what was allowed", k.Name)
		}
		if k.Says == "" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s lacks its sentence or its doc", k.Name)
		}
		for word, says := range k.Reasons {
			if !plain(word) || says == "" || says == k.Says {
				t.Errorf("reason %q of %s says %q", word, k.Name, says)
			}
		}
	}
	if _, ok := Find("no_such_event"); ok {
		t.Error("Find(no_such_event) found something")
	}
}

// TestLevelsOfTheSpecification holds the levels that are promised by name.
func TestLevelsOfTheSpecification(t *testing.T) {
	want := map[string]Level{
		"input_validation_fail": Warning, "authn_login_fail": Warning, "authz_fail": Warning,
		"sensitive_create": Info, "sensitive_read": Info, "sensitive_update": Info, "sensitive_delete": Info,
		"authn_login_success": Info, "authn_login_successafterfail": Info, "log_file_altered": Critical,
	}
	for name, level := range want {
		if k, ok := Find(name); !ok || k.Level != level {
			t.Errorf("level of %s = %v, want %s", name, k, level)
		}
	}
}

// TestEveryReasonMakesALine also refuses a word outside the list.
func TestEveryReasonMakesALine(t *testing.T) {
	for _, k := range All {
		withReason := func(word string) (Record, error) {
			v := reflect.New(reflect.TypeOf(k.New())).Elem()
			v.FieldByName("Reason").SetString(word)
			return maker.Record(system("test"), staged, v.Interface().(Event))
		}
		_, has := reflect.TypeOf(k.New()).FieldByName("Reason")
		if has != (len(k.Reasons) > 0) {
			t.Errorf("%s has a field Reason: %v, and %d reasons", k.Name, has, len(k.Reasons))
		}
		if !has {
			continue
		}
		for word, says := range k.Reasons {
			r, err := withReason(word)
			if err != nil || !strings.Contains(string(r.Rest), `"reason":"`+word+`","description":"`+says) {
				t.Errorf("Record(%s, %s) = %s, %v, want its sentence", k.Name, word, r.Rest, err)
			}
		}
		if r, err := withReason("because"); err == nil {
			t.Errorf("Record(%s, because) = %s, want an error", k.Name, r.Rest)
		}
	}
}

// allowed are the types of an event's fields: nothing that can hold a secret, a
// visitor's text unescaped, or what the reader of the line cannot foresee.
var allowed = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[Text](), reflect.TypeFor[Key](), reflect.TypeFor[Signed](),
	reflect.TypeFor[int](), reflect.TypeFor[int64](), reflect.TypeFor[uint64](),
	reflect.TypeFor[[]string](), reflect.TypeFor[[]FieldRule](), reflect.TypeFor[[]Tally](),
}

var envelope = []string{"subject", "session", "reason", "target"}

func TestFieldsHoldNoFreeText(t *testing.T) {
	types := []reflect.Type{reflect.TypeFor[FieldRule](), reflect.TypeFor[Tally]()}
	for _, k := range All {
		types = append(types, reflect.TypeOf(k.New()))
	}
	for _, typ := range types {
		names := map[string]bool{"target": true}
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !slices.Contains(allowed, f.Type) || !f.IsExported() {
				t.Errorf("%s.%s is a %v", typ.Name(), f.Name, f.Type)
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			in := f.Tag.Get("in")
			if name == "-" {
				if base, _, _ := strings.Cut(in, ":"); !slices.Contains(envelope, base) || f.Type.Kind() != reflect.String {
					t.Errorf("%s.%s stands nowhere: in %q", typ.Name(), f.Name, in)
				}
				continue
			}
			if want := snake(f.Name); name != want || in != "" || names[name] {
				t.Errorf("%s.%s is %q in the data, want %q, once", typ.Name(), f.Name, name, want)
			}
			names[name] = true
			if f.Type.Kind() == reflect.Slice && !strings.HasSuffix(f.Tag.Get("json"), ",omitempty") {
				t.Errorf("%s.%s: a list that is empty is left out", typ.Name(), f.Name)
			}
		}
	}
}

func snake(name string) string {
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(strings.ReplaceAll(name, "URL", "Url"), "${1}_$2"))
}

// sources parses the Go files below dir that are not tests.
func sources(t *testing.T, dir string) []*ast.File {
	t.Helper()
	var files []*ast.File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestEveryTypeIsInAll finds the types that implement Event in the source.
func TestEveryTypeIsInAll(t *testing.T) {
	var listed, written []string
	for _, k := range All {
		listed = append(listed, reflect.TypeOf(k.New()).Name())
	}
	for _, f := range sources(t, ".") {
		for _, d := range f.Decls {
			if m, ok := d.(*ast.FuncDecl); ok && m.Recv != nil && m.Name.Name == "about" {
				written = append(written, m.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	slices.Sort(listed)
	slices.Sort(written)
	if !slices.Equal(listed, written) {
		t.Errorf("All = %v, want the types of the source, %v", listed, written)
	}
}

// TestOnlyWhatIsProducedIsHere reads the other packages: every event type is
// made somewhere, with reasons from its list.
func TestOnlyWhatIsProducedIsHere(t *testing.T) {
	unmade := map[string]*Kind{}
	for _, k := range All {
		unmade[reflect.TypeOf(k.New()).Name()] = k
	}
	kinds := maps.Clone(unmade)
	for _, f := range append(sources(t, ".."), sources(t, "../../cmd")...) {
		ast.Inspect(f, func(n ast.Node) bool {
			made, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if sel, ok := made.Type.(*ast.SelectorExpr); ok && sel.X.(*ast.Ident).Name == "event" {
				delete(unmade, sel.Sel.Name)
				if k := kinds[sel.Sel.Name]; k != nil {
					checkReason(t, k, made)
				}
			}
			return true
		})
	}
	for _, name := range slices.Sorted(maps.Keys(unmade)) {
		t.Errorf("nothing produces event.%s", name)
	}
}

// checkReason looks at a reason that is written out where the event is made.
func checkReason(t *testing.T, k *Kind, made *ast.CompositeLit) {
	t.Helper()
	for _, e := range made.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok || pair.Key.(*ast.Ident).Name != "Reason" {
			continue
		}
		if lit, ok := pair.Value.(*ast.BasicLit); ok {
			word, err := strconv.Unquote(lit.Value)
			if _, known := k.Reasons[word]; err != nil || !known && word != "" {
				t.Errorf("reason %s is given to %s, which has no such reason", lit.Value, k.Name)
			}
		}
	}
}

// rows reads a table of this package, without its comments and its head.
func rows(t *testing.T, file string) (head []string, body [][]string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if row := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); !strings.HasPrefix(line, "#") {
			body = append(body, row)
		}
	}
	return body[0], body[1:]
}

// TestCrosswalkHoldsWhatIsProduced wants one full row for each event, and for
// the events that OWASP names the level that OWASP gives.
func TestCrosswalkHoldsWhatIsProduced(t *testing.T) {
	head, body := rows(t, "crosswalk.tsv")
	if len(body) != len(All) {
		t.Fatalf("crosswalk.tsv has %d rows, want %d", len(body), len(All))
	}
	for i, row := range body {
		if row[0] != All[i].Name {
			t.Errorf("row %d is of %s, want %s: the order is that of All", i+1, row[0], All[i].Name)
		}
		if len(row) != len(head) {
			t.Errorf("%s has %d cells, want %d", row[0], len(row), len(head))
		}
		if !slices.Contains([]string{"-", "INFO", "WARN", "CRITICAL"}, row[1]) {
			t.Errorf("%s has level %q", row[0], row[1])
		}
		if class, _, _ := strings.Cut(row[2], " "); !strings.HasPrefix(row[4], class) && class != "-" {
			t.Errorf("%s is of class %s and type %s", row[0], row[2], row[4])
		}
	}
}

// TestVocabularyIsAccountedFor counts: OWASP's 57 events are each produced, or
// left out with a reason.
func TestVocabularyIsAccountedFor(t *testing.T) {
	all := map[string]int{}
	_, body := rows(t, "crosswalk.tsv")
	for _, row := range body {
		if row[1] != "-" {
			all[row[0]]++
		}
	}
	_, body = rows(t, "left-out.tsv")
	for _, row := range body {
		for name := range strings.SplitSeq(row[1], ",") {
			all[name]++
		}
	}
	if len(all) != 57 {
		t.Errorf("%d events of the OWASP vocabulary are accounted for, want 57", len(all))
	}
	for name, n := range all {
		if n != 1 {
			t.Errorf("%s is accounted for %d times", name, n)
		}
	}
}
