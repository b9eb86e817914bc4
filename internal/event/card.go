package event

// CardAdded is a new card.
type CardAdded struct {
	Owner string `json:"-" in:"subject"`
	Card  string `json:"-" in:"target:card"`
	// Brand is the card's scheme: visa, mastercard and so on.
	Brand string `json:"brand"`
	// Last4 is the last four digits of the number.
	Last4 string `json:"last4"`
}

var cardAdded = Kind{
	Name: "sensitive_create", Level: Info, Outcome: Success,
	Says: "Card added",
	Doc:  "A card was stored, its number sealed. An owner's first comes with crypt_key_created.",
	New:  func() Event { return CardAdded{} },
}

// Kind is sensitive_create.
func (CardAdded) Kind() *Kind { return &cardAdded }

func (e CardAdded) about() About { return About{Subject: e.Owner, Target: card(e.Card)} }

// CardViewed is a card looked at, masked or with its number.
type CardViewed struct {
	Owner string `json:"-" in:"subject"`
	Card  string `json:"-" in:"target:card"`
	// Last4 is the last four digits of the number.
	Last4 string `json:"last4"`
	// Part is how much was shown: masked (no more than the last four), number (all of it).
	Part string `json:"part"`
	// Signed is the owner's signature over the request to show a number, or none.
	Signed Signed `json:"signed,omitempty"`
}

var cardViewed = Kind{
	Name: "sensitive_read", Level: Info, Outcome: Success,
	Says: "Card viewed",
	Doc:  "A card's page was shown, or its number. Committed before the answer is sent: what is not recorded is not shown.",
	New:  func() Event { return CardViewed{} },
	fill: signedByNone,
}

// Kind is sensitive_read.
func (CardViewed) Kind() *Kind { return &cardViewed }

func (e CardViewed) about() About {
	a := About{Subject: e.Owner, Target: card(e.Card), Detail: ": masked"}
	if e.Part == "number" {
		a.Detail = ": the whole number"
	}
	return a
}

// signedByNone writes down of a shown number that its owner did not sign for it.
func signedByNone(e Event) Event {
	v, ok := e.(CardViewed)
	if !ok || v.Part != "number" || v.Signed != (Signed{}) {
		return e
	}
	v.Signed = Unsigned
	return v
}

// CardUpdated is a card whose particulars changed.
type CardUpdated struct {
	Owner string `json:"-" in:"subject"`
	Card  string `json:"-" in:"target:card"`
	// Last4 is the last four digits of the number.
	Last4 string `json:"last4"`
	// Fields are the names of the fields that changed, never their values.
	Fields []string `json:"fields,omitempty"`
	// LeftOut counts fields for which the line had no room.
	LeftOut int `json:"left_out,omitempty"`
}

var cardUpdated = Kind{
	Name: "sensitive_update", Level: Info, Outcome: Success,
	Says: "Card updated",
	Doc:  "A card that was there already was added again, for instance a renewed one: its particulars changed, no second card came to be.",
	New:  func() Event { return CardUpdated{} },
}

// Kind is sensitive_update.
func (CardUpdated) Kind() *Kind { return &cardUpdated }

func (e CardUpdated) about() About { return About{Subject: e.Owner, Target: card(e.Card)} }

// CardDeleted is a card that is gone.
type CardDeleted struct {
	Owner string `json:"-" in:"subject"`
	Card  string `json:"-" in:"target:card"`
	// Last4 is the last four digits of the number.
	Last4 string `json:"last4"`
}

var cardDeleted = Kind{
	Name: "sensitive_delete", Level: Info, Outcome: Success,
	Says: "Card deleted",
	Doc:  "A card was deleted by its owner.",
	New:  func() Event { return CardDeleted{} },
}

// Kind is sensitive_delete.
func (CardDeleted) Kind() *Kind { return &cardDeleted }

func (e CardDeleted) about() About { return About{Subject: e.Owner, Target: card(e.Card)} }

// card is the target that names a card.
func card(id string) string { return "card:" + id }
