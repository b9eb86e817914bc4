package event

import "strings"

// InputInvalid is a form, or what should have been one, that breaks a rule.
type InputInvalid struct {
	Form string `json:"-" in:"target:route"`
	// Fields are the fields at fault and the rule that each breaks, never what was typed.
	Fields []FieldRule `json:"fields,omitempty"`
	// LeftOut counts faults for which the line had no room.
	LeftOut int    `json:"left_out,omitempty"`
	Reason  string `json:"-" in:"reason"`
}

// FieldRule is one fault of a form.
type FieldRule struct {
	// Field is the name of one of the form's own fields.
	Field string `json:"field"`
	// Rule is the word for the rule that it breaks.
	Rule string `json:"rule"`
}

var inputInvalid = Kind{
	Name: "input_validation_fail", Level: Warning, Outcome: Failure,
	Says: "Form refused: fields break a rule",
	Reasons: map[string]string{
		"too_large":    "Form refused: too large",
		"content_type": "Form refused: not sent as a form",
	},
	Doc: "A form was refused: one event for all of its faults. A field that no form has is malicious_extraneous instead.",
	New: func() Event { return InputInvalid{} },
}

// Kind is input_validation_fail.
func (InputInvalid) Kind() *Kind { return &inputInvalid }

func (e InputInvalid) about() About { return About{Target: route(e.Form), Reason: e.Reason} }

// AuthzFailed is a page or a thing that the visitor may not have.
type AuthzFailed struct {
	Reason string `json:"-" in:"reason"`
	// Resource is what was asked for: card:<id> or route:<path>.
	Resource string `json:"-" in:"target"`
}

var authzFailed = Kind{
	Name: "authz_fail", Level: Warning, Outcome: Failure,
	Says: "Access refused",
	Reasons: map[string]string{
		"signed_out": "Access refused: not signed in",
		"not_found":  "Access refused: there is nothing of this id",
		"role":       "Access refused: another role's page",
		"reported":   "Access refused: no number is shown since its owner reported something",
	},
	Doc: "A guarded page was asked for by a visitor who is not signed in, by a person of another role, or with an id that exists nowhere (then the subject is empty: there is no account concerned). The reason reported is a number that its owner asked for and did not get, since they had reported a line (user_reported) and set no new password yet.",
	New: func() Event { return AuthzFailed{} },
}

// Kind is authz_fail.
func (AuthzFailed) Kind() *Kind { return &authzFailed }

func (e AuthzFailed) about() About {
	a := About{Target: e.Resource, Reason: e.Reason}
	if e.Reason == "not_found" {
		a.Subject = Nobody
	}
	if kind, id, _ := strings.Cut(e.Resource, ":"); kind != "route" {
		// The id of what does not exist is whatever the visitor typed.
		a.Target = cleanSegment("", kind) + ":" + cleanSegment("", id)
	}
	return a
}

// DirectReference is somebody asking for what is another's.
type DirectReference struct {
	Owner string `json:"-" in:"subject"`
	Card  string `json:"-" in:"target:card"`
	// Verb is what was tried: view, reveal, delete.
	Verb string `json:"verb"`
}

var directReference = Kind{
	Name: "malicious_direct_reference", Level: Critical, Outcome: Failure,
	Says: "Somebody tried to reach another person's card",
	Doc:  "A signed-in person asked for a card of someone else. They are told that there is no such card; the subject is the card's owner, in whose history this stands.",
	New:  func() Event { return DirectReference{} },
}

// Kind is malicious_direct_reference.
func (DirectReference) Kind() *Kind { return &directReference }

func (e DirectReference) about() About { return About{Subject: e.Owner, Target: card(e.Card)} }

// CrossSite is a form sent from a page that is not Coffer's.
type CrossSite struct {
	// Account is whose session the post would have used; nobody is proven to act.
	Account string `json:"-" in:"subject"`
	Form    string `json:"-" in:"target:route"`
	// Site is what the browser said about where the post came from: cross_site, same_site, origin_mismatch.
	Site string `json:"site"`
}

var crossSite = Kind{
	Name: "malicious_csrf", Level: Warning, Outcome: Failure,
	Says: "Post from another site refused",
	Doc:  "A form was posted from a page of another origin, which may be a page that makes its visitors act without knowing. Nothing was done. The subject is whose session the browser sent along, if any.",
	New:  func() Event { return CrossSite{} },
}

// Kind is malicious_csrf.
func (CrossSite) Kind() *Kind { return &crossSite }

func (e CrossSite) about() About {
	return About{Actor: Nobody, Subject: orNobody(e.Account), Target: route(e.Form)}
}

// Extraneous is a form with fields that it does not have.
type Extraneous struct {
	Form string `json:"-" in:"target:route"`
	// Unknown counts fields that the form does not have; their names are the visitor's and are not written.
	Unknown int `json:"unknown"`
	// Repeated counts fields that came more than once.
	Repeated int `json:"repeated"`
}

var extraneous = Kind{
	Name: "malicious_extraneous", Level: Critical, Outcome: Failure,
	Says: "Form refused: fields that it does not have, or given twice",
	Doc:  "A form came with a field that it does not have, or with one more than once. No browser does that: somebody probes for what the server takes unasked.",
	New:  func() Event { return Extraneous{} },
}

// Kind is malicious_extraneous.
func (Extraneous) Kind() *Kind { return &extraneous }

func (e Extraneous) about() About { return About{Target: route(e.Form)} }

// Excess404 is an address that looks for pages that are not there.
type Excess404 struct{}

var excess404 = Kind{
	Name: "malicious_excess_404", Level: Warning, Outcome: Failure,
	Says: "Many unknown paths asked for",
	Doc:  "An address asked for more unknown paths than the limit allows: a scanner with a list of words. A single unknown path writes nothing.",
	New:  func() Event { return Excess404{} },
}

// Kind is malicious_excess_404.
func (Excess404) Kind() *Kind { return &excess404 }

func (e Excess404) about() About { return About{Target: limit("not_found")} }

// RateLimited is a request beyond a limit.
type RateLimited struct {
	Limit string `json:"-" in:"target:limit"`
	// Allowed is the limit as the settings write it.
	Allowed string `json:"allowed"`
	Account string `json:"-" in:"subject"`
}

var rateLimited = Kind{
	Name: "excess_rate_limit_exceeded", Level: Warning, Outcome: Failure,
	Says: "Refused: a limit was reached",
	Doc:  "A request was beyond a limit and answered with 429. The target names the limit: request, signup, login, reveal, cards, not_found.",
	New:  func() Event { return RateLimited{} },
}

// Kind is excess_rate_limit_exceeded.
func (RateLimited) Kind() *Kind { return &rateLimited }

func (e RateLimited) about() About { return About{Subject: e.Account, Target: limit(e.Limit)} }

// route is the target that names a route by its path's pattern.
func route(pattern string) string { return "route:" + pattern }

// limit is the target that names a limit.
func limit(name string) string { return "limit:" + name }
