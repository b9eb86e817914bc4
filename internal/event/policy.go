package event

// PolicyViolated is a browser's report of something that the content security
// policy stopped. Anybody can post one, so nothing in it is proven: it is kept
// to words and addresses, and the sample of the offending text never enters.
type PolicyViolated struct {
	// Page is the path of the page on which it happened, as CleanPath leaves it.
	Page string `json:"-" in:"target:route"`
	// Directive is the policy's directive, out of the list of them, or other.
	Directive string `json:"directive"`
	// Blocked is what was stopped: inline, eval, data and their like, or scheme and host.
	Blocked Text `json:"blocked,omitempty"`
	// Source is scheme and host of the script that did it, where the browser knows.
	Source Text `json:"source,omitempty"`
	// Line is the line of the source, or 0.
	Line int `json:"line,omitempty"`
	// More counts reports of the same post for which there was no room; the post's last line has it.
	More int `json:"more,omitempty"`
}

var policyViolated = Kind{
	Name: "malicious_csp_violation", Level: Warning, Outcome: Failure,
	Says: "A browser reports that a page held what the content policy forbids",
	Doc:  "A browser stopped something on a page of Coffer that the content security policy does not allow, and reported it: text that was smuggled into the page, or an extension of the browser's own. One line for each report. Nobody is proven to act, for the report carries no session.",
	New:  func() Event { return PolicyViolated{} },
}

// Kind is malicious_csp_violation.
func (PolicyViolated) Kind() *Kind { return &policyViolated }

func (e PolicyViolated) about() About {
	return About{Actor: Nobody, Subject: Nobody, Target: route(e.Page)}
}
