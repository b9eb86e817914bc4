package query

import "coffer/internal/event"

// sayPerson is Say for what people do with their accounts as a whole.
func sayPerson(what event.Event) (said string) {
	switch what := what.(type) {
	case event.UserReported:
		said = "You reported line " + what.Line + ": this wasn’t me"
	case event.UserExported:
		said = "Your data downloaded"
	case event.UserErased:
		said = "Account erased, with " + count(what.Cards, "card")
	case event.AuthzFailed:
		if what.Reason == "reported" {
			said = "Number not shown: you reported something, and set no new password yet"
		}
	case event.KeyDestroyed:
		said = "Key destroyed that sealed the cards"
	}
	return said
}
