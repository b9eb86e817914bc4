package format

import (
	"encoding/json"
	"strconv"
	"strings"

	"coffer/internal/event"
)

// object writes JSON from left to right. A member without a value is left out,
// and so is an object without members: a field that is there says something.
type object struct{ b []byte }

// comma stands before every value but the first.
func (o *object) comma() {
	if last := o.b[len(o.b)-1]; last != '{' && last != '[' {
		o.b = append(o.b, ',')
	}
}

// name takes only names of ours, which need no escaping.
func (o *object) name(name string) {
	o.comma()
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

func (o *object) text(name, value string) {
	if value != "" {
		o.name(name)
		o.b = appendText(o.b, value)
	}
}

func (o *object) number(name string, n int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, n, 10)
}

// id is a number of the line that may be larger than an int64.
func (o *object) id(name string, n uint64) {
	o.name(name)
	o.b = strconv.AppendUint(o.b, n, 10)
}

// truth is a flag that is set; one that is not is left out.
func (o *object) truth(name string) {
	o.name(name)
	o.b = append(o.b, "true"...)
}

// list leaves out empty values and repeats, and itself if nothing is left.
func (o *object) list(name string, values ...string) {
	o.items(name, func() {
		for i, v := range values {
			if v != "" && !contains(values[:i], v) {
				o.comma()
				o.b = appendText(o.b, v)
			}
		}
	})
}

// contains is for the two or three values of a list.
func contains(values []string, v string) (found bool) {
	for _, other := range values {
		if other == v {
			return true
		}
	}
	return false
}

// raw is a value that is JSON already; what is not is left out.
func (o *object) raw(name string, value []byte) {
	if json.Valid(value) {
		o.name(name)
		o.b = append(o.b, value...)
	}
}

// in is an object, items a list, under a name.
func (o *object) in(name string, fill func())    { o.nest(name, '{', '}', fill) }
func (o *object) items(name string, fill func()) { o.nest(name, '[', ']', fill) }

// item is an object in a list.
func (o *object) item(fill func()) {
	o.comma()
	o.b = append(o.b, '{')
	fill()
	o.b = append(o.b, '}')
}

// nest takes back what it began where nothing was put in, so that no caller has
// to know beforehand.
func (o *object) nest(name string, open, shut byte, fill func()) {
	before := len(o.b)
	o.name(name)
	o.b = append(o.b, open)
	empty := len(o.b)
	fill()
	if len(o.b) == empty {
		o.b = o.b[:before]
		return
	}
	o.b = append(o.b, shut)
}

// appendText writes a JSON string. Clean text holds nothing that JSON demands
// to be escaped but these two.
func appendText(b []byte, s string) []byte {
	s = clean(s)
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

// clean makes text harmless that event.Parse would not have let pass: a sealed
// line's comes back as it is. No format relies on where its line came from.
func clean(s string) string { return event.CleanText(s, event.MaxLine) }
