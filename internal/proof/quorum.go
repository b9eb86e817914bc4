package proof

import "golang.org/x/mod/sumdb/note"

// HasQuorum reports whether the policy wants any witness at all.
func (p *Policy) HasQuorum() (has bool) { return p.quorum != nil }

// Reached reports whether those witnesses who signed are enough for the policy.
func (p *Policy) Reached(signed func(note.Verifier) bool) (enough bool) { return p.quorum.met(signed) }
