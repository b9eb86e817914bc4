package event

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is text that a visitor caused. Wherever it is encoded it goes through
// CleanText, so nothing in it can end a line, hide or reorder what follows.
type Text string

// The longest forms, in bytes, of what stands in a line.
const (
	maxText   = 256 // user agent, path, Text
	maxWord   = 128 // ids, words, settings
	maxMethod = 16
)

// CleanText makes s fit to stand in a line: valid UTF-8, at most limit bytes,
// cut between characters. A control or format character (bidirectional
// overrides and zero-width ones are among the latter), a line or paragraph
// separator and a broken byte each become U+FFFD: that something was there
// stays visible, what it would have done does not. It is idempotent.
func CleanText(s string, limit int) string {
	if len(s) <= limit && printable(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unseen(r) {
			r = utf8.RuneError
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// printable reports the common case, in which nothing needs to change.
func printable(s string) (ok bool) {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// unseen reports characters that act on a reader's screen instead of showing.
func unseen(r rune) (unseen bool) {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// plain reports whether s is an id or a word of Coffer's own.
func plain(s string) (ok bool) {
	for i := range len(s) {
		if !letterOrDigit(s[i]) && strings.IndexByte("_:-./{}", s[i]) < 0 {
			return false
		}
	}
	return len(s) <= maxWord
}

// word is what an id or word may look like in a line. Coffer's own pass
// unchanged; anything else can only be a mistake and is tamed, not refused,
// since an event must not fail because of what a visitor sent.
func word(s string) string {
	if plain(s) {
		return s
	}
	return CleanText(s, maxWord)
}

const (
	hiddenID    = "{id}"
	hiddenToken = "{token}"
)

// CleanPath takes out of a request's path what must not be in a log. A segment
// stays if it is harmless, else {id} stands for it; what follows /reset/ is
// {token}. The query goes altogether, and whole segments beyond 256 bytes.
func CleanPath(path string) string {
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	clean := make([]byte, 0, len(path)+len(hiddenToken))
	before := ""
	for segment := range strings.SplitSeq(path, "/") {
		kept := cleanSegment(before, segment)
		if len(clean)+len(kept) > maxText {
			break
		}
		clean = append(append(clean, kept...), '/')
		before = segment
	}
	return strings.TrimSuffix(string(clean), "/")
}

func cleanSegment(before, segment string) string {
	switch {
	case before == "reset" && segment != "":
		return hiddenToken
	case segment == hiddenID || segment == hiddenToken || harmless(segment):
		return segment
	}
	return hiddenID
}

// harmless reports whether a path's segment can be shown: at most 40 letters,
// digits, _ and -, and no digits enough for a number that names a person or a
// card. Fewer than 8 in a row are not, and fewer than 12 in all: a card number
// typed with dashes has 12 or more.
func harmless(segment string) (ok bool) {
	row, all := 0, 0
	for i := range len(segment) {
		c := segment[i]
		switch {
		case c >= '0' && c <= '9':
			row, all = row+1, all+1
		case letterOrDigit(c), c == '_', c == '-':
			row = 0
		default:
			return false
		}
		if row >= 8 || all >= 12 {
			return false
		}
	}
	return len(segment) <= 40
}

func letterOrDigit(c byte) (ok bool) {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
