package event

// UserReported is a person who says that they did not do what a line says.
type UserReported struct {
	Account string `json:"-" in:"subject"`
	// Line is the number of the line that they reported.
	Line string `json:"-" in:"target:line"`
	// Event is what that line tells of.
	Event string `json:"event"`
	// Ended is how many other sessions of theirs this ended.
	Ended int `json:"ended"`
}

var userReported = Kind{
	Name: "user_reported", Level: Critical, Outcome: Success,
	Says: "The account's person says: this was not me",
	Doc:  "A person pressed “This wasn’t me” at a line of their history. Their other sessions end, one session_expired for each, and no card number is shown until they have set a new password. Somebody should look at what they reported.",
	New:  func() Event { return UserReported{} },
}

// Kind is user_reported.
func (UserReported) Kind() *Kind { return &userReported }

func (e UserReported) about() About {
	return About{Subject: e.Account, Target: "line:" + e.Line}
}

// UserExported is a person who takes a copy of all that is theirs.
type UserExported struct {
	Account string `json:"-" in:"subject"`
	// Cards is how many cards the copy lists, masked.
	Cards int `json:"cards"`
	// Signed is the person's signature over it, or none.
	Signed Signed `json:"signed"`
}

var userExported = Kind{
	Name: "user_exported", Level: Info, Outcome: Success,
	Says: "A person's data downloaded",
	Doc:  "A person downloaded all that is kept about them: account, masked cards, sessions, and their own history. It is written before the first byte leaves; if it cannot be, none does.",
	New:  func() Event { return UserExported{} },
}

// Kind is user_exported.
func (UserExported) Kind() *Kind { return &userExported }

func (e UserExported) about() About {
	return About{Subject: e.Account, Target: account(e.Account)}
}

// UserErased is an account that is gone.
type UserErased struct {
	Account string `json:"-" in:"subject"`
	// Cards is how many cards went with it.
	Cards int `json:"cards"`
	// Sessions is how many sessions ended with it.
	Sessions int `json:"sessions"`
	// Signed is the person's signature over it, or none.
	Signed Signed `json:"signed"`
}

var userErased = Kind{
	Name: "user_erased", Level: Warning, Outcome: Success,
	Says: "Account erased",
	Doc:  "A person deleted their account: name, password, cards, sessions and settings are gone, and the data key is destroyed. What the log says of them stays, under an id that leads to nobody any more. It comes with sensitive_delete for each card, crypt_key_destroyed if there was a data key, and session_expired for each session.",
	New:  func() Event { return UserErased{} },
}

// Kind is user_erased.
func (UserErased) Kind() *Kind { return &userErased }

func (e UserErased) about() About {
	return About{Subject: e.Account, Target: account(e.Account)}
}

// KeyDestroyed is a key that is gone, and with it what it sealed.
type KeyDestroyed struct {
	Key string `json:"-" in:"target:key"`
	// Use is what the key was for: data (sealed one owner's cards).
	Use   string `json:"use"`
	Owner string `json:"-" in:"subject"`
}

var keyDestroyed = Kind{
	Name: "crypt_key_destroyed", Level: Warning, Outcome: Success,
	Says: "Key destroyed: what it sealed cannot be opened any more",
	Doc:  "An owner's data key was destroyed with their account. Card numbers that were sealed under it, in older backups too, need it and the vault's key of that time to be opened.",
	New:  func() Event { return KeyDestroyed{} },
}

// Kind is crypt_key_destroyed.
func (KeyDestroyed) Kind() *Kind { return &keyDestroyed }

func (e KeyDestroyed) about() About {
	return About{Subject: orNobody(e.Owner), Target: "key:" + e.Key}
}
