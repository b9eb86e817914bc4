package query

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// lexer takes a query apart, word by word.
type lexer struct {
	rest []rune
	at   int
}

// token is a word as it was typed.
type token struct {
	at    int
	text  string
	not   bool
	field string
	colon bool // a field was named
	items []item
}

// item is a value: of a field several may stand, with commas between them.
type item struct {
	text  string
	quote bool // it stood in quotes
}

func (t *token) wrong(format string, args ...any) error {
	return &Error{At: t.at, Word: clip(t.text), Want: fmt.Sprintf(format, args...)}
}

func (l *lexer) skip(n int) {
	l.rest, l.at = l.rest[n:], l.at+n
}

// next is the next word, or nil at the end.
func (l *lexer) next() (*token, error) {
	for len(l.rest) > 0 && unicode.IsSpace(l.rest[0]) {
		l.skip(1)
	}
	if len(l.rest) == 0 {
		return nil, nil
	}
	t := &token{at: l.at, text: string(l.rest[:l.end(0)])}
	if l.rest[0] == '-' {
		t.not = true
		l.skip(1)
	}
	if n := l.name(); n > 0 {
		t.field, t.colon = string(l.rest[:n]), true
		l.skip(n + 1)
	}
	for {
		if err := l.item(t); err != nil {
			return nil, err
		}
		if len(l.rest) == 0 || l.rest[0] != ',' {
			return t, nil
		}
		l.skip(1)
	}
}

// item reads the next value. A comma ends it where a list may stand: after a
// field's name.
func (l *lexer) item(t *token) error {
	if len(l.rest) > 0 && l.rest[0] == '"' {
		return l.quoted(t)
	}
	n := l.end(0)
	if i := slices.Index(l.rest[:n], ','); t.colon && i >= 0 {
		n = i
	}
	t.items = append(t.items, item{text: string(l.rest[:n])})
	l.skip(n)
	return nil
}

// end is where the word ends that i lies in.
func (l *lexer) end(i int) int {
	for i < len(l.rest) && !unicode.IsSpace(l.rest[i]) {
		i++
	}
	return i
}

// name is the length of a field's name before a colon, or 0.
func (l *lexer) name() int {
	for i, r := range l.rest {
		if r == ':' {
			return i
		}
		if !unicode.IsLetter(r) && r != '_' && r != '-' {
			return 0
		}
	}
	return 0
}

// quoted reads a value in quotes; inside, \" and \\ stand for themselves.
func (l *lexer) quoted(t *token) error {
	var b strings.Builder
	for i := 1; i < len(l.rest); i++ {
		switch r := l.rest[i]; r {
		case '"':
			if i+1 < len(l.rest) && !unicode.IsSpace(l.rest[i+1]) && !(t.colon && l.rest[i+1] == ',') {
				return t.wrong("after the closing quote a space must follow")
			}
			t.items = append(t.items, item{b.String(), true})
			l.skip(i + 1)
			return nil
		case '\\':
			if i++; i == len(l.rest) || l.rest[i] != '"' && l.rest[i] != '\\' {
				return t.wrong(`inside quotes, \ stands only before " and \`)
			}
			b.WriteRune(l.rest[i])
		default:
			b.WriteRune(r)
		}
	}
	return t.wrong("the closing quote is missing")
}

// words checks the token and brings its values into their one spelling. A list
// is as many words of its field.
func (t *token) words() (words []Word, err error) {
	for _, i := range t.items {
		w := Word{Field: t.field, Not: t.not, At: t.at}
		if w.Value, err = t.value(i); err != nil {
			return nil, err
		}
		words = append(words, w)
	}
	return words, nil
}

func (t *token) value(i item) (string, error) {
	if !t.colon {
		return t.free(i)
	}
	d, known := fields[t.field]
	switch {
	case !known:
		return "", t.unknown()
	case t.not && d.once:
		return "", t.wrong("%s: cannot be turned around", t.field)
	case len(t.items) > 1 && d.once:
		return "", t.wrong("%s: takes one value, as in %s:%s", t.field, t.field, d.example)
	case len(t.items) > 1 && i == item{}:
		return "", t.wrong("a value of the list is missing; a list has commas and no spaces, as in %s:A,B", t.field)
	case i.text == "" && !(i.quote && d.empty):
		return "", t.wrong("%s: lacks its value, as in %s:%s", t.field, t.field, d.example)
	case len(i.text) > maxValue:
		return "", t.wrong("nothing of more than %d bytes stands there", maxValue)
	}
	value, want := d.check(i.text)
	if want != "" {
		return "", t.wrong("%s", want)
	}
	return value, nil
}

func (t *token) free(i item) (string, error) {
	switch {
	case i.text == "":
		return "", t.wrong("there is nothing to look for")
	case len(i.text) > maxValue:
		return "", t.wrong("a word has at most %d bytes", maxValue)
	}
	return i.text, nil
}

func (t *token) unknown() error {
	if near, found := nearest(t.field, fieldNamesSorted); found {
		return t.wrong("there is no field %q; did you mean %s:?", clip(t.field), near)
	}
	return t.wrong("there is no field %q; the fields are %s (quotes make it a word to look for)",
		clip(t.field), strings.Join(fieldNamesSorted, ", "))
}
