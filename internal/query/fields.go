package query

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"coffer/internal/event"
)

// definition is what a field of the language takes.
type definition struct {
	// check brings a value into its one spelling, or says what would be right.
	check func(value string) (canonical, want string)
	// example is a value for messages.
	example string
	// empty says that "" means a line that has none.
	empty bool
	// once says that the field stands once, and not turned around.
	once bool
}

// fields are the words before the colon.
var fields = map[string]definition{
	"event":   {check: checkEvent, example: "authn_login_fail"},
	"level":   {check: checkLevel, example: ">=WARNING"},
	"outcome": {check: oneOf("outcome", string(event.Success), string(event.Failure)), example: "failure"},
	"reason":  {check: checkReason, example: "wrong_password", empty: true},
	"actor":   {check: anyText, example: "alice", empty: true},
	"subject": {check: anyText, example: "alice", empty: true},
	"ip":      {check: checkIP, example: "10.0.0.0/8", empty: true},
	"session": {check: anyText, example: "9c1185a5c5e9fc54", empty: true},
	"target":  {check: anyText, example: "card:c_q2x4", empty: true},
	"card":    {check: anyText, example: "c_q2x4"},
	"request": {check: anyText, example: "r_q2x4", empty: true},
	"node":    {check: anyText, example: "a1"},
	"seq":     {check: checkSeq, example: "100..200"},
	"since":   {check: checkTime, example: "24h", once: true},
	"until":   {check: checkTime, example: "2026-11-24", once: true},
}

var fieldNamesSorted = slices.Sorted(maps.Keys(fields))

// FieldNames are the fields of the language.
func FieldNames() []string { return slices.Clone(fieldNamesSorted) }

func anyText(value string) (canonical, want string) { return value, "" }

func oneOf(field string, words ...string) func(string) (string, string) {
	return func(value string) (canonical, want string) {
		if i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, value) }); i >= 0 {
			return words[i], ""
		}
		return "", fmt.Sprintf("%s: is %s", field, strings.Join(words, " or "))
	}
}

var eventNames = func() (names []string) {
	for _, k := range event.All {
		names = append(names, k.Name)
	}
	return names
}()

// checkEvent takes an event's name, or its beginning and a *.
func checkEvent(value string) (canonical, want string) {
	value = strings.ToLower(value)
	if prefix, is := strings.CutSuffix(value, "*"); is {
		if prefix != "" && slices.ContainsFunc(eventNames, func(n string) bool { return strings.HasPrefix(n, prefix) }) {
			return value, ""
		}
		return "", fmt.Sprintf("no event's name begins with %q", clip(prefix))
	}
	if _, known := event.Find(value); known {
		return value, ""
	}
	if near, found := nearest(value, eventNames); found {
		return "", fmt.Sprintf("there is no event %q; did you mean %s?", clip(value), near)
	}
	return "", fmt.Sprintf("there is no event %q; docs/EVENTS.md lists them, and a * ends the beginning of a name, as in authn_*", clip(value))
}

// levels are in the order of their weight.
var levels = []string{string(event.Info), string(event.Warning), string(event.Critical)}

// checkLevel takes a level, or >= and the lowest.
func checkLevel(value string) (canonical, want string) {
	word, atLeast := strings.CutPrefix(value, ">=")
	word = strings.ToUpper(word)
	switch {
	case !slices.Contains(levels, word):
		return "", "level: is INFO, WARNING or CRITICAL, and with >= before it that one and what is above"
	case atLeast:
		return ">=" + word, ""
	}
	return word, ""
}

var reasons = func() []string {
	words := map[string]bool{}
	for _, k := range event.All {
		for r := range k.Reasons {
			words[r] = true
		}
	}
	return slices.Sorted(maps.Keys(words))
}()

func checkReason(value string) (canonical, want string) {
	value = strings.ToLower(value)
	if value == "" || slices.Contains(reasons, value) {
		return value, ""
	}
	if near, found := nearest(value, reasons); found {
		return "", fmt.Sprintf("there is no reason %q; did you mean %s?", clip(value), near)
	}
	return "", fmt.Sprintf("there is no reason %q; docs/EVENTS.md lists them", clip(value))
}

// checkIP takes an address or a network.
func checkIP(value string) (canonical, want string) {
	if value == "" {
		return "", ""
	}
	p, err := parseIP(value)
	switch {
	case err != nil:
		return "", "ip: takes an address or a network, as in 203.0.113.9, 10.0.0.0/8 or 2001:db8::/32"
	case p.IsSingleIP():
		return p.Addr().String(), ""
	}
	return p.String(), ""
}

// parseIP reads an address as the network that holds only it. An IPv4 address
// in IPv6's clothes is what the log calls it: IPv4.
func parseIP(value string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(value); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return a.Prefix(a.BitLen())
	}
	p, err := netip.ParsePrefix(value)
	if err == nil && p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), err
}

// checkSeq takes a number, or a range whose ends may be left open.
func checkSeq(value string) (canonical, want string) {
	from, to, err := parseSeq(value)
	switch {
	case err != nil:
		return "", "seq: takes a number or a range, as in 100, 100..200, 100.. or ..200"
	case from > to:
		return "", "the range ends before it begins"
	case from == to:
		return strconv.FormatUint(from, 10), ""
	}
	low, high := "", ""
	if from > 0 || to == maxSeq {
		low = strconv.FormatUint(from, 10)
	}
	if to < maxSeq {
		high = strconv.FormatUint(to, 10)
	}
	return low + ".." + high, ""
}

// maxSeq is the highest number that the database's column holds.
const maxSeq = 1<<63 - 1

// parseSeq reads a number or a range, both ends included.
func parseSeq(value string) (from, to uint64, err error) {
	low, high, isRange := strings.Cut(value, "..")
	if !isRange {
		from, err = strconv.ParseUint(value, 10, 63)
		return from, from, err
	}
	to = maxSeq
	if low != "" {
		from, err = strconv.ParseUint(low, 10, 63)
	}
	if high != "" && err == nil {
		to, err = strconv.ParseUint(high, 10, 63)
	}
	if low == "" && high == "" {
		err = strconv.ErrSyntax
	}
	return from, to, err
}
