package seal

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"

	"coffer/internal/event"
)

// The first byte of a line as the table event holds it says how: a line itself
// begins with a brace, a packed one with the number of its dictionary.
const packing1 = 1

// What was packed is read with the same text for as long as the log is kept: a
// better dictionary is another one, under the next number.
//
//go:embed packing1.txt
var text1 []byte

// A block of lines would pack better, but lines are sealed and asked for one by
// one; against a text of usual lines, one takes a third of its length.
var dictionary1 = sync.OnceValue(func() *s2.Dict { return s2.MakeDict(text1, nil) })

// packer packs lines into room that the next ones use again.
type packer struct{ room []byte }

// pack gives a line as the table event holds it: what statements look into, and
// what would hardly become shorter, as it is.
func (p *packer) pack(c event.Record, line []byte) []byte {
	if asked(c.Event) {
		return line
	}
	most, at := 1+s2.MaxEncodedLen(len(line)), len(p.room)
	if cap(p.room)-at < most {
		p.room, at = make([]byte, 0, 8*most), 0 // who holds the old one keeps it
	}
	room := p.room[at : at+most]
	room[0] = packing1
	n := 1 + len(dictionary1().Encode(room[1:], line))
	if n > len(line)*3/4 {
		return line
	}
	p.room = p.room[:at+n]
	return room[:n:n]
}

// Unpack appends to dst the line that stands in the table event as stored. What
// was not packed here is its own line: whoever wrote that past Coffer, no hash
// agrees with it.
func Unpack(dst, stored []byte) []byte {
	if len(stored) == 0 || stored[0] != packing1 {
		return append(dst, stored...)
	}
	n, err := s2.DecodedLen(stored[1:])
	if err != nil || n > event.MaxLine {
		return append(dst, stored...)
	}
	at := len(dst)
	if cap(dst)-at < n {
		dst = append(make([]byte, 0, max(at+n, 2*cap(dst))), dst...)
	}
	if _, err := dictionary1().Decode(dst[at:at+n:at+n], stored[1:]); err != nil {
		return append(dst[:at], stored...)
	}
	return dst[:at+n]
}

// Text is the exact line of a row, without its newline, to scan the column line
// of the table event into. It is the scanner's to keep.
type Text []byte

// Scan reads a row's column.
func (t *Text) Scan(stored any) error {
	b, ok := stored.([]byte)
	if !ok {
		return fmt.Errorf("a line of the log stands in the database as %T", stored)
	}
	*t = Unpack(nil, b)
	return nil
}
