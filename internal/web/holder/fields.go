package holder

import (
	"fmt"
	"strconv"

	"github.com/a-h/templ"

	"coffer/internal/web"
)

// emptied says why the box of a password is empty on a page shown again.
const emptied = "Passwords are not sent back to a page, so please type yours again."

// emptiedCode is the same for a code.
const emptiedCode = "Codes are not sent back to a page, so please type one again."

// passwordHints are the rules, before the mistake.
func passwordHints(least int) []string {
	length := fmt.Sprintf("At least %d characters. Spaces are welcome.", least)
	if least < verySafe {
		length = fmt.Sprintf("At least %d characters; %d is better. Spaces are welcome.", least, verySafe)
	}
	return []string{length, "Not a common or a stolen one, not like your username.", "No rules about capitals or signs, and it never expires."}
}

// From how many characters on a password is called what.
const safe, verySafe = 12, 15

// strengths says what a password's length is worth, to whoever has no script.
func strengths(least int) string {
	switch {
	case least < safe:
		return fmt.Sprintf("fair from %d characters on, good from %d, very good from %d", least, safe, verySafe)
	case least < verySafe:
		return fmt.Sprintf("good from %d characters on, very good from %d", least, verySafe)
	}
	return fmt.Sprintf("very good from %d characters on", least)
}

// newPassword are the attributes of a field for one, which script judges as it
// is typed.
func newPassword(least int) templ.Attributes {
	return attrs("type", "password", "autocomplete", "new-password", "required", "", "data-strength", "strength", "data-least", strconv.Itoa(least))
}

func again(f web.Faults) string {
	if len(f) == 0 {
		return ""
	}
	return emptied
}

// attrs pairs names with values; an empty value is an attribute without one.
func attrs(pairs ...string) templ.Attributes {
	a := templ.Attributes{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			a[pairs[i]] = true
		} else {
			a[pairs[i]] = pairs[i+1]
		}
	}
	return a
}
