// Package secret holds text and bytes that cannot be printed, logged or
// marshalled by accident: passwords, card numbers, tokens, keys. Every way Go
// has of turning a value into text answers "[redacted]"; only Reveal, which a
// reviewer can search for, gives the value. It does not wipe memory: Go's
// collector may have copied a value before any wipe could reach it.
package secret

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

var errStored = errors.New("a secret cannot be stored in clear")

// Text is a string that must not be seen. It is held by a pointer because fmt
// prints a struct's unexported fields without asking them: of a pointer it
// shows the address.
type Text struct{ s *string }

// New takes s out of sight.
func New(s string) Text { return Text{&s} }

// Reveal gives the value; each call is a place to review.
func (t Text) Reveal() string {
	if t.s == nil {
		return ""
	}
	return *t.s
}

// Len is the length in bytes.
func (t Text) Len() int { return len(t.Reveal()) }

// String answers for fmt's %s and for templates.
func (Text) String() string { return redacted }

// GoString answers for %#v.
func (Text) GoString() string { return redacted }

// Format answers for every verb, %x and %q among them.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON answers for encoding/json.
func (Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText answers for other encoders.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue answers for log/slog.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// Value refuses to be a column.
func (Text) Value() (driver.Value, error) { return nil, errStored }

// Bytes are bytes that must not be seen. They are held by a function, since fmt
// follows a pointer to a slice.
type Bytes struct{ get func() []byte }

// NewBytes takes b out of sight; b must not be changed afterwards.
func NewBytes(b []byte) Bytes { return Bytes{func() []byte { return b }} }

// Reveal gives the value; each call is a place to review.
func (b Bytes) Reveal() []byte {
	if b.get == nil {
		return nil
	}
	return b.get()
}

// Len is the length in bytes.
func (b Bytes) Len() int { return len(b.Reveal()) }

// String answers for fmt's %s and for templates.
func (Bytes) String() string { return redacted }

// GoString answers for %#v.
func (Bytes) GoString() string { return redacted }

// Format answers for every verb, %x and %q among them.
func (Bytes) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalJSON answers for encoding/json.
func (Bytes) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText answers for other encoders.
func (Bytes) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue answers for log/slog.
func (Bytes) LogValue() slog.Value { return slog.StringValue(redacted) }

// Value refuses to be a column.
func (Bytes) Value() (driver.Value, error) { return nil, errStored }
