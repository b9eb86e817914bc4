package event

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// cursor eats a line from the left; after the first surprise it is bad and
// gives only empty values, so that Parse need ask once.
type cursor struct {
	rest string
	bad  bool
}

func (c *cursor) eat(literal string) {
	after, found := strings.CutPrefix(c.rest, literal)
	c.rest, c.bad = after, c.bad || !found
}

func (c *cursor) name(before, name string) {
	c.eat(before)
	c.eat(`"`)
	c.eat(name)
	c.eat(`":`)
}

func (c *cursor) number(before, name string, most uint64) uint64 {
	c.name(before, name)
	end := 0
	for end < len(c.rest) && c.rest[end] >= '0' && c.rest[end] <= '9' {
		end++
	}
	digits := c.rest[:end]
	n, err := strconv.ParseUint(digits, 10, 64)
	c.bad = c.bad || err != nil || n > most || strconv.FormatUint(n, 10) != digits
	c.rest = c.rest[end:]
	return n
}

func (c *cursor) text(name string) string {
	c.name(",", name)
	return c.quoted()
}

// quoted reads a string in the form that appendString gives clean text.
func (c *cursor) quoted() string {
	c.eat(`"`)
	end := strings.IndexByte(c.rest, '"')
	if c.bad || end < 0 {
		c.bad = true
		return ""
	}
	s := c.rest[:end]
	if escape := strings.IndexByte(s, '\\'); escape >= 0 {
		s, end = c.unescaped(escape)
	}
	if !c.bad {
		c.rest = c.rest[end+1:]
		c.bad = CleanText(s, MaxLine) != s
	}
	return s
}

// unescaped reads on from the first backslash, to the closing quote at end.
func (c *cursor) unescaped(from int) (s string, end int) {
	b := []byte(c.rest[:from])
	for i := from; i < len(c.rest); i++ {
		switch c.rest[i] {
		case '"':
			return string(b), i
		case '\\':
			if i++; i == len(c.rest) || c.rest[i] != '"' && c.rest[i] != '\\' {
				c.bad = true
				return "", 0
			}
		}
		b = append(b, c.rest[i])
	}
	c.bad = true
	return "", 0
}

// object takes a JSON value up to the last member, and demands that it is an
// object as the log writes it: compact, the target first.
func (c *cursor) object(name string) json.RawMessage {
	c.name(",", name)
	end := strings.LastIndex(c.rest, `,"schema":`)
	if c.bad || end < 0 {
		c.bad = true
		return nil
	}
	data := json.RawMessage(c.rest[:end])
	c.rest = c.rest[end:]
	var b bytes.Buffer
	err := json.Compact(&b, data)
	c.bad = err != nil || !bytes.Equal(b.Bytes(), data) || !bytes.HasPrefix(data, []byte(targetMember+`"`)) ||
		CleanText(string(data), MaxLine) != string(data)
	return data
}
