package event

// LoginFailedMax is one wrong password too many in a row. Either Account or
// Typed is set, as in LoginFailed.
type LoginFailedMax struct {
	Account string `json:"-" in:"subject"`
	// Typed stands for a name that no account has, as in authn_login_fail.
	Typed string `json:"typed,omitempty"`
	// Client is who had so many: address, device (one that signed in before), session, strangers (all addresses together).
	Client string `json:"client"`
	// Failures is how many in a row.
	Failures int `json:"failures"`
}

var loginFailedMax = Kind{
	Name: "authn_login_fail_max", Level: Warning, Outcome: Failure,
	Says: "Too many wrong passwords in a row",
	Doc:  "A client reached the limit of wrong passwords for a name. Comes after the refusal itself and before authn_login_lock, whether or not anybody has the name.",
	New:  func() Event { return LoginFailedMax{} },
}

// Kind is authn_login_fail_max.
func (LoginFailedMax) Kind() *Kind { return &loginFailedMax }

func (e LoginFailedMax) about() About {
	return About{Subject: orNobody(e.Account), Target: account(e.Account)}
}

// LoginLocked is a client, or all strangers, locked out of a name.
type LoginLocked struct {
	Account string `json:"-" in:"subject"`
	// Typed stands for a name that no account has, as in authn_login_fail.
	Typed string `json:"typed,omitempty"`
	// Client is who is locked out: address, device (one that signed in before), session, strangers (all addresses together).
	Client string `json:"client"`
	// Address is the client's address, or its network, where it is known by that.
	Address string `json:"address,omitempty"`
	// Seconds is how long; without it, until somebody lifts it.
	Seconds int64  `json:"seconds,omitempty"`
	Reason  string `json:"-" in:"reason"`
}

var loginLocked = Kind{
	Name: "authn_login_lock", Level: Warning, Outcome: Success,
	Says: "Sign-in locked",
	Reasons: map[string]string{
		"maxretries": "Sign-in locked for a while: too many wrong passwords in a row",
		"strangers":  "Password locked for all devices that never signed in: too many wrong ones in a row from strangers",
	},
	Doc: "Whoever had too many wrong passwords in a row is locked out of the name. With the reason strangers the password is refused on every device on which the account was never signed in to, until its person signs in on one where it was, with a passkey or by a recovery code, or an operator unlocks it. authn_login_unlock is the end of each.",
	New: func() Event { return LoginLocked{} },
}

// Kind is authn_login_lock.
func (LoginLocked) Kind() *Kind { return &loginLocked }

func (e LoginLocked) about() About {
	return About{Subject: orNobody(e.Account), Target: account(e.Account), Reason: e.Reason}
}

// LoginUnlocked is the end of such a lock.
type LoginUnlocked struct {
	Account string `json:"-" in:"subject"`
	// Typed stands for a name that no account has, as in the authn_login_lock that this ends.
	Typed string `json:"typed,omitempty"`
	// Client is who was locked out: address, device, session, strangers.
	Client string `json:"client"`
	// Address is the client's address, or its network, where it is known by that.
	Address string `json:"address,omitempty"`
	Reason  string `json:"-" in:"reason"`
}

var loginUnlocked = Kind{
	Name: "authn_login_unlock", Level: Info, Outcome: Success,
	Says: "Sign-in unlocked",
	Reasons: map[string]string{
		"expired":   "Sign-in unlocked: its time was over",
		"owner":     "Sign-in unlocked: its person signed in on a device known before",
		"operator":  "Sign-in unlocked by an operator",
		"forgotten": "Sign-in unlocked: no room to keep it, and nobody has the name",
		"erased":    "Sign-in unlocked: the account was erased",
	},
	Doc: "A lock of authn_login_lock ended. The actor is who ended it: system:locks where the sweep that runs each minute found its time over, whoever a request was proven to be that met it first, the person (reason owner), or the operator who typed coffer user unlock.",
	New: func() Event { return LoginUnlocked{} },
}

// Kind is authn_login_unlock.
func (LoginUnlocked) Kind() *Kind { return &loginUnlocked }

func (e LoginUnlocked) about() About {
	a := About{Subject: orNobody(e.Account), Target: account(e.Account), Reason: e.Reason}
	if e.Reason == "owner" {
		a.Actor = e.Account
	}
	return a
}
