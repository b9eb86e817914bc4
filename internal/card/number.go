package card

import (
	"fmt"
	"slices"
	"strings"

	"coffer/internal/secret"
)

// Number is a payment card number that passed Parse: digits only, and out of
// sight like every secret.
type Number struct{ secret.Text }

// Last gives the last n digits, four at most: what may be shown (PCI DSS 3.4.1).
func (n Number) Last(digits int) string {
	s := n.Reveal()
	return s[len(s)-min(max(digits, 0), 4, len(s)):]
}

const (
	minDigits = 12
	maxDigits = 19
	// maxTyped is far more than 19 digits with separators need.
	maxTyped = 64
)

// Parse reads a number as people type it, with spaces or dashes between digits.
// A broken rule comes back as its word and a sentence, neither of which holds
// anything of what was typed.
func Parse(typed secret.Text) (n Number, b Brand, rule, text string) {
	digits, rule, text := onlyDigits(strings.TrimSpace(typed.Reveal()))
	if rule != "" {
		return n, "", rule, text
	}
	if len(digits) < minDigits || len(digits) > maxDigits {
		return n, "", "length", "A card number has 12 to 19 digits."
	}
	// A missing or doubled digit breaks the check digit as well, so the length is
	// looked at first: that is the sentence that helps.
	s := seriesOf(digits)
	switch {
	case s != nil && !slices.Contains(s.lengths, len(digits)):
		return n, "", "length", fmt.Sprintf("A %s number has %s digits.", s.brand.Title(), counts(s.lengths))
	case !luhn(digits):
		return n, "", "checksum", "This number is mistyped: its last digit does not fit the others."
	case s == nil:
		return n, "", "brand", "No card that we know has a number that begins like this."
	}
	return Number{secret.New(digits)}, s.brand, "", ""
}

func onlyDigits(typed string) (digits, rule, text string) {
	switch {
	case typed == "":
		return "", "required", "Type the card number."
	case len(typed) > maxTyped:
		return "", "length", "A card number has 12 to 19 digits."
	}
	digits = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, typed)
	strange := func(r rune) bool { return r < '0' || r > '9' }
	if digits == "" || strings.ContainsFunc(digits, strange) || strange(rune(typed[0])) || strange(rune(typed[len(typed)-1])) {
		return "", "characters", "Use digits only; spaces or dashes between them are fine."
	}
	return digits, "", ""
}

// luhn is the check of ISO/IEC 7812-1, annex B.
func luhn(digits string) (valid bool) {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
