package seal

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/huff0"
	"github.com/klauspost/compress/s2"

	"coffer/internal/event"
)

// The first byte of a line as the table event holds it says how: a line itself
// begins with a brace; against the first dictionary it is shortened, and mostly
// the letters of what is left, ids above all, are written in fewer bits.
const (
	shortened1 = 1
	spelled1   = 2
)

// What was packed is read with the same text and table for as long as the log is
// kept: better ones are others, under the next numbers.
var (
	//go:embed packing1.txt
	text1 []byte
	//go:embed packing1.huff
	table1 []byte
)

// A block of lines would pack better, but lines are sealed and asked for one by
// one. Against a text of usual lines, one takes less than a third of its length,
// in a microsecond and a half; one format for both steps, zstd, takes seven.
var (
	dictionary1 = sync.OnceValue(func() *s2.Dict { return s2.MakeDict(text1, nil) })
	spelling1   = sync.OnceValue(func() *huff0.Scratch {
		s, _, err := huff0.ReadTable(table1, nil)
		if err != nil {
			panic(err) // it is part of the program
		}
		return s
	})
	decoder1 = sync.OnceValue(func() *huff0.Decoder { return spelling1().Decoder() })
)

// most is how long a line may be while it is only shortened.
const most = event.MaxLine + event.MaxLine/6 + 64

var rooms = sync.Pool{New: func() any { return new([most]byte) }}

// packer packs lines into room that the next ones use again. It packs for one
// transaction at a time.
type packer struct {
	room     []byte
	short    []byte
	spelling huff0.Scratch
}

// few is how many lines are packed sooner than another goroutine begins.
const few = 4

// rows gives the lines of rows, packed, in their order. Many are packed beside
// the caller: whoever seals is one goroutine, which others wait for, and packing
// is a tenth of its work. The caller takes all of them, or drains what is left.
func (p *packer) rows(rows []row) <-chan []byte {
	p.room = p.room[:0]
	packed := make(chan []byte, len(rows))
	work := func() {
		defer close(packed)
		for _, r := range rows {
			packed <- p.pack(r.rec, r.line)
		}
	}
	if len(rows) > few {
		go work()
	} else {
		work()
	}
	return packed
}

// drain waits until the packer is free again.
func drain(packed <-chan []byte) {
	for range packed {
	}
}

// pack gives a line as the table event holds it: what statements look into, and
// what would hardly become shorter, as it is.
func (p *packer) pack(c event.Record, line []byte) []byte {
	if asked(c.Event) {
		return line
	}
	if cap(p.short) == 0 {
		p.short = make([]byte, 0, most)
		p.spelling.TransferCTable(spelling1())
		p.spelling.Reuse = huff0.ReusePolicyMust
	}
	how, packed := byte(shortened1), dictionary1().Encode(p.short[:0:most], line)
	if spelled, _, err := huff0.Compress1X(packed, &p.spelling); err == nil {
		how, packed = spelled1, spelled
	}
	if len(packed) > len(line)*3/4 {
		return line
	}
	at := len(p.room)
	p.room = append(append(p.room, how), packed...) // who holds the old room keeps it
	return p.room[at:len(p.room):len(p.room)]
}

// Unpack appends to dst the line that stands in the table event as stored. What
// was not packed here is its own line: whoever wrote that past Coffer, no hash
// agrees with it.
func Unpack(dst, stored []byte) []byte {
	if len(stored) == 0 {
		return dst
	}
	switch short := stored[1:]; stored[0] {
	case shortened1:
		if line, ok := lengthen(dst, short); ok {
			return line
		}
	case spelled1:
		room := rooms.Get().(*[most]byte)
		defer rooms.Put(room)
		short, err := decoder1().Decompress1X(room[:0], short)
		if err != nil {
			break
		}
		if line, ok := lengthen(dst, short); ok {
			return line
		}
	}
	return append(dst, stored...)
}

// lengthen appends the line that was shortened.
func lengthen(dst, short []byte) (line []byte, ok bool) {
	n, err := s2.DecodedLen(short)
	if err != nil || n > event.MaxLine {
		return dst, false
	}
	at := len(dst)
	if cap(dst)-at < n {
		dst = append(make([]byte, 0, max(at+n, 2*cap(dst))), dst...)
	}
	if _, err := dictionary1().Decode(dst[at:at+n:at+n], short); err != nil {
		return dst, false
	}
	return dst[:at+n], true
}

// Text is the exact line of a row, without its newline, to scan the column line
// of the table event into. It is the scanner's to keep.
type Text []byte

// Scan reads a row's column. SQLite lets whoever writes past Coffer store
// something else there than bytes: the hashes judge what it says, and it is no
// reason to stop there.
func (t *Text) Scan(stored any) error {
	switch v := stored.(type) {
	case []byte:
		*t = Unpack(nil, v)
	case string:
		*t = Unpack(nil, []byte(v))
	case nil:
		*t = nil
	default:
		*t = fmt.Append(nil, v)
	}
	return nil
}
