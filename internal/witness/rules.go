package witness

import (
	"slices"
	"strings"

	"coffer/internal/proof"
)

// rules is a policy as far as it says what is enough: without the witnesses'
// addresses, which may be secret, and without remarks and logs.
func rules(policy string) string {
	var out strings.Builder
	for line := range strings.Lines(policy) {
		words := strings.Fields(line)
		if len(words) == 0 || !slices.Contains([]string{"witness", "group", "quorum"}, words[0]) {
			continue
		}
		if words[0] == "witness" {
			words = words[:3]
		}
		out.WriteString(strings.Join(words, " ") + "\n")
	}
	return out.String()
}

// ParseRules reads the Rules of a Set, as another process has left them: what
// is enough, and nobody to ask. No rules are no quorum.
func ParseRules(text string) (s Set, err error) {
	if s.Rules = text; text != "" {
		s.Policy, err = proof.ParsePolicy(text)
	}
	return s, err
}
