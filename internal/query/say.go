package query

import (
	"cmp"
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
		said = "Confirmed with your " + methods[what.Method]
	case event.StepUpFailed:
		if what.Reason == "" {
			said = "Confirmation refused: wrong " + methods[what.Method]
		}
	case event.LoginFailedMax:
		said = fmt.Sprintf("%d wrong passwords in a row%s", what.Failures, by(what.Client, ""))
	case event.LoginLocked:
		said = locked(what)
	case event.LoginUnlocked:
		said = e.Description + of[what.Client] + what.Address
	case event.PasswordChanged:
		if what.Ended > 0 {
			said = e.Description + ", and " + count(what.Ended, "other session") + " ended"
		}
	case event.RoleChanged:
		said = "Your role was changed from " + what.From + " to " + what.To
	case event.UserCreated:
		if what.Role != "holder" { // nobody signs up as anything else
			said = "Account made for you by an operator, as " + what.Role
		}
	case event.UserUpdated:
		said = accountChanged[what.Change]
	case event.UserArchived:
		said = "Your account was disabled"
	case event.InputInvalid:
		said = formRefused(what)
	case event.PolicyViolated:
		said = stopped(what)
	case event.RateLimited:
		said = limitReached[what.Limit]
	case event.KeyCreated:
		if what.Use == "data" {
			said = "Key made that seals your cards"
		}
	case event.EventsAggregated:
		said = count(what.Count, "refusal") + " in a short time, written as one"
	default:
		said = cmp.Or(sayLog(e), sayPerson(e.What), sayCard(e.What), sayFactor(e.What))
	}
	return cmp.Or(said, e.Description)
}

// sayLog is Say for what happens to the log itself.
func sayLog(e Entry) (said string) {
	switch what := e.What.(type) {
	case event.LogCheckpoint:
		said = fmt.Sprintf("Log signed up to line %d", what.Size-1)
	case event.LogPruned:
		said = fmt.Sprintf("Old lines removed from the log: %d to %d", what.First, what.Last)
	case event.AlertAcknowledged:
		said = fmt.Sprintf("Line %d seen to", what.Line)
	case event.LogWitnessed:
		said = fmt.Sprintf("Witness %s signed the log up to line %d", what.Witness, what.Size-1)
	case event.LogVerified:
		said = fmt.Sprintf("Log verified: %d lines are what was sealed", what.Lines)
	case event.LogVerifyFailed:
		said = contradicted(e.Description, what)
	case event.MonitorDisabled:
		said = e.Description + ": " + strings.TrimPrefix(what.Monitor, "witness:")
	case event.MonitorEnabled:
		said = "Watches over the log again: " + strings.TrimPrefix(what.Monitor, "witness:")
	case event.LogEpochStarted:
		said = broken(e.Description, what)
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

// by names whom a lock is about.
func by(client, address string) string {
	switch client {
	case "address":
		return strings.TrimSuffix(", from "+address, ", from ")
	case "device":
		return ", on a device known before"
	case "session":
		return ", in a session"
	}
	return ", by strangers together"
}

// of names whose lock ended; an address follows.
var of = map[string]string{
	"address": ", for ", "device": ", for a device known before", "session": ", for a session", "strangers": ", for strangers",
}

// locked says who may not try any more, and how long.
func locked(e event.LoginLocked) string {
	if e.Seconds == 0 {
		return "Password locked on every device that never signed in, until you sign in on one that did"
	}
	return "Sign-in locked for " + count(int(e.Seconds+59)/60, "minute") + by(e.Client, e.Address)
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

// stopped says what a browser did not let a page do.
func stopped(e event.PolicyViolated) string {
	said := "A browser stopped something on a page"
	if e.Blocked != "" {
		said += ": " + string(e.Blocked)
	}
	return said + ", against " + e.Directive
}

// contradicted says what is not as it was sealed, or as a witness knows it.
func contradicted(said string, e event.LogVerifyFailed) string {
	switch {
	case e.Reason == "witness_ahead":
		return fmt.Sprintf("Witness %s signed %d lines, and there were %d", e.Witness, e.Known, e.Size)
	case e.Reason == "witness_forked":
		return fmt.Sprintf("Witness %s signed other first %d lines than those that are there", e.Witness, e.Known)
	case e.More > 0:
		return fmt.Sprintf("%s: %d", said, e.More)
	case e.Line != "" && e.Lines > 1:
		return fmt.Sprintf("%s: among %d lines from %s on", said, e.Lines, e.Line)
	case e.Line != "":
		return said + ": line " + e.Line
	}
	return ""
}

// broken says how a log goes on that is not what was signed.
func broken(said string, e event.LogEpochStarted) string {
	switch e.Lost {
	case 0:
	case 1:
		said += "; 1 signed line is not there any more"
	default:
		said = fmt.Sprintf("%s; %d signed lines are not there any more", said, e.Lost)
	}
	if e.Changed > 0 {
		said += "; " + count(int(e.Changed), "line") + " changed"
	}
	return said
}

// fieldNames writes a form's fields as its labels do, near enough.
func fieldNames(fields []string) string {
	return strings.ReplaceAll(strings.Join(fields, ", "), "_", " ")
}
