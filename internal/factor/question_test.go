package factor_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"
	"time"

	"coffer/internal/factor"
	"coffer/internal/secret"
)

// TestQuestionIsSealed holds that a browser can hand back only what it was given.
func TestQuestionIsSealed(t *testing.T) {
	keys := &factor.Keys{MAC: func(label string, data []byte) []byte {
		m := hmac.New(sha256.New, []byte(label))
		m.Write(data)
		return m.Sum(nil)
	}}
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	q := factor.Question{
		For: factor.ForConfirm, Nonce: factor.NewNonce(), Challenge: "c", Account: "u_a", Session: "s_b",
		Operation: factor.Operation{Kind: "sensitive_read", Target: "card:c_1"}, Until: now.UnixMicro(),
	}
	kept := keys.SealQuestion(q)
	if got, ok := keys.OpenQuestion(kept); !ok || got != q {
		t.Fatalf("OpenQuestion = %+v, %v, want %+v", got, ok, q)
	}
	text := kept.Reveal()
	for i := range text {
		b := []byte(text)
		b[i] ^= 1
		if _, ok := keys.OpenQuestion(secret.New(string(b))); ok {
			t.Fatalf("a question with byte %d changed is taken", i)
		}
	}
	other := &factor.Keys{MAC: func(string, []byte) []byte { return make([]byte, 32) }}
	if _, ok := other.OpenQuestion(kept); ok {
		t.Error("a question under another key is taken")
	}
	for _, s := range []string{"", ".", "a.b", text + "=", text + " "} {
		if _, ok := keys.OpenQuestion(secret.New(s)); ok {
			t.Errorf("OpenQuestion(%q), want none", s)
		}
	}
	if q.Over(now.Add(-time.Microsecond)) || !q.Over(now) {
		t.Error("a question is over at another time than it says")
	}
}
