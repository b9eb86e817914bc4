package limit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// most is the largest number that a setting may name; beyond it, off is meant.
const most = 1_000_000

// Parse reads changes to the default table, such as
// "signup=5/h,login=off,cards=200". An error names the limit, what was written
// and what would be right.
func Parse(s string) (Table, error) {
	t := Default()
	seen := map[Name]bool{}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		r, text, err := split(part)
		if err != nil {
			return Table{}, err
		}
		if seen[r.name] {
			return Table{}, fmt.Errorf("limit %s is set twice: leave one of them out", r.name)
		}
		seen[r.name] = true
		if t.values[index(r.name)], err = r.read(text); err != nil {
			return Table{}, err
		}
	}
	return t, nil
}

// Differ gives what of two tables, written by String, stands in one and not in
// the other: a whole table is too long for a line. Either may be of a version
// that had other limits.
func Differ(before, now string) (from, to string) {
	was, is := strings.Split(before, ","), strings.Split(now, ",")
	return without(was, is), without(is, was)
}

func without(some, others []string) string {
	left := slices.DeleteFunc(slices.Clone(some), func(one string) bool { return slices.Contains(others, one) })
	return strings.Join(left, ",")
}

// split takes name=value apart and finds the name's rule.
func split(part string) (rule, string, error) {
	name, text, ok := strings.Cut(part, "=")
	name, text = strings.TrimSpace(name), strings.TrimSpace(text)
	if !ok {
		return rule{}, "", fmt.Errorf("%q is no limit: write name=value, such as signup=30/h or login=off", part)
	}
	names := make([]string, 0, len(table))
	for _, r := range table {
		if string(r.name) == name {
			return r, text, nil
		}
		names = append(names, string(r.name))
	}
	return rule{}, "", fmt.Errorf("no limit is named %q: there are %s", name, strings.Join(names, ", "))
}

// read turns the text after the equals sign into a value.
func (r rule) read(text string) (Value, error) {
	if text == "off" {
		return Value{}, nil
	}
	number, word, rate := strings.Cut(text, "/")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > most || number[0] == '+' || rate != (r.value.Unit != 0) {
		return Value{}, r.wrong(text)
	}
	if !rate {
		return Value{N: n}, nil
	}
	long := r.length(word)
	if long == 0 || r.fixed && long != r.value.Unit {
		return Value{}, r.wrong(text)
	}
	return Value{N: n, Unit: long}, nil
}

func (r rule) wrong(text string) error {
	want := "a whole number from 1 to 1000000"
	if r.value.Unit != 0 {
		want += ", a slash and " + r.unitWords()
	}
	return fmt.Errorf("limit %s cannot be %q: write %s, such as %s=%s, or %s=off", r.name, text, want, r.name, r.value, r.name)
}

// longest is how long a lock may last; beyond it, somebody mistyped.
const longest = 30 * 24 * time.Hour

// length is how long the word after the slash is, or 0.
func (r rule) length(word string) time.Duration {
	unit := strings.TrimLeft(word, "0123456789")
	if !r.lasts || unit == word {
		return lookUp(word)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(word, unit))
	if long := lookUp(unit); err == nil && long > 0 && n <= int(longest/long) {
		return time.Duration(n) * long
	}
	return 0
}

func (r rule) unitWords() string {
	if r.lasts {
		return "a time of at most 30 days"
	}
	if r.fixed {
		_, word, _ := strings.Cut(r.value.String(), "/")
		return word
	}
	return "s, min, h or day"
}

func lookUp(word string) time.Duration {
	for _, u := range units {
		if u.word == word {
			return u.long
		}
	}
	return 0
}
