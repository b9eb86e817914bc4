package web

// Shell is what every page says about its visitor and its server.
type Shell struct {
	// Person is the signed-in name; empty when signed out.
	Person string
	// Version stands in the footer.
	Version string
}

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

// The two ways in, as the bar offers them.
var (
	OfferLogin  = Link{"/login", "Sign in"}
	OfferSignup = Link{"/signup", "Create account"}
)
