package query

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// test says whether a line is what one word asks for.
type test func(m *members) (holds bool)

// matcher is a filter ready to judge lines.
type matcher struct {
	all  [][]test // of each group one must hold
	none []test   // of these none may
}

// matches reports whether the line is what the filter asks for.
func (c *matcher) matches(m *members) (holds bool) {
	for _, t := range c.none {
		if t(m) {
			return false
		}
	}
	for _, group := range c.all {
		if !slices.ContainsFunc(group, func(t test) bool { return t(m) }) {
			return false
		}
	}
	return true
}

// idle reports whether every line matches, so that none need be taken apart.
func (c *matcher) idle() (idle bool) { return len(c.all)+len(c.none) == 0 }

// compile makes the matcher of words whose people are ids by now. Times are not
// its matter: they are numbers of lines before anything is read.
func compile(words []Word) *matcher {
	c := &matcher{}
	groups := map[string]int{}
	for _, w := range words {
		if w.Field == "since" || w.Field == "until" {
			continue
		}
		t := w.test()
		if w.Not {
			c.none = append(c.none, t)
			continue
		}
		i, begun := groups[w.Field]
		if !begun || w.Field == "" { // each free word is a group of its own
			i = len(c.all)
			groups[w.Field] = i
			c.all = append(c.all, nil)
		}
		c.all[i] = append(c.all[i], t)
	}
	return c
}

// columns are the members that a field compares with as they are.
var columns = map[string]func(*members) []byte{
	"outcome": func(m *members) []byte { return m.outcome },
	"reason":  func(m *members) []byte { return m.reason },
	"actor":   func(m *members) []byte { return m.actor },
	"subject": func(m *members) []byte { return m.subject },
	"session": func(m *members) []byte { return m.session },
	"target":  func(m *members) []byte { return m.tgt },
	"request": func(m *members) []byte { return m.requestID },
	"node":    func(m *members) []byte { return m.node },
}

func (w Word) test() test {
	switch w.Field {
	case "":
		return contains(w.Value)
	case "event":
		return named(w.Value)
	case "level":
		return levelled(w.Value)
	case "ip":
		return within(w.Value)
	case "seq":
		from, to, _ := parseSeq(w.Value) // checked when it was parsed
		return func(m *members) bool { return m.seq >= from && m.seq <= to }
	case "card":
		return equals("card:"+w.Value, columns["target"])
	}
	return equals(w.Value, columns[w.Field])
}

func equals(value string, of func(*members) []byte) test {
	return func(m *members) bool { return string(of(m)) == value }
}

// contains looks for a word in what a person reads of a line, without case.
func contains(word string) test {
	word = strings.ToLower(word)
	return func(m *members) bool {
		return strings.Contains(strings.ToLower(string(m.description)), word) || strings.Contains(string(m.event), word)
	}
}

func named(value string) test {
	if prefix, is := strings.CutSuffix(value, "*"); is {
		return func(m *members) bool { return bytes.HasPrefix(m.event, []byte(prefix)) }
	}
	return equals(value, func(m *members) []byte { return m.event })
}

func levelled(value string) test {
	lowest, atLeast := strings.CutPrefix(value, ">=")
	if !atLeast {
		return equals(value, func(m *members) []byte { return m.level })
	}
	above := levels[slices.Index(levels, lowest):]
	return func(m *members) bool { return slices.Contains(above, string(m.level)) }
}

// within takes what the line calls its address for one; a line that has none
// lies in no network.
func within(value string) test {
	if value == "" {
		return func(m *members) bool { return len(m.sourceIP) == 0 }
	}
	network, _ := parseIP(value) // checked when it was parsed
	return func(m *members) bool {
		a, err := netip.ParseAddr(string(m.sourceIP))
		return err == nil && network.Contains(a.Unmap().WithZone(""))
	}
}

// bounds are the numbers of lines that a filter's seq, since and until leave.
func (f Filter) bounds(now time.Time) (from, below uint64, times []Word) {
	from, below = 0, maxSeq
	low, high, some := uint64(maxSeq), uint64(0), false
	for _, w := range f.Words {
		switch {
		case w.Field == "since" || w.Field == "until":
			times = append(times, w)
		case w.Field == "seq" && !w.Not:
			a, b, _ := parseSeq(w.Value) // checked when it was parsed
			low, high, some = min(low, a), max(high, b), true
		}
	}
	if some {
		from, below = low, min(high, maxSeq-1)+1
	}
	return from, below, times
}
