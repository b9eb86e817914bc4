package proof

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The form of a line beyond what every line is held to while it is read: it is
// asked about only where something does not fit, since it takes as long as a
// hash. A line that was signed is what it is, whatever its form.
const (
	hasSpace  breach = "has a space between its members"
	hasEscape breach = "spells a character otherwise than Coffer does"
	noForm    breach = "is not in the form in which Coffer writes lines"
)

// members are those of a line of schema 1, in their order.
const members = "seq datetime level event outcome reason description actor subject source_ip peer_ip useragent " +
	"request_method request_uri request_id session appid node version data schema"

// form finds what in a line is not as Coffer writes it.
func form(line []byte) (broken breach) {
	if broken = check(line); broken != "" {
		return broken
	}
	for i, r := range string(line) {
		if r >= ' ' && r <= '~' {
			continue
		}
		if r == utf8.RuneError && !bytes.HasPrefix(line[i:], []byte("\ufffd")) {
			return notUTF8
		}
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return breach(fmt.Sprintf("holds a character that no line may hold (U+%04X)", r))
		}
	}
	f := former{line: line}
	if f.walk(); f.broken != "" {
		return f.broken
	}
	names := strings.Join(f.named, " ")
	// A later schema may have other members; this program does not know which.
	later := strings.HasSuffix(names, " schema") && !bytes.HasSuffix(line, []byte(`,"schema":1}`))
	if f.depth != 0 || f.quoted || line[len(line)-1] != '}' || names != members && !later {
		return noForm
	}
	return ""
}

// former walks over a line.
type former struct {
	line   []byte
	depth  int
	quoted bool
	begin  int // of the text at hand
	named  []string
	broken breach
}

func (f *former) walk() {
	for i := 0; i < len(f.line) && f.broken == ""; i++ {
		if f.quoted {
			i = f.text(i)
			continue
		}
		switch c := f.line[i]; c {
		case '"':
			f.quoted, f.begin = true, i+1
		case '{', '[':
			f.depth++
		case '}', ']':
			if f.depth--; f.depth == 0 && i != len(f.line)-1 {
				f.broken = noForm
			}
		case ' ', '\t':
			f.broken = hasSpace
		}
	}
}

// text goes on inside a text: past an escape, or out at its end, where a colon
// says that it is a member's name.
func (f *former) text(i int) (at int) {
	switch f.line[i] {
	case '\\':
		if i++; i == len(f.line) || f.line[i] != '"' && f.line[i] != '\\' {
			f.broken = hasEscape
		}
	case '"':
		f.quoted = false
		if f.depth == 1 && i+1 < len(f.line) && f.line[i+1] == ':' {
			f.named = append(f.named, string(f.line[f.begin:i]))
		}
	}
	return i
}
