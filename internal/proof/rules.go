package proof

import (
	"bytes"
	"unicode/utf8"
)

// longest is the longest line that Coffer writes.
const longest = 16 << 10

// A breach is a rule of the line's form that a line breaks.
type breach string

// The rules of the form. No two readers may see different lines in one file.
const (
	isBlank  breach = "is blank"
	isLong   breach = "is longer than any line that Coffer writes"
	hasBOM   breach = "begins with a byte order mark"
	hasCR    breach = "holds a carriage return"
	hasNUL   breach = "holds a zero byte"
	hasLF    breach = "holds a line break"
	notUTF8  breach = "is not valid UTF-8"
	noNumber breach = "does not begin with its number"
)

// check finds the first rule that a line breaks, its number aside.
func check(line []byte) (broken breach) {
	switch {
	case len(line) == 0:
		return isBlank
	case len(line) > longest:
		return isLong
	case bytes.HasPrefix(line, []byte("\xef\xbb\xbf")):
		return hasBOM
	case bytes.IndexByte(line, '\r') >= 0:
		return hasCR
	case bytes.IndexByte(line, 0) >= 0:
		return hasNUL
	case bytes.IndexByte(line, '\n') >= 0:
		return hasLF
	case !utf8.Valid(line):
		return notUTF8
	}
	return ""
}

// clean reports that no line of a text can break a rule of characters. It asks
// once for a million bytes what check asks for each line.
func clean(text []byte) (ok bool) {
	return bytes.IndexByte(text, '\r') < 0 && bytes.IndexByte(text, 0) < 0 && utf8.Valid(text) &&
		!bytes.Contains(text, []byte("\xef\xbb\xbf"))
}

const seqMember = `{"seq":`

// number reads the number with which a line begins; rest is what follows the
// comma. The number must be written as Coffer writes it.
func number(line []byte) (seq uint64, rest []byte, ok bool) {
	if len(line) < len(seqMember)+2 || string(line[:len(seqMember)]) != seqMember {
		return 0, nil, false
	}
	digits := line[len(seqMember):]
	i := 0
	for ; i < len(digits) && i < 19 && digits[i]-'0' <= 9; i++ {
		seq = seq*10 + uint64(digits[i]-'0')
	}
	if i == 0 || i > 1 && digits[0] == '0' || i == len(digits) || digits[i] != ',' {
		return 0, nil, false
	}
	return seq, digits[i+1:], true
}

const (
	timeMember  = `"datetime":"`
	levelMember = `","level":"`
	eventMember = `","event":"`
	stampWidth  = len("2006-01-02T15:04:05.000000Z")
)

// stamped is the time that a line tells, if it stands where Coffer puts it.
func stamped(line []byte) string {
	_, rest, _ := number(line)
	stamp, _ := head(rest)
	return string(stamp)
}

// head reads time and event out of what follows a line's number, as far as
// they stand where Coffer puts them.
func head(rest []byte) (stamp, event []byte) {
	level := len(timeMember) + stampWidth
	if len(rest) < level+len(levelMember) || string(rest[:len(timeMember)]) != timeMember ||
		string(rest[level:level+len(levelMember)]) != levelMember {
		return nil, nil
	}
	stamp, rest = rest[len(timeMember):level], rest[level+len(levelMember):]
	end := bytes.IndexByte(rest, '"')
	if end < 0 || !bytes.HasPrefix(rest[end:], []byte(eventMember)) {
		return stamp, nil
	}
	rest = rest[end+len(eventMember):]
	if end = bytes.IndexByte(rest, '"'); end < 0 {
		return stamp, nil
	}
	return stamp, rest[:end]
}
