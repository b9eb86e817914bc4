package app

import (
	"fmt"
	"strings"
)

// span is a stretch of lines, by their numbers.
type span struct{ first, last uint64 }

// spans are stretches in the order of their lines, none touching another.
type spans []span

// add takes in a line behind all others.
func (s *spans) add(seq uint64) {
	if n := len(*s); n > 0 && (*s)[n-1].last+1 == seq {
		(*s)[n-1].last = seq
		return
	}
	*s = append(*s, span{seq, seq})
}

// within are the lines from one number up to, not including, another.
func (s spans) within(from, to uint64) (some spans) {
	for _, one := range s {
		if one.first < to && one.last >= from {
			some = append(some, span{max(one.first, from), min(one.last, to-1)})
		}
	}
	return some
}

func (s spans) count() (n uint64) {
	for _, one := range s {
		n += one.last - one.first + 1
	}
	return n
}

// mostNamed is how many stretches are told by their numbers.
const mostNamed = 20

// texts are the first stretches, as in 3 or 7-9.
func (s spans) texts() (all []string) {
	for _, one := range s[:min(mostNamed, len(s))] {
		text := fmt.Sprint(one.first)
		if one.last > one.first {
			text = fmt.Sprintf("%d-%d", one.first, one.last)
		}
		all = append(all, text)
	}
	return all
}

// words says the lines to a person.
func (s spans) words() string {
	said := "lines "
	if s.count() == 1 {
		said = "line "
	}
	said += strings.Join(s.texts(), ", ")
	if more := s[min(mostNamed, len(s)):].count(); more > 0 {
		said += fmt.Sprintf(" and %d more", more)
	}
	return said
}
