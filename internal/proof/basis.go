package proof

import "time"

// Span is a range of lines, First to Last.
type Span struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// Pruned is a range that retention removed, and the line that says so.
type Pruned struct {
	Span
	By uint64 `json:"by"`
	At string `json:"at"`
}

// Epoch is the beginning of another key's time: until the line before, another
// key signed, and the break stays for ever.
type Epoch struct {
	Line   uint64 `json:"line"`
	At     string `json:"at"`
	Origin string `json:"origin,omitempty"`
	Lost   uint64 `json:"lost"`
	// Changed is how many lines before it are others than were signed, by the
	// operator's leave.
	Changed uint64 `json:"changed,omitempty"`
	Why     string `json:"why,omitempty"`
	// Former is the name before, and Vouched how many lines its key signed, as
	// far as that could be checked; else, and then Cited, as the line says.
	Former  string `json:"former,omitempty"`
	Vouched uint64 `json:"vouched"`
	Cited   bool   `json:"cited,omitempty"`
}

// Witnesses is what the policy's witnesses vouch for.
type Witnesses struct {
	Asked  bool       `json:"asked"`
	Met    bool       `json:"met"`
	Have   int        `json:"have"`
	Of     int        `json:"of"`
	Newest *time.Time `json:"newest,omitempty"`
}

// Fresh is how old the newest of each kind is; nil where there is none. Met says
// that it is as young as was asked for: Most, or twice the time in which a
// living log writes a line.
type Fresh struct {
	Met        bool   `json:"met"`
	Most       *Age   `json:"most,omitempty"`
	Line       string `json:"line,omitempty"`
	LineAge    *Age   `json:"line_age,omitempty"`
	WitnessAge *Age   `json:"witness_age,omitempty"`
}

// Person is how many effects carry their holder's own signature.
type Person struct {
	// Count is how many do, and Of out of how many that could: numbers of cards
	// that were shown, and changes of a factor. Others are signatures that fit
	// other events, such as a changed password.
	Count  int `json:"count"`
	Of     int `json:"of"`
	Others int `json:"others"`
	// Bad is how many signatures do not fit their event.
	Bad int `json:"bad"`
	// Unchecked is how many could not be checked, and Why: their passkey was
	// enrolled in lines that were not read, or is of a kind that is not known.
	Unchecked int    `json:"unchecked"`
	Why       string `json:"unchecked_why,omitempty"`
	// Stripped is how many events have no signature though their person held a
	// passkey, and StrippedLines the first of them.
	Stripped      int      `json:"stripped"`
	StrippedLines []uint64 `json:"stripped_lines,omitempty"`
}
