package format

import (
	"net/netip"
	"strconv"
	"strings"

	"coffer/internal/event"
)

// maxCustom is the longest that CEF lets a custom string be, in bytes.
const maxCustom = 4000

// appendCEF leaves out keys without a value. What CEF has no key for goes into
// its six custom strings.
func appendCEF(dst []byte, l event.Line, _ []byte) ([]byte, error) {
	at, err := instant(l)
	if err != nil {
		return dst, err
	}
	name := l.Description
	if k, known := event.Find(l.Event); known {
		// The name is the same for every line of a kind; msg says the rest.
		name = k.Says
	}
	dst = append(dst, "CEF:0|Coffer|coffer"...)
	for _, field := range []string{l.Version, l.Event, name, strconv.Itoa(reads(l).cef)} {
		dst = appendCEFText(append(dst, '|'), field, '|')
	}
	dst = append(dst, "|rt="...)
	dst = strconv.AppendInt(dst, at.UnixMilli(), 10)
	e := extension{dst}
	e.add("externalId", strconv.FormatUint(l.Seq, 10))
	e.add("outcome", l.Outcome)
	e.add("reason", l.Reason)
	e.add("msg", l.Description)
	e.add("suid", l.Actor)
	e.add("duid", l.Subject)
	e.address(l.SourceIP)
	e.add("requestMethod", l.RequestMethod)
	e.add("request", l.RequestURI)
	e.add("requestClientApplication", l.UserAgent)
	e.add("dvchost", l.Node)
	e.custom("cs1", "target", l.Target())
	e.custom("cs2", "session", l.Session)
	e.custom("cs3", "request_id", l.RequestID)
	e.custom("cs4", "peer_ip", l.PeerIP)
	e.custom("cs5", "level", l.Level)
	e.custom("cs6", "data", string(l.Data))
	return append(e.b, '\n'), nil
}

// extension is the part of key and value.
type extension struct{ b []byte }

// add takes only keys of ours.
func (e *extension) add(key, value string) {
	if value != "" {
		e.b = append(append(append(e.b, ' '), key...), '=')
		e.b = appendCEFText(e.b, value, '=')
	}
}

// custom is a value that CEF has no key for, with its label.
func (e *extension) custom(key, label, value string) {
	if value != "" {
		e.add(key, shortenTo(value, maxCustom))
		e.add(key+"Label", label)
	}
}

// address keeps to CEF, in which src is an IPv4 address.
func (e *extension) address(ip string) {
	if a, err := netip.ParseAddr(ip); err == nil && !a.Unmap().Is4() {
		e.add("c6a2", ip)
		e.add("c6a2Label", "Source IPv6 Address")
		return
	}
	e.add("src", ip)
}

// appendCEFText escapes the backslash and what would end the field: the pipe in
// the header, the equals sign in the extension. A line end keeps its meaning in
// the extension, where CEF has a form for it.
func appendCEFText(b []byte, s string, end byte) []byte {
	special := "\\|"
	if end == '=' {
		special = "\\=\r\n"
	}
	for {
		i := strings.IndexAny(s, special)
		if i < 0 {
			return append(b, clean(s)...)
		}
		b = append(append(b, clean(s[:i])...), '\\')
		switch s[i] {
		case '\n':
			b = append(b, 'n')
		case '\r':
			b = append(b, 'r')
		default:
			b = append(b, s[i])
		}
		s = s[i+1:]
	}
}

// shortenTo cuts at a character, and says so.
func shortenTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	const more = "…"
	return event.CleanText(s, most-len(more)) + more
}
