package factor

import (
	"bytes"
	"embed"
	"io"
	"io/fs"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// common holds passwords.txt, which the build makes and the repository does
// not keep, and placeholder.txt, a short list that takes its place until then.
// Both are in lower case, one password a line, sorted by bytes.
//
//go:embed common/*.txt
var common embed.FS

// longest is more than any line of a list, so that a window of twice as much
// holds the whole line wherever it starts.
const longest = 256

// isCommon looks the password up without reading the list into memory: most
// runs of the program need a few lines of it, if any.
func isCommon(password string) (found bool) {
	f, err := common.Open(listed())
	if err != nil {
		panic("factor: no list of common passwords was built in")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		panic("factor: the list of common passwords does not know its size")
	}
	word := strings.ToLower(norm.NFC.String(password))
	return len(word) < longest && search(f.(io.ReaderAt), info.Size(), word)
}

// listed is the list that was built in.
func listed() (name string) {
	name = "common/passwords.txt"
	if _, err := fs.Stat(common, name); err != nil {
		return "common/placeholder.txt"
	}
	return name
}

// search is a binary search over the bytes of a sorted text.
func search(list io.ReaderAt, size int64, word string) (found bool) {
	var window [2 * longest]byte
	for low, high := int64(0), size; low < high; {
		mid := (low + high) / 2
		start, line := lineAt(list, mid, window[:])
		switch c := strings.Compare(word, line); {
		case c == 0:
			return true
		case c < 0:
			high = start
		default:
			low = start + int64(len(line)) + 1
		}
	}
	return false
}

// lineAt gives the line that holds the byte at, and where it starts. A line
// longer than a window is cut, which no list in use has.
func lineAt(list io.ReaderAt, at int64, window []byte) (start int64, line string) {
	from := max(at-longest, 0)
	n, _ := list.ReadAt(window, from) // a short read is the end of the list
	text := window[:n]
	here := int(at - from)
	begin := bytes.LastIndexByte(text[:here], '\n') + 1
	end := bytes.IndexByte(text[here:], '\n')
	if end < 0 {
		end = n - here
	}
	return from + int64(begin), string(text[begin : here+end])
}

// CommonPasswords is how many passwords the list holds that was built in.
func CommonPasswords() (count int, err error) {
	text, err := fs.ReadFile(common, listed())
	return bytes.Count(text, []byte("\n")), err
}
