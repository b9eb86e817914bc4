package query

import (
	"bytes"
	"fmt"
	"strconv"
)

// members are what a filter looks at in a line, as they stand there. A line is
// taken apart here because event.Parse, which judges all of it, costs several
// times as much; whoever translates a line that was found parses it.
type members struct {
	seq                                                     uint64
	level, event, outcome, reason, description              []byte
	actor, subject, sourceIP, requestID, session, node, tgt []byte
}

// order is the order of the text members of a line; nil is one that no filter
// looks at.
var order = []struct {
	name []byte
	keep func(*members) *[]byte
}{
	{[]byte(`,"datetime":"`), nil},
	{[]byte(`,"level":"`), func(m *members) *[]byte { return &m.level }},
	{[]byte(`,"event":"`), func(m *members) *[]byte { return &m.event }},
	{[]byte(`,"outcome":"`), func(m *members) *[]byte { return &m.outcome }},
	{[]byte(`,"reason":"`), func(m *members) *[]byte { return &m.reason }},
	{[]byte(`,"description":"`), func(m *members) *[]byte { return &m.description }},
	{[]byte(`,"actor":"`), func(m *members) *[]byte { return &m.actor }},
	{[]byte(`,"subject":"`), func(m *members) *[]byte { return &m.subject }},
	{[]byte(`,"source_ip":"`), func(m *members) *[]byte { return &m.sourceIP }},
	{[]byte(`,"peer_ip":"`), nil},
	{[]byte(`,"useragent":"`), nil},
	{[]byte(`,"request_method":"`), nil},
	{[]byte(`,"request_uri":"`), nil},
	{[]byte(`,"request_id":"`), func(m *members) *[]byte { return &m.requestID }},
	{[]byte(`,"session":"`), func(m *members) *[]byte { return &m.session }},
	{[]byte(`,"appid":"`), nil},
	{[]byte(`,"node":"`), func(m *members) *[]byte { return &m.node }},
	{[]byte(`,"version":"`), nil},
	{[]byte(`,"data":{"target":"`), func(m *members) *[]byte { return &m.tgt }},
}

// take reads line into m.
func (m *members) take(line []byte) error {
	rest, found := bytes.CutPrefix(line, []byte(`{"seq":`))
	end := bytes.IndexByte(rest, ',')
	if !found || end < 0 {
		return torn(line)
	}
	seq, err := strconv.ParseUint(string(rest[:end]), 10, 64)
	if err != nil {
		return torn(line)
	}
	m.seq, rest = seq, rest[end:]
	for i := range order {
		after, found := bytes.CutPrefix(rest, order[i].name)
		if !found {
			return torn(line)
		}
		value, after, ok := untilQuote(after)
		if !ok {
			return torn(line)
		}
		if order[i].keep != nil {
			*order[i].keep(m) = value
		}
		rest = after
	}
	return nil
}

// untilQuote reads a string's inside up to its closing quote.
func untilQuote(b []byte) (value, after []byte, ok bool) {
	end := bytes.IndexByte(b, '"')
	if end < 0 {
		return nil, nil, false
	}
	if bytes.IndexByte(b[:end], '\\') < 0 {
		return b[:end], b[end+1:], true
	}
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
			if i < len(b) {
				value = append(value, b[i])
			}
		case '"':
			return value, b[i+1:], true
		default:
			value = append(value, b[i])
		}
	}
	return nil, nil, false
}

func torn(line []byte) error {
	return fmt.Errorf("a sealed line does not read: %q…", clip(string(line[:min(len(line), 40)])))
}
