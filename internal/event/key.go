package event

// KeyCreated is a new key.
type KeyCreated struct {
	Key string `json:"-" in:"target:key"`
	// Use is what the key is for: vault (wraps the owners' keys), log (signs the
	// log), pseudonym (stands for names), data (seals one owner's cards).
	Use   string `json:"use"`
	Owner string `json:"-" in:"subject"`
}

var keyCreated = Kind{
	Name: "crypt_key_created", Level: Info, Outcome: Success,
	Says: "Key created",
	Doc:  "A key was made: the installation's own at the first start, and an owner's data key with the first card. The target is the key's id, never the key.",
	New:  func() Event { return KeyCreated{} },
}

// Kind is crypt_key_created.
func (KeyCreated) Kind() *Kind { return &keyCreated }

func (e KeyCreated) about() About {
	return About{Subject: orNobody(e.Owner), Target: "key:" + e.Key}
}

// DecryptFailed is a sealed number that does not open.
type DecryptFailed struct {
	Owner string `json:"-" in:"subject"`
	Card  string `json:"-" in:"target:card"`
}

var decryptFailed = Kind{
	Name: "crypt_decrypt_fail", Level: Critical, Outcome: Failure,
	Says: "A sealed card number does not open: it or its key was changed",
	Doc:  "What is stored for a card does not open under its owner's key. It was altered, moved to another card, or the keys are not the ones it was sealed under.",
	New:  func() Event { return DecryptFailed{} },
}

// Kind is crypt_decrypt_fail.
func (DecryptFailed) Kind() *Kind { return &decryptFailed }

func (e DecryptFailed) about() About {
	return About{Subject: orNobody(e.Owner), Target: cardOrOwner(e.Card, e.Owner)}
}

// EncryptFailed is a number that could not be sealed.
type EncryptFailed struct {
	Owner string `json:"-" in:"subject"`
	Card  string `json:"-" in:"target:card"`
}

var encryptFailed = Kind{
	Name: "crypt_encrypt_fail", Level: Critical, Outcome: Failure,
	Says: "A card number could not be sealed",
	Doc:  "A card was not stored because its number could not be sealed, or its owner's key not be opened: the keys need looking at.",
	New:  func() Event { return EncryptFailed{} },
}

// Kind is crypt_encrypt_fail.
func (EncryptFailed) Kind() *Kind { return &encryptFailed }

func (e EncryptFailed) about() About {
	return About{Subject: orNobody(e.Owner), Target: cardOrOwner(e.Card, e.Owner)}
}

// cardOrOwner is the target where a card's id may not have come to be.
func cardOrOwner(id, owner string) string {
	if id == "" {
		return account(owner)
	}
	return card(id)
}
