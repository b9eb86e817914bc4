package factor_test

import (
	"testing"

	"coffer/internal/factor"
)

// TestUsable holds which addresses can have passkeys: those with a name.
func TestUsable(t *testing.T) {
	for origin, want := range map[string]bool{
		"https://cards.example.org": true, "http://localhost:8880": true,
		"http://192.0.2.7:8880": false, "https://[2001:db8::1]": false,
	} {
		p, err := factor.NewPasskeys(origin)
		if err != nil || p.Usable() != want {
			t.Errorf("NewPasskeys(%s): usable %v, %v, want %v", origin, err == nil && p.Usable(), err, want)
		}
	}
}
