package holder

import (
	"github.com/a-h/templ"

	"coffer/internal/web"
)

// emptied says why the box of a password is empty on a page shown again.
const emptied = "Passwords are not sent back to a page, so please type yours again."

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
