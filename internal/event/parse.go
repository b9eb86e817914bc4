package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
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
