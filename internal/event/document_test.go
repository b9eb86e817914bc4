package event

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"
)

var update = flag.Bool("update", false, "write docs/EVENTS.md")

const document = "../../docs/EVENTS.md"

type chapter struct {
	Title  string
	Events []entry
}

type entry struct {
	Kind      *Kind
	Target    string
	Reasons   []reason
	Members   []described
	Elsewhere string
	Example   string
}

type reason struct{ Word, Says string }

type described struct{ Name, Type, Doc string }

type absent struct{ Group, Events, Why string }

// TestEventsDocument compares docs/EVENTS.md with what the vocabulary says now.
func TestEventsDocument(t *testing.T) {
	want := render(t)
	if *update {
		if err := os.WriteFile(document, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/EVENTS.md is not what internal/event says: run go generate ./internal/event")
	}
	for _, k := range All {
		if !strings.Contains(string(got), "\n### "+k.Name+"\n") {
			t.Errorf("docs/EVENTS.md lacks %s", k.Name)
		}
	}
}

func render(t *testing.T) []byte {
	t.Helper()
	page, err := template.ParseFiles("testdata/EVENTS.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = page.Execute(&b, map[string]any{
		"Line": golden(t, "authn_login_fail"), "Groups": chapters(t), "LeftOut": leftOutRows(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// chapters are All, parted where all.go says so: a comment there is the heading
// of the kinds below it.
func chapters(t *testing.T) (all []chapter) {
	t.Helper()
	source, err := os.ReadFile("all.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(source), "var All = []*Kind{")
	list, _, _ = strings.Cut(list, "\n}")
	docs, crosswalk := fieldDocs(t), crosswalkRows(t)
	rest := All
	for line := range strings.Lines(list) {
		if title, heading := strings.CutPrefix(strings.TrimSpace(line), "// "); heading {
			all = append(all, chapter{Title: strings.TrimSuffix(title, ".")})
		}
		for range strings.Count(line, "&") {
			k, c := rest[0], &all[len(all)-1]
			c.Events, rest = append(c.Events, describe(t, k, docs, crosswalk[k.Name])), rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("%d events are in no chapter", len(rest))
	}
	return all
}

func describe(t *testing.T, k *Kind, docs map[string]string, row map[string]string) entry {
	t.Helper()
	typ := reflect.TypeOf(k.New())
	e := entry{Kind: k, Example: golden(t, k.Name), Elsewhere: elsewhere(row), Target: targets(k)}
	for _, word := range slices.Sorted(maps.Keys(k.Reasons)) {
		e.Reasons = append(e.Reasons, reason{word, k.Reasons[word]})
	}
	e.Members = members(t, typ, "", docs)
	return e
}

// members lists what stands in the data, the items of a list below it.
func members(t *testing.T, typ reflect.Type, above string, docs map[string]string) []described {
	t.Helper()
	var all []described
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		doc, ok := docs[typ.Name()+"."+f.Name]
		if !ok {
			t.Errorf("%s.%s lacks a comment, which is its line in docs/EVENTS.md", typ.Name(), f.Name)
		}
		d := described{above + name, jsonType(f.Type), doc}
		if option != "" {
			d.Type += ", may be absent"
		}
		all = append(all, d)
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			all = append(all, members(t, f.Type.Elem(), above+name+"[].", docs)...)
		}
	}
	return all
}

func jsonType(typ reflect.Type) string {
	switch typ.Kind() {
	case reflect.String:
		return "text"
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Struct {
			return "list of objects"
		}
		return "list of texts"
	}
	return "whole number"
}

// targets are the kinds of target in the event's golden lines.
func targets(k *Kind) string {
	var kinds []string
	for _, s := range samples() {
		if s.event.Kind() != k {
			continue
		}
		kind, _, _ := strings.Cut(s.event.about().Target, ":")
		if kind = "`" + kind + ":…`"; !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, " or ")
}

// fieldDocs are the comments on the fields of the package's structs, without
// the field's name, as the document's sentences.
func fieldDocs(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	for _, file := range sources(t, ".") {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if typ, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range typ.Fields.List {
					if f.Doc != nil && len(f.Names) == 1 {
						docs[spec.Name.Name+"."+f.Names[0].Name] = sentence(f.Names[0].Name, f.Doc.Text())
					}
				}
			}
			return true
		})
	}
	return docs
}

// sentence takes "Count is how many." to "how many".
func sentence(field, comment string) string {
	s := strings.TrimSuffix(strings.Join(strings.Fields(comment), " "), ".")
	for _, lead := range []string{" is ", " are "} {
		s = strings.TrimPrefix(s, field+lead)
	}
	s = strings.TrimPrefix(s, field+" ")
	return strings.ReplaceAll(s, "|", `\|`)
}

func crosswalkRows(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	head, body := rows(t, "crosswalk.tsv")
	for _, cells := range body {
		row := map[string]string{}
		for i, cell := range cells {
			row[head[i]] = cell
		}
		all[cells[0]] = row
	}
	return all
}

// elsewhere is the excerpt of the crosswalk that people look for first.
func elsewhere(row map[string]string) string {
	var parts []string
	if row["level"] == "-" {
		parts = append(parts, "OWASP has no name for it")
	} else {
		parts = append(parts, "OWASP level "+row["level"])
	}
	parts = append(parts, fmt.Sprintf("OCSF 1.8 class %s, activity %s", row["ocsf_1_8_class"], row["ocsf_activity"]))
	for _, c := range []struct{ column, name string }{{"attack", "ATT&CK"}, {"cwe", ""}, {"pci_dss", "PCI DSS"}, {"asvs_5", "ASVS 5.0"}, {"appsensor", "AppSensor"}} {
		if cell := row[c.column]; cell != "-" {
			parts = append(parts, strings.TrimSpace(c.name+" "+strings.ReplaceAll(cell, ";", ", ")))
		}
	}
	return strings.Join(parts, " · ") + "."
}

func leftOutRows(t *testing.T) []absent {
	t.Helper()
	var all []absent
	_, body := rows(t, "left-out.tsv")
	for _, row := range body {
		all = append(all, absent{row[0], "`" + strings.ReplaceAll(row[1], ",", "`, `") + "`", row[2]})
	}
	return all
}
