package query

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"coffer/internal/event"
)

// Filter is a query as it was parsed: what a line must be like. The zero value
// is every line.
type Filter struct{ Words []Word }

// Word is one word of a query.
type Word struct {
	// Field is what the value is compared with; none is a free word, which is
	// looked for in the description and the event's name.
	Field string
	// Not turns the word around.
	Not bool
	// Value is in its one spelling, whatever was typed.
	Value string
	// At is the column where the word begins, counted from 1, for errors.
	At int
}

// Error is a word that cannot be understood: which, where, and what would be right.
type Error struct {
	// At is the column where the word begins, counted from 1.
	At int
	// Word is the word as it was typed, made fit to print.
	Word string
	// Want says what would be right.
	Want string
}

// Error names the word and its place.
func (e *Error) Error() string {
	return fmt.Sprintf("query, column %d, %q: %s", e.At, e.Word, e.Want)
}

const (
	maxQuery = 4096 // bytes
	maxWords = 64
	maxValue = 128 // as long as a word in a line can be
)

// Parse reads a query: words, each with a field or free, a leading - to turn it
// around, and quotes around what holds a space or a comma. Words of one field,
// and values with commas between them, are alternatives; different fields, and
// free words, must all hold.
func Parse(q string) (Filter, error) {
	if len(q) > maxQuery {
		return Filter{}, &Error{At: 1, Word: clip(q), Want: fmt.Sprintf("a query has at most %d bytes", maxQuery)}
	}
	var f Filter
	l := lexer{rest: []rune(q), at: 1}
	for {
		t, err := l.next()
		if err != nil {
			return Filter{}, err
		}
		if t == nil {
			return f, nil
		}
		words, err := t.words()
		if err != nil {
			return Filter{}, err
		}
		if len(f.Words)+len(words) > maxWords {
			return Filter{}, t.wrong("a query has at most %d words", maxWords)
		}
		if err := f.once(words[0], t); err != nil {
			return Filter{}, err
		}
		f.Words = append(f.Words, words...)
	}
}

// once refuses a second value of a field that has one.
func (f Filter) once(w Word, t *token) error {
	if d, known := fields[w.Field]; !known || !d.once {
		return nil
	}
	if slices.ContainsFunc(f.Words, func(before Word) bool { return before.Field == w.Field }) {
		return t.wrong("%s: stands once in a query", w.Field)
	}
	return nil
}

// With adds a word of a field, as a flag of a command does; want says what would
// be right where the value is not.
func (f Filter) With(field, value string) (more Filter, want string) {
	canonical, want := fields[field].check(value)
	switch {
	case want != "":
		return f, want
	case fields[field].once && len(positive(f.Words, field)) > 0:
		return f, "the query has " + field + ": already; give one of the two"
	}
	f.Words = append(slices.Clone(f.Words), Word{Field: field, Value: canonical, At: 1})
	return f, ""
}

// String is the query in its one spelling: parsed again, it is the same filter.
func (f Filter) String() string {
	words := make([]string, len(f.Words))
	for i, w := range f.Words {
		words[i] = w.String()
	}
	return strings.Join(words, " ")
}

// String is the word as Parse reads it.
func (w Word) String() string {
	var b strings.Builder
	if w.Not {
		b.WriteByte('-')
	}
	if w.Field != "" {
		b.WriteString(w.Field + ":")
	}
	if bare(w) {
		b.WriteString(w.Value)
		return b.String()
	}
	b.WriteByte('"')
	for _, r := range w.Value {
		if r == '"' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// bare reports whether a value needs no quotes. A free word needs them where it
// would read as turned around or as a field's, a field's where it would as a list.
func bare(w Word) (ok bool) {
	if w.Value == "" || strings.HasPrefix(w.Value, `"`) || strings.ContainsFunc(w.Value, unicode.IsSpace) {
		return false
	}
	if w.Field != "" {
		return !strings.Contains(w.Value, ",")
	}
	return !strings.HasPrefix(w.Value, "-") && !strings.Contains(w.Value, ":")
}

// Fields are the names of the fields that the query uses, each once, sorted; a
// free word is "text". What was typed is not among them.
func (f Filter) Fields() []string {
	var names []string
	for _, w := range f.Words {
		name := w.Field
		if name == "" {
			name = "text"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// clip makes what was typed fit for a message.
func clip(s string) string { return event.CleanText(s, 60) }
