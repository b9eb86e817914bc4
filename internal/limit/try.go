package limit

import "time"

// The kinds of clients, in the log's words.
const (
	byAddress  = "address"
	byDevice   = "device"
	bySession  = "session"
	byStranger = "strangers"
)

// Client is who tries a password, as far as locks tell them apart.
type Client struct{ kind, id string }

// Address is whoever shares an address's group: a stranger.
func Address(address string) Client { return Client{byAddress, GroupText(address)} }

// Device is a browser in which the account was signed in to before.
func Device(id string) Client { return Client{byDevice, id} }

// Session is a live session in which the password is asked for again.
func Session(id string) Client { return Client{bySession, id} }

// strangers is all addresses together.
var strangers = Client{kind: byStranger}

func (c Client) key() string { return c.kind + ":" + c.id }

// address is what the log may say of a client beyond its kind.
func (c Client) address() string {
	if c.kind == byAddress {
		return c.id
	}
	return ""
}

// kept is how long its count is, after the last failure.
func (c Client) kept() time.Duration {
	if c == strangers {
		return KeptStrangers
	}
	return KeptClient
}

// Try is one password tried for a name.
type Try struct {
	// Name is the keyed hash of the name, whether or not anybody has it.
	Name   []byte
	Client Client
	// Account is whose name it is, and Typed what stands in the log for one
	// that nobody has; one of them is empty.
	Account, Typed string
	// Sure says that what is tried cannot be guessed: the client's count bars it,
	// that of all strangers together does not.
	Sure bool
}

// counted are the rows that a try counts in and is barred by.
func (t Try) counted() []Client {
	if t.Client.kind == byAddress && !t.Sure {
		return []Client{t.Client, strangers}
	}
	return []Client{t.Client}
}
