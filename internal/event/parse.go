package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Line is one line of the log, read back; the json tags are the wire's names.
type Line struct {
	Seq           uint64          `json:"seq"`
	Datetime      string          `json:"datetime"`
	Level         string          `json:"level"`
	Event         string          `json:"event"`
	Outcome       string          `json:"outcome"`
	Reason        string          `json:"reason"`
	Description   string          `json:"description"`
	Actor         string          `json:"actor"`
	Subject       string          `json:"subject"`
	SourceIP      string          `json:"source_ip"`
	PeerIP        string          `json:"peer_ip"`
	UserAgent     string          `json:"useragent"`
	RequestMethod string          `json:"request_method"`
	RequestURI    string          `json:"request_uri"`
	RequestID     string          `json:"request_id"`
	Session       string          `json:"session"`
	AppID         string          `json:"appid"`
	Node          string          `json:"node"`
	Version       string          `json:"version"`
	Data          json.RawMessage `json:"data"`
	Schema        int             `json:"schema"`
}

var (
	errForm   = errors.New("not a line of the log")
	errSchema = errors.New("a line of another schema")
)

// Parse reads one line, without its newline. It is strict: a line is accepted
// only in the very form in which Record.Line writes it (all members, in order,
// no space, nothing unclean in a string), so that two readers cannot see two
// things in one line.
func Parse(line []byte) (Line, error) {
	var l Line
	if len(line) > MaxLine {
		return Line{}, fmt.Errorf("%w: %d bytes, at most %d", errForm, len(line), MaxLine)
	}
	c := cursor{rest: string(line)} // one copy, of which the members are parts
	l.Seq = c.number("{", "seq", math.MaxUint64)
	for _, m := range l.texts() {
		*m.value = c.text(m.name)
	}
	l.Data = c.object("data")
	l.Schema = int(c.number(",", "schema", math.MaxInt32))
	switch {
	case c.bad || string(c.rest) != "}":
		return Line{}, errForm
	case l.Schema != Schema:
		return Line{}, fmt.Errorf("%w: %d, want %d", errSchema, l.Schema, Schema)
	case !stamped(l.Datetime):
		return Line{}, fmt.Errorf("%w: datetime %q", errForm, l.Datetime)
	}
	return l, nil
}

// stamped reports whether s is a time as Stamp writes it; time.Parse alone
// would take a comma for the point.
func stamped(s string) (ok bool) {
	t, err := time.Parse(stampLayout, s)
	return err == nil && Stamp(t) == s
}

type textMember struct {
	name  string
	value *string
}

// texts are the string members, in the order of the line.
func (l *Line) texts() [18]textMember {
	return [...]textMember{
		{"datetime", &l.Datetime},
		{"level", &l.Level},
		{"event", &l.Event},
		{"outcome", &l.Outcome},
		{"reason", &l.Reason},
		{"description", &l.Description},
		{"actor", &l.Actor},
		{"subject", &l.Subject},
		{"source_ip", &l.SourceIP},
		{"peer_ip", &l.PeerIP},
		{"useragent", &l.UserAgent},
		{"request_method", &l.RequestMethod},
		{"request_uri", &l.RequestURI},
		{"request_id", &l.RequestID},
		{"session", &l.Session},
		{"appid", &l.AppID},
		{"node", &l.Node},
		{"version", &l.Version},
	}
}

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

const targetMember = `{"target":`

// Target is what the line says was touched, as kind:id.
func (l Line) Target() string {
	target, _ := l.split()
	return target
}

// split parts the target from the event's own members.
func (l Line) split() (target string, members []byte) {
	c := cursor{rest: string(l.Data)}
	c.eat(targetMember)
	target = c.quoted()
	if c.bad {
		return "", nil
	}
	return target, append([]byte{'{'}, strings.TrimPrefix(c.rest, ",")...)
}

// Decode gives the event that the line tells of, as a value of its type. It is
// as strict with the data as Parse is with the rest: they must be what the
// event would write, so no unknown member, no member twice, no other spelling.
func (l Line) Decode() (Event, error) {
	k, known := Find(l.Event)
	if !known {
		return nil, fmt.Errorf("event %q is not in the vocabulary", l.Event)
	}
	target, members := l.split()
	e := reflect.New(reflect.TypeOf(k.New()))
	d := json.NewDecoder(bytes.NewReader(members))
	d.DisallowUnknownFields()
	if err := d.Decode(e.Interface()); err != nil {
		return nil, fmt.Errorf("data of %s: %w", k.Name, err)
	}
	v := e.Elem()
	for i := range v.NumField() {
		if in := v.Type().Field(i).Tag.Get("in"); in != "" {
			v.Field(i).SetString(l.member(in, target))
		}
	}
	decoded := v.Interface().(Event)
	if !bytes.Equal(appendData(nil, target, decoded, layouts[k]), l.Data) {
		return nil, fmt.Errorf("data of %s: %w", k.Name, errForm)
	}
	return decoded, nil
}

// member is what stands where an in tag says: a member of the envelope, the
// target, or the id of a target of one kind.
func (l Line) member(in, target string) string {
	switch in {
	case "subject":
		return l.Subject
	case "session":
		return l.Session
	case "reason":
		return l.Reason
	case "target":
		return target
	}
	kind, id, _ := strings.Cut(target, ":")
	if "target:"+kind != in {
		return ""
	}
	return id
}
