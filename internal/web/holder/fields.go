package holder

import (
	"github.com/a-h/templ"

	"coffer/internal/web"
)

// emptied says why the box of a password is empty on a page shown again.
const emptied = "Passwords are not sent back to a page, so please type yours again."

// passwordHints are the rules, before the mistake.
var passwordHints = []string{
	"At least 8 characters; 15 is better. Spaces are welcome.",
	"Not a common one, not like your username.",
	"No rules about capitals or signs, and it never expires.",
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
