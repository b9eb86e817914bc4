package query

import (
	"fmt"
	"strings"

	"coffer/internal/event"
)

// Say is the entry as a sentence for the person whom it concerns. Where the
// line's own description says it as well, that stands.
func Say(e Entry) string {
	said := ""
	switch what := e.What.(type) {
	case event.SignupFailed:
		said = "Someone tried to sign up with your name"
	case event.LoginSucceededAfterFail:
		said = "Signed in after " + count(what.Failures, "failed attempt")
	case event.LoginFailed:
		if what.Reason == "wrong_password" {
			said = "Sign-in refused: wrong password"
		}
	case event.StepUpSucceeded:
		said = "Confirmed with your " + what.Method
	case event.StepUpFailed:
		said = "Confirmation refused: wrong " + what.Method
	case event.InputInvalid:
		said = formRefused(what)
	case event.RateLimited:
		said = limitReached[what.Limit]
	case event.KeyCreated:
		if what.Use == "data" {
			said = "Key made that seals your cards"
		}
	case event.EventsAggregated:
		said = count(what.Count, "refusal") + " in a short time, written as one"
	default:
		said = sayCard(e.What)
	}
	if said == "" {
		return e.Description
	}
	return said
}

// limitReached are the limits that a person meets; the others speak of requests.
var limitReached = map[string]string{
	"reveal": "Number not shown: asked for too often",
	"cards":  "Card not added: no room for more",
	"login":  "Sign-in refused: tried too often",
	"signup": "Sign-up refused: tried too often",
}

// asked says what somebody else tried, by the verb.
var asked = map[string]string{
	"view":   "Someone else asked for this card",
	"reveal": "Someone else asked for this card’s number",
	"delete": "Someone else tried to delete this card",
}

// sayCard has the card's own events; on a card's page "this card" is that one.
func sayCard(what event.Event) string {
	switch what := what.(type) {
	case event.CardAdded:
		return "Card " + masked(what.Last4) + " added"
	case event.CardViewed:
		if what.Part == "number" {
			return "Number of " + masked(what.Last4) + " shown"
		}
		return "Card " + masked(what.Last4) + " viewed"
	case event.CardUpdated:
		return strings.TrimSuffix("Card "+masked(what.Last4)+" updated: "+fieldNames(what.Fields), ": ")
	case event.CardDeleted:
		return "Card " + masked(what.Last4) + " deleted"
	case event.DirectReference:
		return asked[what.Verb]
	case event.DecryptFailed:
		return "This card’s number could not be opened"
	}
	return ""
}

func masked(last4 string) string { return "•••• " + last4 }

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// formRefused names the fields, never what was in them.
func formRefused(e event.InputInvalid) string {
	if e.Reason != "" || len(e.Fields) == 0 {
		return ""
	}
	fields := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		fields[i] = f.Field
	}
	return "Form refused: " + fieldNames(fields)
}

// fieldNames writes a form's fields as its labels do, near enough.
func fieldNames(fields []string) string {
	return strings.ReplaceAll(strings.Join(fields, ", "), "_", " ")
}
