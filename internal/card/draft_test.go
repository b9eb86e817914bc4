package card

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"coffer/internal/secret"
)

// numbers are the payment services' published test numbers.
var numbers = map[string]Brand{
	"4242424242424242":    Visa,
	"4111111111111111":    Visa,
	"4012888888881881":    Visa,
	"4222222222222":       Visa,
	"5555555555554444":    Mastercard,
	"5105105105105100":    Mastercard,
	"2223003122003222":    Mastercard,
	"378282246310005":     Amex,
	"371449635398431":     Amex,
	"6011111111111117":    Discover,
	"6011000990139424":    Discover,
	"3056930009020004":    Diners,
	"36227206271667":      Diners,
	"30569309025904":      Diners,
	"38520000023237":      Diners,
	"3566002020360505":    JCB,
	"3530111333300000":    JCB,
	"6200000000000005":    UnionPay,
	"6205500000000000004": UnionPay,
	"6759649826438453":    Maestro,
	"6304000000000000":    Maestro,
}

func TestParseKnowsTestNumbers(t *testing.T) {
	for digits, brand := range numbers {
		spaced := digits[:4] + " " + digits[4:8] + "-" + digits[8:]
		for _, typed := range []string{digits, spaced, "  " + digits + " ", digits[:4] + "  - " + digits[4:]} {
			n, got, rule, text := Parse(secret.New(typed))
			if got != brand || rule != "" || text != "" || n.Reveal() != digits {
				t.Errorf("Parse(%q) = %d digits, %q, %q, want %d, %q", typed, n.Len(), got, rule, len(digits), brand)
			}
			if got, want := n.Last(4), digits[len(digits)-4:]; got != want {
				t.Errorf("Last(4) of %s = %q, want %q", digits, got, want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for typed, want := range map[string]string{
		"": "required", "   ": "required",
		"----": "characters", "4242x4242424242424": "characters", "-4242424242424242": "characters",
		"4242424242424242-": "characters", "4242\u00a04242": "characters", "４２４２４２４２４２４２４２４２": "characters",
		"4242\n424242424242": "characters", "\xff\xfe": "characters", "4242.4242.4242.4242": "characters",
		"42424242424": "length", "42424242424242424242": "length", strings.Repeat("4 ", 40): "length",
		"424242424242424":  "length",   // 15 digits of a Visa
		"3782822463100050": "length",   // 16 of an American Express
		"4242424242424241": "checksum", // the last digit is off by one
		"9999999999999995": "brand", "0000000000000000": "brand", "1234567812345670": "brand",
		"1234567812345678": "checksum",
	} {
		n, brand, rule, text := Parse(secret.New(typed))
		if rule != want {
			t.Errorf("Parse(%q) broke rule %q, want %q", typed, rule, want)
		}
		if want != "" && (n.Len() != 0 || brand != "" || text == "") {
			t.Errorf("Parse(%q) = %d digits, %q, %q, want none and a sentence", typed, n.Len(), brand, text)
		}
	}
}

// TestLuhn has the examples of the published descriptions, and that every
// single wrong digit is found.
func TestLuhn(t *testing.T) {
	for digits, want := range map[string]bool{"79927398713": true, "79927398710": false, "17893729974": true, "0": true} {
		if got := luhn(digits); got != want {
			t.Errorf("luhn(%s) = %v, want %v", digits, got, want)
		}
	}
	for digits := range numbers {
		for i := range len(digits) {
			for d := byte('0'); d <= '9'; d++ {
				wrong := digits[:i] + string(d) + digits[i+1:]
				if luhn(wrong) != (wrong == digits) {
					t.Errorf("luhn(%s) = %v, want %v", wrong, luhn(wrong), wrong == digits)
				}
			}
		}
	}
}

func TestRangesDoNotOverlap(t *testing.T) {
	last := 0
	for _, s := range table {
		if s.first <= last || s.last < s.first || titles[s.brand] == "" || len(s.lengths) == 0 {
			t.Errorf("series %+v begins at or before %d, ends before it begins, or says nothing", s, last)
		}
		last = s.last
	}
}

func TestCounts(t *testing.T) {
	for want, lengths := range map[string][]int{"16": {16}, "13, 16 or 19": {13, 16, 19}, "14 to 19": upTo19From14, "12 to 19": upTo19From12} {
		if got := counts(lengths); got != want {
			t.Errorf("counts(%v) = %q, want %q", lengths, got, want)
		}
	}
}

func TestParseExpiry(t *testing.T) {
	now := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC)
	for typed, want := range map[string][2]string{
		"11/26": {"2026-11", ""}, " 11 / 26 ": {"2026-11", ""}, "12/26": {"2026-12", ""}, "01/27": {"2027-01", ""},
		"11/46": {"2046-11", ""}, "12/46": {"", "far"}, "01/99": {"", "far"}, "10/26": {"", "past"}, "12/25": {"", "past"},
		"00/27": {"", "format"}, "13/27": {"", "format"}, "1/27": {"", "format"}, "11/2027": {"", "format"},
		"1127": {"", "format"}, "11-27": {"", "format"}, "11/27/28": {"", "format"}, "１１/27": {"", "format"},
		"+1/27": {"", "format"}, "/": {"", "format"}, "": {"", "required"}, "  ": {"", "required"}, "\xff/27": {"", "format"},
	} {
		got, rule, text := parseExpiry(typed, now)
		if got != want[0] || rule != want[1] || (rule != "") != (text != "") {
			t.Errorf("parseExpiry(%q) = %q, %q, %q, want %q, %q", typed, got, rule, text, want[0], want[1])
		}
	}
	// A moment later the month is over, in UTC wherever the clock stands.
	later := now.Add(time.Second).In(time.FixedZone("", -11*3600))
	if _, rule, _ := parseExpiry("11/26", later); rule != "past" {
		t.Errorf("parseExpiry(11/26) on 1 December = %q, want past", rule)
	}
}

func TestParseHolder(t *testing.T) {
	for typed, want := range map[string][2]string{
		"Ada Lovelace": {"Ada Lovelace", ""}, "  Ada   Lovelace ": {"Ada Lovelace", ""}, "Seán O’Brien-Ó Súilleabháin": {"Seán O’Brien-Ó Súilleabháin", ""},
		"J. R. O'Neil, Jr.": {"J. R. O'Neil, Jr.", ""}, "李小龍": {"李小龍", ""}, "Łukasz & Zoë": {"Łukasz & Zoë", ""}, "नरेन्द्र": {"नरेन्द्र", ""},
		"Li": {"Li", ""}, "L": {"", "length"}, strings.Repeat("é", 64): {strings.Repeat("é", 64), ""}, strings.Repeat("é", 65): {"", "length"},
		"": {"", "required"}, " \u00a0 ": {"", "required"}, "..": {"", "characters"}, "Ada\nLovelace": {"", "characters"}, "Ada\x00": {"", "characters"},
		"Ada \u202eecalevoL": {"", "characters"}, "Ada\u2066": {"", "characters"}, "Ada\u200b": {"", "characters"}, "<b>Ada</b>": {"", "characters"},
		"\xff\xfe": {"", "characters"}, "4242424242424242": {"", "characters"}, "Ada 2": {"", "characters"},
	} {
		got, rule, text := parseHolder(typed)
		if got != want[0] || rule != want[1] || (rule != "") != (text != "") {
			t.Errorf("parseHolder(%q) = %q, %q, %q, want %q, %q", typed, got, rule, text, want[0], want[1])
		}
	}
}

func TestParseLabel(t *testing.T) {
	for typed, want := range map[string][2]string{
		"": {"", ""}, "  ": {"", ""}, "Work": {"Work", ""}, "Visa (2) – 50 % off!": {"Visa (2) – 50 % off!", ""}, "👩\u200d🚀 trips": {"👩\u200d🚀 trips", ""},
		strings.Repeat("ß", 40): {strings.Repeat("ß", 40), ""}, strings.Repeat("ß", 41): {"", "length"},
		"a\tb": {"", "characters"}, "a\u202eb": {"", "characters"}, "a\u2028b": {"", "characters"}, "\xf0\x28": {"", "characters"},
		"4242 4242 4242 4242": {"", "number"}, "no. 4242-4242.4242_4242": {"", "number"}, "٤٢٤٢٤٢٤٢٤٢٤٢": {"", "number"}, "2024 to 2025 and 2026": {"2024 to 2025 and 2026", ""},
	} {
		got, rule, text := parseLabel(typed)
		if got != want[0] || rule != want[1] || (rule != "") != (text != "") {
			t.Errorf("parseLabel(%q) = %q, %q, %q, want %q, %q", typed, got, rule, text, want[0], want[1])
		}
	}
}

func TestSegment(t *testing.T) {
	for id, want := range map[string]string{
		"1": "1", "c_abc": "c_abc", "": "{id}", "4242424242424242": "{id}", "4242-4242-4242-4242": "{id}", "a/b": "{id}", "/": "{id}", "..": "{id}",
		"x?y": "{id}", "x\n{\"seq\":1}": "{id}", strings.Repeat("a", 41): "{id}", "reset/x": "{id}",
	} {
		if got := segment(id); got != want {
			t.Errorf("segment(%q) = %q, want %q", id, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for n := range numbers {
		f.Add(n)
	}
	f.Add("4242-4242 4242-4242")
	f.Add("４２42")
	f.Fuzz(func(t *testing.T, typed string) {
		n, brand, rule, text := Parse(secret.New(typed))
		if (rule == "") != (n.Len() > 0) || (rule == "") != (brand != "") || (rule == "") != (text == "") {
			t.Fatalf("Parse(%q) = %d digits, %q, %q, %q: neither taken nor refused", typed, n.Len(), brand, rule, text)
		}
		if rule != "" {
			return
		}
		digits := n.Reveal()
		if strings.Trim(digits, "0123456789") != "" || len(digits) < 12 || len(digits) > 19 || !luhn(digits) {
			t.Errorf("Parse(%q) took a number against the rules", typed)
		}
		if again, b, _, _ := Parse(n.Text); again.Reveal() != digits || b != brand {
			t.Errorf("Parse(%q) does not read its own result", typed)
		}
	})
}

func FuzzExpiry(f *testing.F) {
	f.Add("12/31", int64(1795000000))
	f.Add("1/1", int64(0))
	f.Fuzz(func(t *testing.T, typed string, at int64) {
		now := time.Unix(at%4e9, 0)
		got, rule, _ := parseExpiry(typed, now)
		if (rule == "") != (got != "") {
			t.Fatalf("parseExpiry(%q) = %q, %q: neither taken nor refused", typed, got, rule)
		}
		if ends := (Card{Expiry: got}).Ends(); rule == "" && (!ends.After(now) || ends.After(now.AddDate(20, 1, 31))) {
			t.Errorf("parseExpiry(%q) at %v took a card that ends at %v", typed, now, ends)
		}
	})
}

func FuzzHolderAndLabel(f *testing.F) {
	f.Add("Ada Lovelace")
	f.Add("a\u202eb\n")
	f.Fuzz(func(t *testing.T, typed string) {
		holder, rule, _ := parseHolder(typed)
		label, broken, _ := parseLabel(typed)
		for _, got := range []string{holder, label} {
			if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }) {
				t.Errorf("%q was kept as %q", typed, got)
			}
		}
		if n := utf8.RuneCountInString(holder); rule == "" && (n < 2 || n > 64) {
			t.Errorf("parseHolder(%q) kept %d characters", typed, n)
		}
		if n := utf8.RuneCountInString(label); broken == "" && n > 40 {
			t.Errorf("parseLabel(%q) kept %d characters", typed, n)
		}
	})
}
