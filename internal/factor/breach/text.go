package breach

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Form is how a list is written.
type Form string

// The forms of a list. SHA1 is what Have I Been Pwned publishes: the hash in hex,
// and behind a colon how often it was seen.
const (
	Auto  Form = "auto"
	Plain Form = "plain"
	SHA1  Form = "sha1"
)

const (
	sha1Hex, ntlmHex = 40, 32
	// longest is more than a password may have in bytes: what is longer cannot be
	// chosen, and need not be known.
	longest = 1024
	// glance is how much of a list is looked at to tell its form.
	glance = 64 << 10
)

// text reads a list line by line. Its errors name the line and never say what
// stands in it.
type text struct {
	in      *bufio.Reader
	form    Form
	lines   uint64 // read so far
	skipped uint64 // of them, those that can be nobody's password here
	bytes   uint64
	buf     []byte // a line that does not fit the reader's own
}

// newText tells the form, where it is not given.
func newText(r io.Reader, form Form) (*text, error) {
	in := bufio.NewReaderSize(r, glance)
	head, err := in.Peek(glance)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if bytes.IndexByte(head, 0) >= 0 || bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		return nil, errors.New("it is no text in UTF-8; unpack it first (as in zcat LIST.gz | coffer passwords import -), or convert it")
	}
	switch guess, err := guessed(head); {
	case form == Auto && err != nil:
		return nil, err
	case form == Auto:
		form = guess
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // it was peeked at: it is there
	}
	return &text{in: in, form: form}, nil
}

// guessed tells the form by the first lines: hashes if each is one.
func guessed(head []byte) (form Form, err error) {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if cut := bytes.LastIndexByte(head, '\n'); cut >= 0 {
		head = head[:cut]
	}
	all, hashes, ntlm := 0, 0, 0
	for line := range bytes.SplitSeq(head, []byte("\n")) {
		if line = bytes.TrimRight(line, "\r"); len(line) == 0 {
			continue
		}
		all++
		if _, ok := published(line); ok {
			hashes++
		}
		if part, _, _ := bytes.Cut(line, []byte(":")); len(part) == ntlmHex && isHex(part) {
			ntlm++
		}
	}
	switch {
	case all > 0 && ntlm == all:
		return "", errors.New("it looks like a list of NTLM hashes, which is no use here; take the one of SHA-1 hashes, or say --format plain if these are passwords")
	case hashes == all:
		return SHA1, nil
	case hashes > 0:
		return "", fmt.Errorf("%d of its first %d lines are SHA-1 hashes and the others are not; say --format sha1 or --format plain", hashes, all)
	}
	return Plain, nil
}

// next gives the key of the next password; io.EOF is the end.
func (t *text) next() (key uint64, err error) {
	for {
		line, err := t.line()
		if err != nil {
			return 0, err
		}
		if len(line) == 0 {
			continue
		}
		t.lines++
		if t.form == SHA1 {
			key, ok := published(line)
			if !ok {
				return 0, fmt.Errorf("line %d is no SHA-1 hash of 40 hex digits, alone or with :COUNT behind it", t.lines)
			}
			return key, nil
		}
		if len(line) <= longest && utf8.Valid(line) {
			return keyOf(string(norm.NFC.Bytes(line))), nil
		}
		t.skipped++
	}
}

// line reads a line without its end; of one that is far too long, the beginning.
func (t *text) line() ([]byte, error) {
	line, err := t.in.ReadSlice('\n')
	t.bytes += uint64(len(line))
	if errors.Is(err, bufio.ErrBufferFull) {
		t.buf = append(t.buf[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = t.in.ReadSlice('\n')
			t.bytes += uint64(len(line))
		}
		line = t.buf
	}
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	return bytes.TrimRight(line, "\r\n"), err
}

// published reads a line of hashes.
func published(line []byte) (key uint64, ok bool) {
	if len(line) < sha1Hex {
		return 0, false
	}
	var sum [sha1Hex / 2]byte
	if _, err := hex.Decode(sum[:], line[:sha1Hex]); err != nil {
		return 0, false
	}
	rest := line[sha1Hex:]
	if len(rest) > 0 && (rest[0] != ':' || len(bytes.Trim(rest[1:], "0123456789")) > 0) {
		return 0, false
	}
	return binary.BigEndian.Uint64(sum[:]), true
}

func isHex(text []byte) (is bool) {
	_, err := hex.DecodeString(string(text))
	return err == nil
}
