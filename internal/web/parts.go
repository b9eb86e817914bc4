package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"coffer/internal/fault"
)

// Faults are what is wrong with a form, as a page shows it: in a summary on
// top and beside each field.
type Faults []fault.Field

// On gives the sentence for the field, or nothing.
func (f Faults) On(name string) string {
	for _, one := range f {
		if one.Name == name {
			return one.Text
		}
	}
	return ""
}

var small = [...]string{"No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"}

// Count says n of a thing the way a sentence begins: "Three cards", "24 cards".
func Count(n int, one, many string) string {
	noun := many
	if n == 1 {
		noun = one
	}
	if n >= 0 && n < len(small) {
		return small[n] + " " + noun
	}
	return strconv.Itoa(n) + " " + noun
}

// Field is one labelled input.
type Field struct {
	Name, Label string
	// Optional says so beside the label.
	Optional bool
	// Hints stand there before the mistake.
	Hints []string
	// Value is what was typed; a secret never comes back.
	Value string
	// Fault is the sentence under the input.
	Fault string
	// Again says why the box of a secret is empty after a fault.
	Again string
	// Attrs are type, autocomplete, inputmode and their like.
	Attrs templ.Attributes
	// Secret adds the show-and-hide button.
	Secret bool
	// Mono sets digits in the face for digits.
	Mono bool
}

// Faulty are the fields that something is wrong with, in the page's order.
func Faulty(fields []Field) (faulty []Field) {
	for _, f := range fields {
		if f.Fault != "" {
			faulty = append(faulty, f)
		}
	}
	return faulty
}

// describedBy names what belongs to the input, for whoever cannot see it.
func (f Field) describedBy() string {
	var ids []string
	if len(f.Hints) > 0 {
		ids = append(ids, f.Name+"-hint")
	}
	if f.Fault != "" {
		ids = append(ids, f.Name+"-fault")
	}
	if f.Again != "" {
		ids = append(ids, f.Name+"-again")
	}
	return strings.Join(ids, " ")
}

// more is what depends on the field's state.
func (f Field) more() templ.Attributes {
	a := templ.Attributes{}
	if d := f.describedBy(); d != "" {
		a["aria-describedby"] = d
	}
	if f.Fault != "" {
		a["aria-invalid"] = "true"
	}
	return a
}

// after marks a way that script closes until waiting is over.
func after(wait bool) templ.Attributes {
	if !wait {
		return nil
	}
	return templ.Attributes{"data-when": true}
}

func refresh(seconds int, to string) string {
	return strconv.Itoa(seconds) + "; url=" + to
}

// The ways a time is written; script turns each into local time.
const (
	AsClock  = "clock"  // 16:49:03 UTC
	AsDay    = "day"    // 24 Nov 2026
	AsShort  = "short"  // 24 Nov, 16:49 UTC
	AsRow    = "row"    // 24 Nov 16:49:03 UTC
	AsMoment = "moment" // 24 Nov 2026, 16:49:03 UTC
)

// layouts are the part in the face for words, and the part in the face for digits.
var layouts = map[string][2]string{
	AsClock:  {"15:04:05 UTC"},
	AsDay:    {"2 Jan 2006"},
	AsShort:  {"2 Jan,", "15:04 UTC"},
	AsRow:    {"2 Jan", "15:04:05 UTC"},
	AsMoment: {"2 Jan 2006,", "15:04:05 UTC"},
}

func written(t time.Time, as string) string { return t.UTC().Format(layouts[as][0]) }

func clocked(t time.Time, as string) string { return t.UTC().Format(layouts[as][1]) }

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
