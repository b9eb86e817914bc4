package event

// UserCreated is a new account.
type UserCreated struct {
	Account string `json:"-" in:"subject"`
	// Role is what the account may do: holder, auditor or admin.
	Role string `json:"role"`
}

var userCreated = Kind{
	Name: "user_created", Level: Info, Outcome: Success,
	Says: "Account created",
	Doc:  "Somebody signed up, and the actor is the new id; or an operator made the account, and the actor is who did. Such an account has no password until the link of the user_updated beside it is used.",
	New:  func() Event { return UserCreated{} },
}

// Kind is user_created.
func (UserCreated) Kind() *Kind { return &userCreated }

func (e UserCreated) about() About {
	return About{Actor: e.Account, Subject: e.Account, Target: account(e.Account)}
}

// SignupFailed is a sign-up with a name that another account has.
type SignupFailed struct {
	Account string `json:"-" in:"subject"`
	Reason  string `json:"-" in:"reason"`
}

var signupFailed = Kind{
	Name: "authn_signup_fail", Level: Warning, Outcome: Failure,
	Says:    "Sign-up refused",
	Reasons: map[string]string{"name_taken": "Sign-up refused: the name is taken"},
	Doc:     "A sign-up asked for a name that is taken. The subject is the account that has it: many of these are somebody finding out who has an account.",
	New:     func() Event { return SignupFailed{} },
}

// Kind is authn_signup_fail.
func (SignupFailed) Kind() *Kind { return &signupFailed }

func (e SignupFailed) about() About {
	return About{Actor: Nobody, Subject: orNobody(e.Account), Target: account(e.Account), Reason: e.Reason}
}

// LoginSucceeded is a sign-in with all factors that were due.
type LoginSucceeded struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Method is how the person proved who they are: password.
	Method string `json:"method"`
	// Unfamiliar says what the person had not signed in with before: browser, network, both; left out where they had, and at the first sign-in of all.
	Unfamiliar string `json:"unfamiliar,omitempty"`
}

var loginSucceeded = Kind{
	Name: "authn_login_success", Level: Info, Outcome: Success,
	Says: "Signed in",
	Doc:  "A sign-in, when no sign-in to this account had failed since the last success. Comes with session_created.",
	New:  func() Event { return LoginSucceeded{} },
}

// Kind is authn_login_success.
func (LoginSucceeded) Kind() *Kind { return &loginSucceeded }

func (e LoginSucceeded) about() About {
	return About{Actor: e.Account, Subject: e.Account, Session: e.Session, Target: account(e.Account)}
}

// LoginSucceededAfterFail is a sign-in that followed refused ones.
type LoginSucceededAfterFail struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Method is how the person proved who they are: password.
	Method string `json:"method"`
	// Failures is how many were refused since the last success.
	Failures int `json:"failures"`
	// Unfamiliar says what the person had not signed in with before: browser, network, both; left out where they had, and at the first sign-in of all.
	Unfamiliar string `json:"unfamiliar,omitempty"`
}

var loginSucceededAfterFail = Kind{
	Name: "authn_login_successafterfail", Level: Info, Outcome: Success,
	Says: "Signed in after failed attempts",
	Doc:  "A sign-in after at least one refused one: a person who mistyped, or somebody who guessed until it fitted. Written instead of authn_login_success; comes with session_created.",
	New:  func() Event { return LoginSucceededAfterFail{} },
}

// Kind is authn_login_successafterfail.
func (LoginSucceededAfterFail) Kind() *Kind { return &loginSucceededAfterFail }

func (e LoginSucceededAfterFail) about() About {
	return About{Actor: e.Account, Subject: e.Account, Session: e.Session, Target: account(e.Account)}
}

// LoginFailed is a refused sign-in. Either Account or Typed is set.
type LoginFailed struct {
	Account string `json:"-" in:"subject"`
	// Typed stands for a name that no account has: an HMAC that changes daily,
	// since people type passwords into the name's field.
	Typed  string `json:"typed,omitempty"`
	Reason string `json:"-" in:"reason"`
	// Attempt is which refusal in a row this is, where that is counted.
	Attempt int `json:"attempt,omitempty"`
}

var loginFailed = Kind{
	Name: "authn_login_fail", Level: Warning, Outcome: Failure,
	Says: "Sign-in refused",
	Reasons: map[string]string{
		"wrong_password": "Sign-in refused: the password did not match",
		"unknown_name":   "Sign-in refused: no account has this name",
		"locked":         "Sign-in refused: locked after too many wrong passwords",
		"disabled":       "Sign-in refused: the account is disabled",
	},
	Doc: "A sign-in was refused. Nobody is proven to act, so the actor is empty; the subject is the account whose name was given. With the reasons locked and disabled the password may have been right.",
	New: func() Event { return LoginFailed{} },
}

// Kind is authn_login_fail.
func (LoginFailed) Kind() *Kind { return &loginFailed }

func (e LoginFailed) about() About {
	return About{Actor: Nobody, Subject: orNobody(e.Account), Target: account(e.Account), Reason: e.Reason}
}

// StepUpSucceeded is a person proving again who they are, for what needs it.
type StepUpSucceeded struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Method is how the person proved who they are: password.
	Method string `json:"method"`
}

var stepUpSucceeded = Kind{
	Name: "authn_stepup_success", Level: Info, Outcome: Success,
	Says: "Identity confirmed again",
	Doc:  "A signed-in person confirmed who they are, as showing a card number demands. Comes with session_renewed.",
	New:  func() Event { return StepUpSucceeded{} },
}

// Kind is authn_stepup_success.
func (StepUpSucceeded) Kind() *Kind { return &stepUpSucceeded }

func (e StepUpSucceeded) about() About {
	return About{Subject: e.Account, Session: e.Session, Target: session(e.Session)}
}

// StepUpFailed is a refused confirmation.
type StepUpFailed struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Method is what did not fit: password.
	Method string `json:"method"`
	Reason string `json:"-" in:"reason"`
}

var stepUpFailed = Kind{
	Name: "authn_stepup_fail", Level: Warning, Outcome: Failure,
	Says:    "Confirmation of identity refused",
	Reasons: map[string]string{"locked": "Confirmation of identity refused: locked after too many wrong passwords"},
	Doc:     "A signed-in person, or whoever has their session, could not confirm who they are. The actor is the session's person: that is what is proven.",
	New:     func() Event { return StepUpFailed{} },
}

// Kind is authn_stepup_fail.
func (StepUpFailed) Kind() *Kind { return &stepUpFailed }

func (e StepUpFailed) about() About {
	return About{Subject: e.Account, Session: e.Session, Target: session(e.Session), Reason: e.Reason}
}

// account is the target that names an account.
func account(id string) string {
	if id == "" {
		return "account:unknown"
	}
	return "account:" + id
}

// orNobody keeps an event that knows no account from being put down to the actor.
func orNobody(id string) string {
	if id == "" {
		return Nobody
	}
	return id
}
