package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coffer/internal/event"
)

// sample is one golden line of the vocabulary.
type sample struct {
	name string
	line []byte
	l    event.Line
}

// golden gives every golden line, in the order of its file's name.
func golden(t testing.TB) []sample {
	t.Helper()
	files, err := filepath.Glob("../event/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("golden lines = %v, %v", files, err)
	}
	var all []sample
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		l, err := event.Parse(line)
		if err != nil {
			t.Fatalf("Parse(%s) = %v", file, err)
		}
		all = append(all, sample{strings.TrimSuffix(filepath.Base(file), ".json"), line, l})
	}
	return all
}

func goldenLine(t testing.TB, name string) sample {
	t.Helper()
	all := golden(t)
	i := slices.IndexFunc(all, func(s sample) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("no golden line %s", name)
	}
	return all[i]
}

// write gives the record of a format, which must be one line.
func write(t testing.TB, name string, s sample) string {
	t.Helper()
	f, known := Find(name)
	if !known {
		t.Fatalf("Find(%q) found nothing", name)
	}
	before := []byte("before\n")
	out, err := f.Append(before, s.l, s.line)
	if err != nil {
		t.Fatalf("%s of %s = %v", name, s.name, err)
	}
	record, isAfter := bytes.CutPrefix(out, before)
	if !isAfter {
		t.Fatalf("%s of %s changed what stood before: %q", name, s.name, out)
	}
	return string(record)
}

// decode reads one JSON object strictly: no member twice, nothing after it.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := value(d)
	if o, is := v.(map[string]any); err == nil && is && !d.More() {
		return o
	}
	t.Fatalf("decode(%s) = %v, want one object", text, err)
	return nil
}

func value(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := map[string]any{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			if _, twice := o[name.(string)]; twice {
				return nil, fmt.Errorf("member %s stands twice", name)
			}
			if o[name.(string)], err = value(d); err != nil {
				return nil, err
			}
		}
		_, err = d.Token()
		return o, err
	case json.Delim('['):
		var list []any
		for d.More() {
			item, err := value(d)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err = d.Token()
		return list, err
	}
	return token, nil
}

// flat gives an object's values by their dotted names; of a list, each item
// under the list's own name and its number.
func flat(v any) map[string]string {
	out := map[string]string{}
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			addFlat(out, name, flat(member))
		}
	case []any:
		for i, item := range v {
			addFlat(out, strconv.Itoa(i), flat(item))
		}
	case string:
		out[""] = v
	default:
		b, _ := json.Marshal(v)
		out[""] = string(b)
	}
	return out
}

func addFlat(out map[string]string, name string, members map[string]string) {
	for below, value := range members {
		out[strings.TrimSuffix(name+"."+below, ".")] = value
	}
}

// hostile are texts that try to leave the field they are put into.
var hostile = []string{
	"", "a", "x\" 203.0.113.9", `","source_ip":"198.51.100.1"`, "a\nb", "a\r\nCEF:0|x|y|1|z|n|9|", "\x1b[31mred\x1b]0;t\x07",
	"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "a|b", `a\|b\=c\`, "k=v src=198.51.100.1", `]"[x@1 y="z"]`,
	"\u202egnp.exe", "zero\u200bwidth", "line\u2028sep", "\xff\xfe broken \xc3", "nul\x00", "日本語", "😀", "\uFEFFbom", strings.Repeat("x", 5000),
	"<b>&amp;", "{{.}}", "%s%n", "'quoted'", "a;b,c",
}

// forged gives lines that Parse would never give, with s in every member that
// is text.
func forged(s string) sample {
	data, _ := json.Marshal(map[string]string{"target": s})
	l := event.Line{
		Seq: 7, Datetime: "2026-11-24T16:51:27.123456Z", Level: s, Event: s, Outcome: s, Reason: s, Description: s,
		Actor: s, Subject: s, SourceIP: s, PeerIP: s, UserAgent: s, RequestMethod: s, RequestURI: s, RequestID: s,
		Session: s, AppID: s, Node: s, Version: s, Data: data, Schema: 1,
	}
	return sample{"forged", []byte(`{"seq":7}`), l}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
