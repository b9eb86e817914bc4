package card

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coffer/internal/event"
	"coffer/internal/fault"
	"coffer/internal/secret"
)

// Form is the path of the form that makes a Draft, and the names of its fields.
const (
	Form        = "/create_credit_card"
	FieldNumber = "card_number"
	FieldHolder = "cardholder_name"
	FieldExpiry = "expiry"
	FieldLabel  = "label"
)

const (
	minHolder, maxHolder = 2, 64
	maxLabel             = 40
	// yearsAhead is how far off an expiry may lie.
	yearsAhead = 20
)

// Draft is a card as a person typed it, not yet believed. There is no field
// for a verification code: it may not be kept (PCI DSS 3.3.1).
type Draft struct {
	Number secret.Text
	Holder string
	Expiry string // MM/YY
	Label  string // may be empty
}

// check turns the draft into a card, or into one fault that lists all that is
// wrong with it.
func (d Draft) check(now time.Time) (Card, Number, error) {
	var faults []fault.Field
	note := func(field, rule, text string) {
		if rule != "" {
			faults = append(faults, fault.Field{Name: field, Rule: rule, Text: text})
		}
	}
	number, brand, rule, text := Parse(d.Number)
	note(FieldNumber, rule, text)
	holder, rule, text := parseHolder(d.Holder)
	note(FieldHolder, rule, text)
	expiry, rule, text := parseExpiry(d.Expiry, now)
	note(FieldExpiry, rule, text)
	label, rule, text := parseLabel(d.Label)
	note(FieldLabel, rule, text)
	if len(faults) > 0 {
		return Card{}, Number{}, invalid(faults)
	}
	return Card{Brand: brand, Last4: number.Last(4), Expiry: expiry, Holder: holder, Label: label}, number, nil
}

// invalid tells the visitor in sentences and the log in words; what was typed
// stands in neither.
func invalid(faults []fault.Field) error {
	e := event.InputInvalid{Form: Form}
	for _, f := range faults {
		e.Fields = append(e.Fields, event.FieldRule{Field: f.Name, Rule: f.Rule})
	}
	err := fault.New(fault.Invalid, "The card was not saved: please look at the marked fields.", e)
	err.Fields = faults
	return err
}

// parseExpiry reads MM/YY into YYYY-MM. A card is good to the end of its month.
func parseExpiry(typed string, now time.Time) (expiry, rule, text string) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", "required", "Type the expiry as it stands on the card: MM/YY."
	}
	month, year, cut := strings.Cut(typed, "/")
	m, ok1 := twoDigits(strings.TrimSpace(month))
	y, ok2 := twoDigits(strings.TrimSpace(year))
	if !cut || !ok1 || !ok2 || m < 1 || m > 12 {
		return "", "format", "Type the expiry as month and year, like 08/29."
	}
	y += 2000
	switch ahead := (y-now.UTC().Year())*12 + m - int(now.UTC().Month()); {
	case ahead < 0:
		return "", "past", "This card has expired."
	case ahead > yearsAhead*12:
		return "", "far", "The expiry lies more than 20 years ahead."
	}
	return fmt.Sprintf("%04d-%02d", y, m), "", ""
}

// twoDigits takes ASCII digits only, which strconv would take with a sign.
func twoDigits(s string) (n int, ok bool) {
	if len(s) != 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

// parseHolder takes a name as any script writes it. Digits are refused with the
// rest: this column is not sealed, and a number typed into the wrong field must
// not be kept in it.
func parseHolder(typed string) (holder, rule, text string) {
	holder, clean := tidy(typed)
	strange := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .,'’-·&/", r)
	}
	switch n := utf8.RuneCountInString(holder); {
	case holder == "":
		return "", "required", "Type the name as it stands on the card."
	case !clean || strings.ContainsFunc(holder, strange):
		return "", "characters", "A name has letters, spaces, and . , ' - · & / only."
	case n < minHolder || n > maxHolder:
		return "", "length", "A name has 2 to 64 characters."
	case !strings.ContainsFunc(holder, unicode.IsLetter):
		return "", "characters", "A name has at least one letter."
	}
	return holder, "", ""
}

// parseLabel takes any short text that can be seen, but no card number: labels
// are not sealed.
func parseLabel(typed string) (label, rule, text string) {
	label, clean := tidy(typed)
	strange := func(r rune) bool { return !unicode.IsGraphic(r) && r != zeroWidthJoiner }
	switch {
	case !clean || strings.ContainsFunc(label, strange):
		return "", "characters", "A label has letters, digits, signs and spaces only."
	case utf8.RuneCountInString(label) > maxLabel:
		return "", "length", "A label has 40 characters at most."
	case manyDigits(label):
		return "", "number", "A label is not kept secret: do not put a card number in it."
	}
	return label, "", ""
}

// zeroWidthJoiner holds the parts of one emoji together.
const zeroWidthJoiner = '\u200d'

// tidy makes one space of each stretch of spaces. Text that is not UTF-8 or has
// a control character or a line break is not clean.
func tidy(typed string) (text string, clean bool) {
	breaks := func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) }
	if !utf8.ValidString(typed) || strings.ContainsFunc(typed, breaks) {
		return typed, false
	}
	return strings.Join(strings.Fields(typed), " "), true
}

// manyDigits finds what may be a card number, whatever stands between its digits
// apart from letters.
func manyDigits(s string) (found bool) {
	run := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			if run++; run >= minDigits {
				return true
			}
		case unicode.IsLetter(r):
			run = 0
		}
	}
	return false
}
