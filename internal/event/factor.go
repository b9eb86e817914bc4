package event

// FactorEnrolled is a new way for a person to prove who they are.
type FactorEnrolled struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Factor is the kind and the id: totp:<id>, passkey:<id>, recovery:<id>.
	Factor string `json:"-" in:"target"`
	// Credential is the passkey's id, as it signs with it.
	Credential Key `json:"credential,omitempty"`
	// Algorithm is the COSE number of its signatures: -7 (ES256), -8 (EdDSA), -257 (RS256).
	Algorithm int `json:"algorithm,omitempty"`
	// PublicKey is its key, as a SubjectPublicKeyInfo (RFC 5280, 4.1) in base64url.
	PublicKey Key `json:"public_key,omitempty"`
	// RP is the host name that the passkey is bound to.
	RP string `json:"rp,omitempty"`
	// Origin is the only address from which its signatures count.
	Origin string `json:"origin,omitempty"`
	// Signed is the person's signature by a passkey they held before, or none.
	Signed Signed `json:"signed"`
}

var factorEnrolled = Kind{
	Name: "authn_factor_enrolled", Level: Info, Outcome: Success,
	Says: "Factor added",
	Doc:  "A person added a way to prove who they are: an authenticator app (totp), a passkey, or a set of recovery codes, which replaces the set before it. Of a passkey the line has all that is needed to check its signatures in later lines.",
	New:  func() Event { return FactorEnrolled{} },
}

// Kind is authn_factor_enrolled.
func (FactorEnrolled) Kind() *Kind { return &factorEnrolled }

func (e FactorEnrolled) about() About {
	return About{Subject: e.Account, Session: e.Session, Target: e.Factor}
}

// FactorRemoved is the end of such a way.
type FactorRemoved struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Factor is the kind and the id: totp:<id>, passkey:<id>, recovery:<id>.
	Factor string `json:"-" in:"target"`
	// Signed is the person's signature over the removal, or none.
	Signed Signed `json:"signed"`
}

var factorRemoved = Kind{
	Name: "authn_factor_removed", Level: Warning, Outcome: Success,
	Says: "Factor removed",
	Doc:  "A way to prove who a person is was taken away: by themselves after proving it once more, or by an operator who resets it. A passkey's signatures in later lines do not count.",
	New:  func() Event { return FactorRemoved{} },
}

// Kind is authn_factor_removed.
func (FactorRemoved) Kind() *Kind { return &factorRemoved }

func (e FactorRemoved) about() About {
	return About{Subject: e.Account, Session: e.Session, Target: e.Factor}
}

// FactorFailed is a code or an answer that did not prove its person.
type FactorFailed struct {
	Account string `json:"-" in:"subject"`
	Session string `json:"-" in:"session"`
	// Typed stands for a name that no account has, as in authn_login_fail.
	Typed string `json:"typed,omitempty"`
	// Step is what was asked for: login, enrol, recover.
	Step string `json:"step"`
	// Method is what was given: code, passkey, recovery, none.
	Method string `json:"method"`
	// Address is from where the sign-in was begun that nobody went on with.
	Address string `json:"address,omitempty"`
	Reason  string `json:"-" in:"reason"`
}

var factorFailed = Kind{
	Name: "authn_factor_fail", Level: Warning, Outcome: Failure,
	Says: "Second factor refused",
	Reasons: map[string]string{
		"wrong":     "Second factor refused: it did not match",
		"locked":    "Second factor refused: too many wrong ones came before",
		"expired":   "Second factor refused: the question was too old",
		"abandoned": "The second step was never taken, after the right password",
	},
	Doc: "A code or a passkey's answer was refused: at sign-in after the right password, when adding an app, or at recovery. In a signed-in session that is asked to confirm it is authn_stepup_fail. With the reason abandoned nothing was given within ten minutes, which the sweep found (system:sessions): whoever began there knew the password. Nobody is proven to act yet, so at sign-in there is no actor.",
	New: func() Event { return FactorFailed{} },
}

// Kind is authn_factor_fail.
func (FactorFailed) Kind() *Kind { return &factorFailed }

func (e FactorFailed) about() About {
	a := About{Subject: orNobody(e.Account), Session: e.Session, Target: account(e.Account), Reason: e.Reason}
	if e.Session == "" && e.Reason != "abandoned" { // which nobody did: it was found
		a.Actor = Nobody
	}
	return a
}

// RecoveryUsed is a recovery code that served.
type RecoveryUsed struct {
	Account string `json:"-" in:"subject"`
	// Factor is the set that it is of: recovery:<id>.
	Factor string `json:"-" in:"target"`
	// Left is how many of the set still serve.
	Left int `json:"left"`
}

var recoveryUsed = Kind{
	Name: "authn_recovery_used", Level: Warning, Outcome: Success,
	Says: "Recovery code used",
	Doc:  "A recovery code served, once and for the last time: in place of a second factor, or for a new password.",
	New:  func() Event { return RecoveryUsed{} },
}

// Kind is authn_recovery_used.
func (RecoveryUsed) Kind() *Kind { return &recoveryUsed }

func (e RecoveryUsed) about() About {
	return About{Actor: e.Account, Subject: e.Account, Target: e.Factor}
}

// SequenceFailed is a step taken before the one that it follows.
type SequenceFailed struct {
	Account string `json:"-" in:"subject"`
	// Page is the page that was asked for.
	Page   string `json:"-" in:"target:route"`
	Reason string `json:"-" in:"reason"`
}

var sequenceFailed = Kind{
	Name: "sequence_fail", Level: Critical, Outcome: Failure,
	Says: "A step was skipped",
	Reasons: map[string]string{
		"second_factor": "A step was skipped: the second factor is outstanding",
	},
	Doc: "A guarded page was asked for by a browser that had given a password and not yet the second factor. It was led back to that step.",
	New: func() Event { return SequenceFailed{} },
}

// Kind is sequence_fail.
func (SequenceFailed) Kind() *Kind { return &sequenceFailed }

func (e SequenceFailed) about() About {
	return About{Actor: Nobody, Subject: orNobody(e.Account), Target: route(e.Page), Reason: e.Reason}
}
