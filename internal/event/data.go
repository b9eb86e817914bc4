package event

import (
	"reflect"
	"strconv"
	"strings"
)

// A member is one field of an event's struct that stands among the data, under
// the name of its json tag. Fields tagged json:"-" stand in the envelope, where
// their in tag says.
type member struct {
	name  string
	index int
	// quiet leaves the member out when it is empty (omitempty).
	quiet bool
	write func(b []byte, v reflect.Value) []byte
	// items are the members of a list's structs; list says that it is one.
	list  bool
	items []member
}

// maxList bounds what a list may take of a line, which is at most 16 KiB; the
// rest of a line cannot fill the other half.
const maxList = 8 << 10

// leftOut is the member that counts what a list had to leave out.
const leftOut = "left_out"

// layouts are worked out once, since reflection over types is slow and over
// values is not.
var layouts = func() map[*Kind][]member {
	all := make(map[*Kind][]member, len(All))
	for _, k := range All {
		all[k] = layout(reflect.TypeOf(k.New()))
	}
	return all
}()

func layout(t reflect.Type) []member {
	var members []member
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		m := member{name: name, index: i, quiet: option == "omitempty"}
		switch {
		case f.Type.Kind() != reflect.Slice:
			m.write = writer(f.Type)
		case f.Type.Elem().Kind() == reflect.Struct:
			m.list, m.items = true, layout(f.Type.Elem())
		default:
			m.list, m.write = true, writer(f.Type.Elem())
		}
		members = append(members, m)
	}
	return members
}

// writer says how a field is written; a test holds events to the types here.
func writer(t reflect.Type) func([]byte, reflect.Value) []byte {
	switch {
	case t == reflect.TypeFor[Signed]():
		return appendSigned
	case t == reflect.TypeFor[Key]():
		return func(b []byte, v reflect.Value) []byte { return appendString(b, encoded(v.String(), maxKey)) }
	case t == reflect.TypeFor[Text]():
		return func(b []byte, v reflect.Value) []byte { return appendString(b, CleanText(v.String(), maxText)) }
	case t.Kind() == reflect.String:
		return func(b []byte, v reflect.Value) []byte { return appendString(b, word(v.String())) }
	case t.Kind() == reflect.Uint64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendUint(b, v.Uint(), 10) }
	}
	return func(b []byte, v reflect.Value) []byte { return strconv.AppendInt(b, v.Int(), 10) }
}

// appendData writes the data object: the target, then the event's members.
func appendData(b []byte, target string, e Event, members []member) []byte {
	b = appendString(append(b, `{"target":`...), target)
	return append(appendMembers(b, reflect.Indirect(reflect.ValueOf(e)), members), '}')
}

func appendMembers(b []byte, v reflect.Value, members []member) []byte {
	cut := 0
	for _, m := range members {
		f := v.Field(m.index)
		if m.name == leftOut && cut > 0 {
			b = strconv.AppendInt(appendName(b, m.name), f.Int()+int64(cut), 10)
			continue
		}
		if m.quiet && (f.IsZero() || m.list && f.Len() == 0) {
			continue
		}
		b = appendName(b, m.name)
		if m.list {
			b, cut = appendList(b, f, m)
		} else {
			b = m.write(b, f)
		}
	}
	return b
}

func appendName(b []byte, name string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(appendString(b, name), ':')
}

// appendList writes as many items as fit and counts the others.
func appendList(b []byte, list reflect.Value, m member) (out []byte, cut int) {
	b = append(b, '[')
	start := len(b)
	for i := range list.Len() {
		before := len(b)
		if i > 0 {
			b = append(b, ',')
		}
		if m.items != nil {
			b = append(appendMembers(append(b, '{'), list.Index(i), m.items), '}')
		} else {
			b = m.write(b, list.Index(i))
		}
		if len(b)-start > maxList {
			return append(b[:before], ']'), list.Len() - i
		}
	}
	return append(b, ']'), 0
}

// appendString writes clean text as a JSON string. Clean text holds nothing
// that JSON demands to be escaped but these two.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	if strings.IndexByte(s, '"') < 0 && strings.IndexByte(s, '\\') < 0 {
		return append(append(b, s...), '"')
	}
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
