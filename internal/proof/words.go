package proof

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// lines says how many.
func lines(n uint64) string { return count(n, "line") }

// count says how many of a thing there are.
func count(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func isAre(n uint64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func wasWere(n uint64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// size is how many lines a range has.
func (s Span) size() uint64 { return s.Last - s.First + 1 }

// words says a range to a person.
func (s Span) words() string {
	if s.First == s.Last {
		return fmt.Sprint(s.First)
	}
	return fmt.Sprintf("%d to %d", s.First, s.Last)
}

// named is the range as the subject of a sentence.
func (s Span) named() string {
	if s.First == s.Last {
		return "line " + s.words()
	}
	return "the lines " + s.words()
}

// Because says an error to somebody who does not write programs, in one line.
func Because(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	case errors.Is(err, fs.ErrPermission):
		return "whoever runs this may not read it"
	case errors.Is(err, syscall.EISDIR):
		return "it is a directory"
	case errors.Is(err, syscall.ENOTDIR):
		return "a part of its path is no directory"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody answers at that address"
	case errors.Is(err, context.Canceled):
		return "it was stopped"
	case os.IsTimeout(err):
		return "no answer came in time"
	}
	return Escape(strings.ReplaceAll(err.Error(), "\n", "; "))
}
