package query

// accountChanged is what was done to a person's account, by the change.
var accountChanged = map[string]string{
	"enabled":       "Your account was enabled again",
	"reset_started": "An operator made a link that sets your password",
	"reset_used":    "Your password was set by an operator’s link",

	"factors_asked":  "An administrator asks to take your second factors off",
	"factors_agreed": "Another administrator agreed to take your second factors off, a day later",
	"factors_kept":   "Your second factors stay",
}
