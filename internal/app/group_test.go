package app

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// TestOnceEach holds that a cause that several steps met is told once, and that
// none is lost to who asks for it.
func TestOnceEach(t *testing.T) {
	gone := errors.New("dial: no such file")
	err := onceEach(nil, onceEach(fmt.Errorf("unavailable: %w", gone), gone), errors.Join(fs.ErrClosed, fmt.Errorf("unavailable: %w", gone)))
	if got, want := err.Error(), "unavailable: dial: no such file\nfile already closed"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if !errors.Is(err, gone) || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("%v is neither of its causes", err)
	}
	if onceEach(nil, nil) != nil {
		t.Error("nothing is an error")
	}
}
