package format

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	"coffer/internal/event"
)

// facility is "log audit". RFC 5424 has it for exactly this, and it keeps the
// log out of the files of sshd and sudo, which the authorization facilities
// fill and whose readers are others.
const facility = 13

// enterprise is the private enterprise number that names the structured data.
// Coffer has none of its own; 32473 is the one that is free for examples.
const enterprise = "32473"

// The longest forms that RFC 5424 allows, in bytes.
const (
	maxHost    = 255
	maxMessage = 32
)

// Syslog appends one RFC 5424 message, without framing. Its text is the exact
// line: no byte order mark stands before it, since JSON forbids one and the
// line could not be compared with the log any more.
func Syslog(dst []byte, l event.Line, line []byte) ([]byte, error) {
	if _, err := instant(l); err != nil {
		return dst, err
	}
	if bytes.ContainsAny(line, "\r\n") {
		return dst, errTorn
	}
	dst = strconv.AppendInt(append(dst, '<'), int64(facility*8+reads(l).syslog), 10)
	dst = append(append(append(dst, ">1 "...), l.Datetime...), ' ')
	dst = append(appendToken(dst, l.Node, maxHost), " coffer - "...)
	dst = append(appendToken(dst, l.Event, maxMessage), ' ')
	dst = appendParams(dst, l)
	return append(append(dst, ' '), line...), nil
}

// appendParams writes the structured data: what a receiver filters on without
// reading the JSON. Members without a value are left out.
func appendParams(dst []byte, l event.Line) []byte {
	dst = append(dst, "[coffer@"+enterprise...)
	for _, p := range [...]struct{ name, value string }{
		{"seq", strconv.FormatUint(l.Seq, 10)},
		{"level", l.Level},
		{"outcome", l.Outcome},
		{"reason", l.Reason},
		{"actor", l.Actor},
		{"subject", l.Subject},
		{"source_ip", l.SourceIP},
		{"target", l.Target()},
		{"session", l.Session},
		{"request_id", l.RequestID},
	} {
		if p.value != "" {
			dst = append(append(append(dst, ' '), p.name...), '=', '"')
			dst = append(appendParam(dst, clean(p.value)), '"')
		}
	}
	return append(dst, ']')
}

// appendParam escapes what RFC 5424 says, and nothing else: a backslash before
// any other character would stand for itself.
func appendParam(dst []byte, value string) []byte {
	for i := range len(value) {
		if strings.IndexByte(`"\]`, value[i]) >= 0 {
			dst = append(dst, '\\')
		}
		dst = append(dst, value[i])
	}
	return dst
}

// appendToken writes a header's field, which is of visible ASCII.
func appendToken(dst []byte, s string, most int) []byte {
	if s == "" {
		return append(dst, '-')
	}
	for i := range min(len(s), most) {
		c := s[i]
		if c <= ' ' || c > '~' {
			c = '_'
		}
		dst = append(dst, c)
	}
	return dst
}

var errTime = errors.New("a line without a time")

// instant is the line's time.
func instant(l event.Line) (time.Time, error) {
	at, err := time.Parse("2006-01-02T15:04:05.000000Z", l.Datetime)
	if err != nil || event.Stamp(at) != l.Datetime {
		return time.Time{}, errTime
	}
	return at, nil
}
