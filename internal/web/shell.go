package web

import (
	"time"

	"coffer/internal/account"
)

// Shell is what every page says about its visitor and its server.
type Shell struct {
	// Person is the signed-in name; empty when signed out.
	Person string
	// Version stands in the footer.
	Version string
	// Role is the person's, by which the bar has its links.
	Role string
	// Removal is told where administrators want to take the person's second
	// factors off.
	Removal *Removal
}

// Removal says that somebody asks for it and, once another agreed, from when on
// it can be done.
type Removal struct{ Due time.Time }

// SignedIn reports whether the bar shows the person's links.
func (s Shell) SignedIn() bool { return s.Person != "" }

// Link is one way to somewhere.
type Link struct{ To, Text string }

// Head is what one page says about itself.
type Head struct {
	// Title stands in the window's title, before the name of the site.
	Title string
	// Here is the address of the bar's link that is current, or empty.
	Here string
	// Offer is the link at the right of the bar when signed out.
	Offer Link
	// Narrow sets the page in one column, for forms.
	Narrow bool
	// HideAfter, in seconds, leads a browser without script to HideTo: a
	// number that is shown must not stay.
	HideAfter int
	HideTo    string
	// Script is a further asset that this page needs, or empty.
	Script string
}

// bar is the row of links a signed-in person sees; a new room of pages adds a line.
var bar = []Link{
	{"/", "Cards"},
	{"/activity", "Activity"},
	{"/settings/security", "Security"},
}

// bars are those of the roles that hold no cards.
var bars = map[string][]Link{
	account.Auditor: {{"/", "Start"}, bar[1], bar[2]},
	account.Admin:   {{"/", "Start"}, {"/people", "People"}, bar[1], bar[2]},
}

// links are the row of this person's role.
func (s Shell) links() []Link {
	if own, has := bars[s.Role]; has {
		return own
	}
	return bar
}

// The two ways in, as the bar offers them.
var (
	OfferLogin  = Link{"/login", "Sign in"}
	OfferSignup = Link{"/signup", "Create account"}
)
