package web

import (
	"errors"
	"net/http"
	"time"
)

// chunkTime is how long a visitor may take for a piece of a stream. The
// server's own deadline is for whole answers, which a stream may outlive; one
// that nobody takes any more still ends.
const chunkTime = 30 * time.Second

// Stream is an answer that is written piece by piece.
type Stream struct {
	w     http.ResponseWriter
	on    *http.ResponseController
	wrote bool
}

// NewStream begins an answer of this kind that is saved under a name.
func NewStream(w http.ResponseWriter, kind, name string) *Stream {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return &Stream{w: w, on: http.NewResponseController(w)}
}

// Write sends a piece. An error means that the visitor is gone.
func (s *Stream) Write(piece []byte) (int, error) {
	s.wrote = true
	if err := s.on.SetWriteDeadline(time.Now().Add(chunkTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := s.w.Write(piece)
	if err == nil {
		if err = s.on.Flush(); errors.Is(err, http.ErrNotSupported) {
			err = nil
		}
	}
	return n, err
}

// Fail ends an answer that cannot go on. One that has begun breaks off, so that
// nobody takes a part of it for the whole.
func (s *Stream) Fail(err error) error {
	if !s.wrote {
		s.w.Header().Del("Content-Disposition")
		return err
	}
	panic(http.ErrAbortHandler)
}
