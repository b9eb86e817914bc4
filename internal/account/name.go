package account

import (
	"encoding/hex"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"coffer/internal/fault"
)

const (
	minName = 3
	maxName = 64
)

// checkName says what is wrong with a new username.
func checkName(name string) (wrong []fault.Field) {
	field := func(rule, text string) []fault.Field {
		return []fault.Field{{Name: "username", Rule: rule, Text: text}}
	}
	switch {
	case name == "":
		return field("required", "Please choose a username.")
	case strings.ContainsFunc(name, foreign):
		return field("characters", "Please use letters from a to z, digits, dots, hyphens and underscores only.")
	case len(name) < minName:
		return field("too_short", "Please use 3 characters or more.")
	case len(name) > maxName:
		return field("too_long", "Please use 64 characters or fewer.")
	}
	return nil
}

func foreign(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r))
}

// nameKey is the form in which names are compared. What cannot be a name has
// the key that nobody has, so that looking it up is the same work.
func nameKey(name string) string {
	if checkName(name) != nil {
		return ""
	}
	return strings.ToLower(name)
}

// pseudonym stands in the log for a name that nobody has: people type their
// password there. It is the same for a day, so that attempts on one name can be
// seen together, and not longer.
func (s *Service) pseudonym(name string, now time.Time) string {
	label := "typed-name " + now.UTC().Format(time.DateOnly)
	return hex.EncodeToString(s.MAC(label, []byte(strings.ToLower(norm.NFC.String(name)))))
}
