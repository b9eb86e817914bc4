package event

// UserUpdated is what was done to an account, other than to its role.
type UserUpdated struct {
	Account string `json:"-" in:"subject"`
	// Change is what was done: enabled, reset_started, reset_used, factors_asked,
	// factors_agreed, factors_kept.
	Change string `json:"change"`
	// Covers is what a link replaces: password, or factors, which is the
	// password and every second factor.
	Covers string `json:"covers,omitempty"`
	// By is who had made the link that was used: an account's id, or system:….
	By string `json:"by,omitempty"`
	// Ended is how many sessions ended with it, each by a session_expired of its own.
	Ended int `json:"ended,omitempty"`
}

var userUpdated = Kind{
	Name: "user_updated", Level: Warning, Outcome: Success,
	Says: "Account changed",
	Doc: "An operator let a disabled person sign in again (enabled), or made a link by which a person sets a password (reset_started); or the link was used (reset_used). " +
		"The actor is who did it. Of a link that was used there is none: whoever had it could, and so could whoever made it, who is named. It ends every session and lifts the locks of the account. " +
		"Two administrators may take a person's second factors off: one asks (factors_asked), another agrees (factors_agreed), and a day later a link can be made that does it; meanwhile the person, or any administrator, may end that (factors_kept).",
	New: func() Event { return UserUpdated{} },
}

// changed ends the sentence, by the change.
var changed = map[string]string{
	"enabled":       ": enabled again",
	"reset_started": ": a link that sets a password was made",
	"reset_used":    ": a password was set by a link",

	"factors_asked":  ": an administrator asks to take the second factors off",
	"factors_agreed": ": another administrator agrees to take the second factors off, a day from now",
	"factors_kept":   ": the second factors stay",
}

// Kind is user_updated.
func (UserUpdated) Kind() *Kind { return &userUpdated }

func (e UserUpdated) about() About {
	a := About{Subject: e.Account, Target: account(e.Account), Detail: changed[e.Change]}
	if e.Change == "reset_used" {
		a.Actor = Nobody
	}
	return a
}

// UserArchived is a person who may not sign in any more.
type UserArchived struct {
	Account string `json:"-" in:"subject"`
	// Ended is how many sessions ended with it, each by a session_expired of its own.
	Ended int `json:"ended"`
}

var userArchived = Kind{
	Name: "user_archived", Level: Warning, Outcome: Success,
	Says: "Account disabled",
	Doc:  "An operator disabled an account: its person cannot sign in, their sessions end, and links that set its password are worth nothing. Nothing is deleted. The actor is who did it; user_updated with the change enabled takes it back.",
	New:  func() Event { return UserArchived{} },
}

// Kind is user_archived.
func (UserArchived) Kind() *Kind { return &userArchived }

func (e UserArchived) about() About { return About{Subject: e.Account, Target: account(e.Account)} }
