package format

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"coffer/internal/event"
)

// Names gives the name of the person behind an id, or nothing.
type Names func(id string) string

// The columns. What is wider pushes the rest to the right; on a terminal ids
// are shortened, and the sentence is cut, so that a line fits where that is
// possible.
const (
	seqWidth      = 6
	levelWidth    = 8
	eventWidth    = 26
	actorWidth    = 16
	addressWidth  = 13
	shortestSays  = 18
	shownOfID     = 8
	longestTarget = 28
	longestShown  = 16
	nothing       = "-"
)

// Text is the format for people: one line per event, the time in UTC, names
// beside ids where names knows one (it may be nil). Colour repeats what the
// level's word says. Width is a terminal's, to which a line is cut; 0 is no
// terminal, but a file or a program, which gets everything whole.
func Text(names Names, colour bool, width int) Format {
	if names == nil {
		names = func(string) string { return "" }
	}
	t := terminal{names, colour, width}
	return Format{Name: "text", About: "one line per event for people", append: t.append}
}

// terminal is what a line's look depends on.
type terminal struct {
	names  Names
	colour bool
	width  int // 0 where nothing is cut
}

// append puts first what is of the same width in every line, so that the eye can
// run down a column, and last what differs most.
func (t terminal) append(dst []byte, l event.Line, _ []byte) ([]byte, error) {
	at, err := instant(l)
	if err != nil {
		return dst, err
	}
	start := len(dst)
	dst = padded(dst, strings.Repeat(" ", max(0, seqWidth-digits(l.Seq)))+strconv.FormatUint(l.Seq, 10), seqWidth)
	dst = append(at.AppendFormat(dst, "2006-01-02 15:04:05Z"), ' ')
	dst = t.painted(dst, paint[event.Level(l.Level)], l.Level, levelWidth)
	dst = padded(dst, l.Event, eventWidth)
	dst = t.painted(dst, bold, t.person(l.Actor), actorWidth)
	dst = padded(dst, orNothing(l.SourceIP), addressWidth)
	about := t.about(l)
	room := t.width - t.shown(dst[start:]) - utf8.RuneCountInString(about)
	dst = append(dst, t.cut(clean(l.Description), max(room, shortestSays))...)
	return append(append(dst, about...), '\n'), nil
}

// about is what the event was about: the account concerned where it is not the
// actor's own, and the target where it says more.
func (t terminal) about(l event.Line) string {
	says := ""
	if l.Subject != "" && l.Subject != l.Actor {
		says = "  of " + t.person(l.Subject)
	}
	target := l.Target()
	switch kind, id, _ := strings.Cut(target, ":"); {
	case target == "", kind == "account", kind == "session" && id == l.Session, kind == "node" && id == l.Node:
		return says
	default:
		return says + "  " + kind + ":" + t.shorten(clean(id))
	}
}

// person is the name beside the id.
func (t terminal) person(id string) string {
	name, short := t.cut(clean(t.names(id)), longestShown), t.shorten(clean(id))
	switch {
	case id == "":
		return nothing
	case name == "":
		return short
	}
	return name + " " + short
}

// shorten cuts the random part of an id. Paths, numbers and names of Coffer's
// own have no underscore second and stay whole.
func (t terminal) shorten(id string) string {
	if t.width > 0 && len(id) > shownOfID+4 && id[1] == '_' {
		return id[:shownOfID] + "…"
	}
	return t.cut(id, longestTarget)
}

// cut counts characters, as the columns do.
func (t terminal) cut(s string, width int) string {
	if t.width == 0 || utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

const (
	bold  = "\x1b[1m"
	plain = "\x1b[0m"
)

var paint = map[event.Level]string{event.Info: "\x1b[2m", event.Warning: "\x1b[33m", event.Critical: "\x1b[1;31m"}

// painted leaves the padding plain.
func (t terminal) painted(dst []byte, paint, s string, width int) []byte {
	if !t.colour || paint == "" || s == nothing {
		return padded(dst, s, width)
	}
	end := len(dst) + len(paint) + len(clean(s))
	dst = padded(append(dst, paint...), s, width)
	rest := string(dst[end:])
	return append(append(dst[:end], plain...), rest...)
}

// padded ends in at least one space, also where what it pads is too wide.
func padded(dst []byte, s string, width int) []byte {
	s = clean(s)
	dst = append(dst, s...)
	for range max(1, width-utf8.RuneCountInString(s)+1) {
		dst = append(dst, ' ')
	}
	return dst
}

// shown counts what shows.
func (t terminal) shown(b []byte) int {
	n := utf8.RuneCount(b)
	if t.colour {
		for _, code := range []string{bold, plain, paint[event.Info], paint[event.Warning], paint[event.Critical]} {
			n -= strings.Count(string(b), code) * len(code)
		}
	}
	return n
}

func digits(n uint64) int { return len(strconv.FormatUint(n, 10)) }

func orNothing(s string) string {
	if s == "" {
		return nothing
	}
	return s
}
