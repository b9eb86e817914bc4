package house

import (
	"bytes"
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// secrets are what must be found nowhere.
type secrets struct {
	mu  sync.Mutex
	all []string
}

// Secret makes text a canary: no page, file or operator's line may hold it.
func (h *House) Secret(text string) {
	h.secret.mu.Lock()
	defer h.secret.mu.Unlock()
	if !slices.Contains(h.secret.all, text) {
		h.secret.all = append(h.secret.all, text)
	}
}

// secretNumber makes a card number a canary, however it is spelt.
func (h *House) secretNumber(typed string) {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(typed)
	if len(digits) < 12 {
		return // too short to be one, and to be found by chance
	}
	h.Secret(digits)
	for _, between := range []string{" ", "-", "\u00a0"} {
		h.Secret(grouped(digits, between, 4, 4, 4))
		h.Secret(grouped(digits, between, 4, 6))
	}
}

func grouped(digits, between string, sizes ...int) string {
	var parts []string
	for _, n := range sizes {
		if len(digits) > n {
			parts, digits = append(parts, digits[:n]), digits[n:]
		}
	}
	return strings.Join(append(parts, digits), between)
}

// found names the canaries in what was written, by their first letters.
func (s *secrets) found(in []byte) (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range s.all {
		if bytes.Contains(in, []byte(text)) || bytes.Contains(in, []byte(hex.EncodeToString([]byte(text)))) {
			all = append(all, text[:4]+"…")
		}
	}
	return all
}

// operator is everything that slog was given by this process, at every level.
var operator struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

type operatorWriter struct{}

// Write keeps what slog says, to be searched for secrets.
func (operatorWriter) Write(b []byte) (int, error) {
	operator.mu.Lock()
	defer operator.mu.Unlock()
	return operator.buf.Write(b)
}

var capture = sync.OnceFunc(func() {
	slog.SetDefault(slog.New(slog.NewTextHandler(operatorWriter{}, &slog.HandlerOptions{Level: slog.LevelDebug})))
})

// Told is what the operator was told so far, by all tests of this process.
func Told() string {
	operator.mu.Lock()
	defer operator.mu.Unlock()
	return operator.buf.String()
}
