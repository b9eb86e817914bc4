package event

// PasswordChanged is a person's new password.
type PasswordChanged struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Ended is how many other sessions ended with it, each by a session_expired of its own.
	Ended int `json:"ended"`
	// Signed is the person's signature over the change, or none.
	Signed Signed `json:"signed"`
}

var passwordChanged = Kind{
	Name: "authn_password_change", Level: Info, Outcome: Success,
	Says: "Password changed",
	Doc:  "A signed-in person who knew the present password set a new one. Comes with session_renewed, and with a session_expired (reason ended) for each other session: whoever held one may have known the old password.",
	New:  func() Event { return PasswordChanged{} },
}

// Kind is authn_password_change.
func (PasswordChanged) Kind() *Kind { return &passwordChanged }

func (e PasswordChanged) about() About {
	return About{Subject: e.Account, Session: e.Session, Target: account(e.Account)}
}

// PasswordChangeFailed is a refused change of a password.
type PasswordChangeFailed struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	Reason  string `json:"-" in:"reason"`
}

var passwordChangeFailed = Kind{
	Name: "authn_password_change_fail", Level: Warning, Outcome: Failure,
	Says: "Password not changed",
	Reasons: map[string]string{
		"wrong_password": "Password not changed: the present one did not match",
		"locked":         "Password not changed: too many wrong ones came before",
		"link_used":      "Password not changed: the link had been used before",
		"link_expired":   "Password not changed: the link is not good any more",
	},
	Doc: "A new password was asked for in a signed-in session, and the present one given with it did not match: its person mistyped, or somebody else has the session. A new password that breaks a rule is input_validation_fail instead. With the reasons link_used and link_expired somebody signed out came with a link that sets a password, which had served, was over or replaced by a newer one: it does nothing.",
	New: func() Event { return PasswordChangeFailed{} },
}

// Kind is authn_password_change_fail.
func (PasswordChangeFailed) Kind() *Kind { return &passwordChangeFailed }

func (e PasswordChangeFailed) about() About {
	return About{Subject: e.Account, Session: e.Session, Target: account(e.Account), Reason: e.Reason}
}
