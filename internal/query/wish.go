package query

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"coffer/internal/event"
	"coffer/internal/fault"
)

// The kinds of things that a person may ask their history for.
const (
	SignIns  = "signins"
	Cards    = "cards"
	Settings = "settings"
	Refused  = "refused"
)

// kindOf are the beginnings of the events of each kind; Refused goes by outcome.
var kindOf = map[string][]string{
	SignIns: {"authn_login_", "authn_signup_", "authn_token_", "authn_factor_fail", "authn_recovery_", "session_", "excess_sessions_", "sequence_", "user_created"},
	Cards:   {"sensitive_", "crypt_", "malicious_direct_reference"},
	Settings: {
		"authn_password_", "authn_stepup_", "authn_factor_enrolled", "authn_factor_removed", "authn_recovery_", "authz_change",
		"user_reported", "user_exported", "user_erased", "user_updated",
	},
	Refused: nil,
}

// UnfamiliarFor is how long a sign-in stays marked that was unfamiliar.
const UnfamiliarFor = 14 * 24 * time.Hour

// The most that a wish may say.
const (
	maxDays = 3660
	maxWord = 64
)

// Wish is what a person wishes to see of their own history; its zero value is
// all of it.
type Wish struct {
	// Kind is one of the kinds above, or empty.
	Kind string
	// Since leaves out what is older; zero is everything.
	Since time.Time
	// Network is where it came from; invalid is from anywhere.
	Network netip.Prefix
	// Unfamiliar wants sign-ins alone that are marked as such.
	Unfamiliar bool
	// Word stands in the sentence, the event, or what the browser called itself.
	Word string
}

// ReadWish reads a wish as an address of the pages has it; what cannot be read
// is told, field by field, and wishes for nothing.
func ReadWish(get func(name string) string, now time.Time) (w Wish, wrong []fault.Field) {
	bad := func(field, rule, text string) {
		wrong = append(wrong, fault.Field{Name: field, Rule: rule, Text: text})
	}
	if kind := get("kind"); kind != "" {
		if _, known := kindOf[kind]; known {
			w.Kind = kind
		} else {
			bad("kind", "choice", "There is no such kind of line. Choose one of those above.")
		}
	}
	if days := get("days"); days != "" {
		if n, err := strconv.Atoi(days); err == nil && n >= 1 && n <= maxDays {
			w.Since = now.AddDate(0, 0, -n)
		} else {
			bad("days", "range", "Please give a number of days, from 1 to "+strconv.Itoa(maxDays)+".")
		}
	}
	if address := strings.TrimSpace(get("address")); address != "" {
		if p, err := parseIP(address); err == nil {
			w.Network = p
		} else {
			bad("address", "address", "That is no address. It looks like 203.0.113.9 or 2001:db8::/64.")
		}
	}
	w.Unfamiliar = get("unfamiliar") == "1"
	if !w.Unfamiliar && get("unfamiliar") != "" {
		bad("unfamiliar", "choice", "This can be 1, or be left out.")
	}
	if w.Word = strings.TrimSpace(get("q")); utf8.RuneCountInString(w.Word) > maxWord || !utf8.ValidString(w.Word) {
		w.Word = ""
		bad("q", "too_long", "Please search for a word of at most "+strconv.Itoa(maxWord)+" characters.")
	}
	return w, wrong
}

// holds reports whether the entry is what is wished for, but for its age.
func (w *Wish) holds(e *Entry, now time.Time) (yes bool) {
	if w.Kind == Refused && e.Outcome != string(event.Failure) {
		return false
	}
	begins := func(prefix string) bool { return strings.HasPrefix(e.Event, prefix) }
	if w.Kind != "" && w.Kind != Refused && !slices.ContainsFunc(kindOf[w.Kind], begins) {
		return false
	}
	if w.Unfamiliar && e.Unfamiliar(now) == "" {
		return false
	}
	if w.Network.IsValid() {
		if a, err := netip.ParseAddr(e.SourceIP); err != nil || !w.Network.Contains(a.Unmap().WithZone("")) {
			return false
		}
	}
	return w.Word == "" || e.says(strings.ToLower(w.Word))
}

// says reports whether a word stands in what a person reads of the line.
func (e *Entry) says(word string) (yes bool) {
	for _, text := range []string{Say(*e), e.Event, e.Description, e.UserAgent, e.Target} {
		if strings.Contains(strings.ToLower(text), word) {
			return true
		}
	}
	return false
}

// SignIn reports a sign-in that succeeded, and what was unfamiliar about it:
// browser, network, both, or nothing.
func (e *Entry) SignIn() (unfamiliar string, is bool) {
	switch what := e.What.(type) {
	case event.LoginSucceeded:
		return what.Unfamiliar, true
	case event.LoginSucceededAfterFail:
		return what.Unfamiliar, true
	case event.UserCreated:
		return "", true
	}
	return "", false
}

// Unfamiliar is what was unfamiliar about a sign-in, for as long as that is
// marked.
func (e *Entry) Unfamiliar(now time.Time) (what string) {
	if what, _ = e.SignIn(); now.Sub(e.At) >= UnfamiliarFor {
		return ""
	}
	return what
}
