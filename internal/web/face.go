package web

import "strings"

// Face is a card as it is drawn: masked, unless Digits holds the whole number.
type Face struct {
	// ID decides the engraving and the colour; empty draws a plain card.
	ID string
	// Label is what its holder calls it; without one the brand stands there.
	Label string
	// Brand is the brand's word as it is stored, such as "visa".
	Brand string
	Last4 string
	// Digits, if set, are shown instead of the mask.
	Digits string
	Holder string
	Expiry string // MM/YY
	// Soon and Expired replace the word over the expiry.
	Soon, Expired bool
}

// Name is what the card is called: its label, or brand and last digits.
func (f Face) Name() string {
	if f.Label != "" {
		return f.Label
	}
	return f.BrandName() + " ending " + f.Last4
}

// Title is the text at the card's upper left.
func (f Face) title() string {
	if f.Label != "" {
		return f.Label
	}
	return "Card"
}

// BrandName is the brand as its owner writes it.
func (f Face) BrandName() string { return BrandName(f.Brand) }

// Grouped is the whole number in the groups that stand on the card.
func (f Face) Grouped() string { return Group(f.Brand, f.Digits) }

// Masked is the number as it stands while it is sealed.
func (f Face) Masked() string { return f.mask() + f.Last4 }

// mask is the covered part, grouped as the number would be.
func (f Face) mask() string {
	switch f.Brand {
	case "amex":
		return "•••• •••••• •"
	case "diners":
		return "•••• •••••• "
	}
	return "•••• •••• •••• "
}

var brands = map[string]string{
	"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express",
	"discover": "Discover", "diners": "Diners Club", "jcb": "JCB",
	"unionpay": "UnionPay", "maestro": "Maestro",
}

// BrandName writes a brand's stored word as its owner does. An unknown word
// stands for itself, and none is just a card.
func BrandName(word string) string {
	if name, ok := brands[word]; ok {
		return name
	}
	if word == "" {
		return "Card"
	}
	return word
}

// Group sets spaces where the brand's cards have them.
func Group(brand, digits string) string {
	cuts := []int{4, 8, 12, 16}
	if brand == "amex" || brand == "diners" {
		cuts = []int{4, 10}
	}
	var b strings.Builder
	from := 0
	for _, cut := range cuts {
		if cut >= len(digits) {
			break
		}
		b.WriteString(digits[from:cut])
		b.WriteByte(' ')
		from = cut
	}
	b.WriteString(digits[from:])
	return b.String()
}

var faces = [...]string{"green", "blue", "brown", "grey"}
