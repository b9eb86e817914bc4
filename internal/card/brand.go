package card

import (
	"strconv"
	"strings"
)

// Brand is a card scheme.
type Brand string

// The schemes whose numbers are known.
const (
	Visa       Brand = "visa"
	Mastercard Brand = "mastercard"
	Amex       Brand = "amex"
	Discover   Brand = "discover"
	Diners     Brand = "diners"
	JCB        Brand = "jcb"
	UnionPay   Brand = "unionpay"
	Maestro    Brand = "maestro"
)

var titles = map[Brand]string{
	Visa: "Visa", Mastercard: "Mastercard", Amex: "American Express", Discover: "Discover",
	Diners: "Diners Club", JCB: "JCB", UnionPay: "UnionPay", Maestro: "Maestro",
}

// Title is the scheme's name for people.
func (b Brand) Title() string { return titles[b] }

// series is a stretch of issuer numbers, by their first four digits, and the
// lengths that a number in it may have.
type series struct {
	first, last int
	brand       Brand
	lengths     []int
}

var (
	upTo19From12 = []int{12, 13, 14, 15, 16, 17, 18, 19}
	upTo19From14 = upTo19From12[2:]
	upTo19From16 = upTo19From12[4:]
)

// table holds the schemes' published ranges; none overlaps another. The part of
// 62 that Discover shares with UnionPay is UnionPay's here.
var table = []series{
	{2221, 2720, Mastercard, []int{16}},
	{3000, 3059, Diners, upTo19From14},
	{3095, 3095, Diners, upTo19From14},
	{3400, 3499, Amex, []int{15}},
	{3528, 3589, JCB, upTo19From16},
	{3600, 3699, Diners, upTo19From14},
	{3700, 3799, Amex, []int{15}},
	{3800, 3999, Diners, upTo19From14},
	{4000, 4999, Visa, []int{13, 16, 19}},
	{5000, 5099, Maestro, upTo19From12},
	{5100, 5599, Mastercard, []int{16}},
	{5600, 5899, Maestro, upTo19From12},
	{6011, 6011, Discover, upTo19From16},
	{6200, 6299, UnionPay, upTo19From16},
	{6304, 6304, Maestro, upTo19From12},
	{6390, 6390, Maestro, upTo19From12},
	{6440, 6599, Discover, upTo19From16},
	{6700, 6799, Maestro, upTo19From12},
	{8100, 8171, UnionPay, upTo19From16},
}

// seriesOf finds the stretch that digits, at least four, begin in.
func seriesOf(digits string) *series {
	head, err := strconv.Atoi(digits[:4])
	if err != nil {
		return nil
	}
	for i := range table {
		if table[i].first <= head && head <= table[i].last {
			return &table[i]
		}
	}
	return nil
}

// counts says lengths for people: "16", "13, 16 or 19", "12 to 19".
func counts(lengths []int) string {
	n := len(lengths)
	if n > 3 {
		return strconv.Itoa(lengths[0]) + " to " + strconv.Itoa(lengths[n-1])
	}
	words := make([]string, n)
	for i, l := range lengths {
		words[i] = strconv.Itoa(l)
	}
	if n == 1 {
		return words[0]
	}
	return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
}
