package event

// SessionCreated is a session that begins.
type SessionCreated struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Method is how the person proved who they are: password, signup, passkey, recovery, or two of them: password+totp.
	Method string `json:"method"`
}

var sessionCreated = Kind{
	Name: "session_created", Level: Info, Outcome: Success,
	Says: "Session started",
	Doc:  "A session began, at sign-up or sign-in.",
	New:  func() Event { return SessionCreated{} },
}

// Kind is session_created.
func (SessionCreated) Kind() *Kind { return &sessionCreated }

func (e SessionCreated) about() About {
	return About{Actor: e.Account, Subject: e.Account, Session: e.Session, Target: session(e.Session)}
}

// SessionRenewed is a session that goes on under a new token.
type SessionRenewed struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
}

var sessionRenewed = Kind{
	Name: "session_renewed", Level: Info, Outcome: Success,
	Says: "Session renewed",
	Doc:  "A session got a new token after its person confirmed who they are; the old token ends. The session member stays the same.",
	New:  func() Event { return SessionRenewed{} },
}

// Kind is session_renewed.
func (SessionRenewed) Kind() *Kind { return &sessionRenewed }

func (e SessionRenewed) about() About {
	return About{Subject: e.Account, Session: e.Session, Target: session(e.Session)}
}

// LoggedOut is a person ending their session.
type LoggedOut struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
}

var loggedOut = Kind{
	Name: "session_logout", Level: Info, Outcome: Success,
	Says: "Signed out",
	Doc:  "A person signed out; the session is over.",
	New:  func() Event { return LoggedOut{} },
}

// Kind is session_logout.
func (LoggedOut) Kind() *Kind { return &loggedOut }

func (e LoggedOut) about() About {
	return About{Subject: e.Account, Session: e.Session, Target: session(e.Session)}
}

// SessionExpired is a session that Coffer ended.
type SessionExpired struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	Reason  string `json:"-" in:"reason"`
}

var sessionExpired = Kind{
	Name: "session_expired", Level: Info, Outcome: Success,
	Says: "Session ended",
	Reasons: map[string]string{
		"idle":     "Session ended: not used for too long",
		"absolute": "Session ended: its longest time is over",
		"cap":      "Session ended: the account opened too many others",
		"ended":    "Session ended on request",
	},
	Doc: "A session was ended by Coffer rather than by signing out. The actor is system:sessions when the sweep that runs each minute found it; with the reason ended it is who asked for it, from another session.",
	New: func() Event { return SessionExpired{} },
}

// Kind is session_expired.
func (SessionExpired) Kind() *Kind { return &sessionExpired }

func (e SessionExpired) about() About {
	a := About{Subject: e.Account, Session: e.Session, Target: session(e.Session), Reason: e.Reason}
	if e.Reason == "cap" {
		// It is the person just signing in whose new session pushes this one out.
		a.Actor = e.Account
	}
	return a
}

// SessionUsedAfterEnd is the cookie of a session that is over.
type SessionUsedAfterEnd struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	Reason  string `json:"-" in:"reason"`
}

var sessionUsedAfterEnd = Kind{
	Name: "session_use_after_expire", Level: Warning, Outcome: Failure,
	Says: "A session was used after its end",
	Reasons: map[string]string{
		"logout":   "A session was used after signing out",
		"idle":     "A session was used after it had been idle for too long",
		"absolute": "A session was used after its longest time",
		"cap":      "A session was used after newer ones had replaced it",
		"ended":    "A session was used after it had been ended on request",
		"reuse":    "A session was used after it had been ended because an old token came back",
	},
	Doc: "A guarded page was asked for with the cookie of a session that is over: a forgotten tab, or a stolen cookie. Written instead of authz_fail, once a minute per session and address. The reason says how the session had ended.",
	New: func() Event { return SessionUsedAfterEnd{} },
}

// Kind is session_use_after_expire.
func (SessionUsedAfterEnd) Kind() *Kind { return &sessionUsedAfterEnd }

func (e SessionUsedAfterEnd) about() About {
	return About{Actor: Nobody, Subject: orNobody(e.Account), Session: e.Session, Target: session(e.Session), Reason: e.Reason}
}

// SessionsExceeded is an account with more sessions than it may have.
type SessionsExceeded struct {
	Account string `json:"-" in:"subject"`
	// Max is how many it may have.
	Max int `json:"max"`
}

var sessionsExceeded = Kind{
	Name: "excess_sessions_exceeded", Level: Warning, Outcome: Failure,
	Says: "Too many sessions: the oldest was ended",
	Doc:  "A sign-in opened one session more than an account may have, so the oldest was ended (session_expired, reason cap). The sign-in itself succeeded.",
	New:  func() Event { return SessionsExceeded{} },
}

// Kind is excess_sessions_exceeded.
func (SessionsExceeded) Kind() *Kind { return &sessionsExceeded }

func (e SessionsExceeded) about() About {
	return About{Actor: e.Account, Subject: e.Account, Target: account(e.Account)}
}

// TokenReused is a session's token that had been replaced.
type TokenReused struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Token is what came back, if not a session's token: code, recovery, passkey.
	Token  string `json:"token,omitempty"`
	Reason string `json:"-" in:"reason"`
}

var tokenReused = Kind{
	Name: "authn_token_reuse", Level: Critical, Outcome: Failure,
	Says: "A replaced session token came back: somebody may hold a copy",
	Reasons: map[string]string{
		"used": "A code or answer that serves once came back: somebody may hold a copy",
	},
	Doc: "A session's token that had been replaced by a newer one was presented after its grace of 30 seconds: two browsers hold one session, so it was copied, and the session is ended. Or (reason used) what proves a person once was presented a second time: a code of the authenticator app, a recovery code, a passkey's answer; it was refused.",
	New: func() Event { return TokenReused{} },
}

// Kind is authn_token_reuse.
func (TokenReused) Kind() *Kind { return &tokenReused }

func (e TokenReused) about() About {
	a := About{Actor: Nobody, Subject: orNobody(e.Account), Session: e.Session, Target: session(e.Session), Reason: e.Reason}
	if e.Session == "" {
		a.Target = account(e.Account)
	}
	return a
}

// session is the target that names a session by the hash of its id.
func session(hash string) string { return "session:" + hash }
