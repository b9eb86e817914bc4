package secret

import (
	"bytes"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const fake = "not-a-real-secret-5555"

// TestNothingPrints tries every way a value becomes text, the value alone,
// behind a pointer and inside a struct.
func TestNothingPrints(t *testing.T) {
	text, raw := New(fake), NewBytes([]byte(fake))
	values := []any{text, &text, raw, &raw, struct{ A Text }{text}, struct{ B *Bytes }{&raw}, struct{ a Text }{text}, &struct{ b Bytes }{raw}, []struct{ c Text }{{text}}, []Text{text}, map[string]Bytes{"k": raw}}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			if got := fmt.Sprintf(verb, v); seen(got) {
				t.Errorf("Sprintf(%q, %T) shows the value: %s", verb, v, got)
			}
		}
		if got, err := json.Marshal(v); err == nil && seen(string(got)) {
			t.Errorf("json.Marshal(%T) shows the value: %s", v, got)
		}
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		if seen(b.String()) {
			t.Errorf("slog shows %T: %s", v, b.String())
		}
	}
}

func TestEncodersAndColumns(t *testing.T) {
	for _, v := range []interface {
		encoding.TextMarshaler
		driver.Valuer
	}{New(fake), NewBytes([]byte(fake))} {
		if got, err := v.MarshalText(); err != nil || string(got) != redacted {
			t.Errorf("%T.MarshalText() = %q, %v, want %q", v, got, err, redacted)
		}
		if got, err := v.Value(); err == nil {
			t.Errorf("%T.Value() = %v, want an error: a secret is no column", v, got)
		}
	}
}

func TestReveal(t *testing.T) {
	if got := New(fake).Reveal(); got != fake {
		t.Errorf("Text.Reveal() = %q, want %q", got, fake)
	}
	if got := string(NewBytes([]byte(fake)).Reveal()); got != fake {
		t.Errorf("Bytes.Reveal() = %q, want %q", got, fake)
	}
	if New(fake).Len() != len(fake) || NewBytes([]byte(fake)).Len() != len(fake) {
		t.Error("Len() is not the value's length")
	}
}

// TestZero holds that a secret nobody set is an empty one.
func TestZero(t *testing.T) {
	var text Text
	var raw Bytes
	if text.Reveal() != "" || text.Len() != 0 || raw.Reveal() != nil || raw.Len() != 0 {
		t.Error("the zero value is not empty")
	}
	if text.String() != redacted || raw.String() != redacted {
		t.Error("the zero value prints otherwise than a set one")
	}
}

func seen(s string) bool {
	low := strings.ToLower(s)
	return strings.Contains(low, fake) || strings.Contains(low, fmt.Sprintf("%x", fake)) || strings.Contains(low, "[110 111 116")
}
